"""A signed-in person at the console: an installed portal, one Zoom account, and what is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Table, insert, select, update
from werkzeug.test import TestResponse

from simulator.app import RunningSimulator
from store.database import writing
from store.settings import save_settings
from store.tables import occurrence, occurrence_person, run
from tests.api.conftest import add_people, add_webinar
from tests.console.test_pages import Tags
from tests.oauth.support import ACCOUNT, PORTAL, PUBLIC_URL, Browser, Site, running_site

MEMBER = "8"
NOW = datetime.now(UTC).replace(microsecond=0)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def assert_inert(page: str) -> None:
    """Nothing of what strangers typed became markup, and none of it was worked out."""
    tags = Tags(page).tags
    assert not {"img", "iframe"} & {tag for tag, _ in tags}
    sources = [str(attrs["src"]) for tag, attrs in tags if tag == "script"]
    assert all(source.startswith("/console/static/") for source in sources)
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on")]
    assert "{{7*7}}" in page


@dataclass
class Desk:
    """The site, and a browser somebody signed in with who may do everything."""

    site: Site
    browser: Browser
    numbers: Iterator[int] = field(default_factory=count)

    def page(self, path: str, **options: Any) -> Tags:
        """A page that opens."""
        answer = self.browser.get(path, **options)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return Tags(answer.text)

    def text(self, path: str, **options: Any) -> str:
        """What somebody reads on it, blanks folded."""
        return " ".join(self.page(path, **options).text.split())

    def member(self) -> Desk:
        """The same desk, and somebody signed in who is no super admin."""
        browser = self.site.browser()
        browser.get("/")
        with browser.client.session_transaction(base_url=PUBLIC_URL) as session:
            session["portal_id"], session["user_id"] = str(PORTAL), MEMBER
        return Desk(self.site, browser, self.numbers)

    def send(self, path: str, **form: Any) -> TestResponse:
        """Send a form as the browser does."""
        found = _TOKEN.search(self.browser.get("/console/").text)
        assert found
        return self.browser.post(path, {"csrf_token": found[1], **form})

    def do(self, path: str, **form: Any) -> str:
        """Send a form that is taken; the page it leads to, as text."""
        answer = self.send(path, **form)
        assert answer.status_code == 303, (answer.status_code, answer.text[:300])
        return self.text(answer.headers["Location"])

    def put(self, table: Table, **values: Any) -> Any:
        """One row; its key."""
        with writing(self.site.engine) as connection:
            key = next(iter(table.primary_key.columns))
            return connection.execute(insert(table).values(**values).returning(key)).scalar_one()

    def change(self, table: Table, keys: Sequence[Any], **values: Any) -> None:
        """Set columns of the rows with these keys."""
        with writing(self.site.engine) as connection:
            key = next(iter(table.primary_key.columns))
            connection.execute(update(table).where(key.in_(keys)).values(**values))

    def settings(self, **patch: Any) -> None:
        """Save settings as the portal's."""
        with writing(self.site.engine) as connection:
            save_settings(connection, str(PORTAL), patch, "test", NOW, {})

    def rows(self, table: Table, **values: Any) -> list[Any]:
        """The rows with these values."""
        with self.site.engine.connect() as connection:
            return list(connection.execute(select(table).filter_by(**values)).mappings())

    def webinar(self, **values: Any) -> tuple[str, int]:
        """A webinar that took place: its id, and the key of its only date."""
        webinar_id = f"951{next(self.numbers):08}"
        (place,) = add_webinar(
            self.site.engine, webinar_id, portal_id=str(PORTAL), **{"read_at": NOW, **values}
        )
        return webinar_id, place

    def people(self, occurrence_pk: int, *people: dict[str, Any]) -> list[int]:
        """People of a date; their keys."""
        add_people(self.site.engine, occurrence_pk, list(people), str(PORTAL))
        return [row["id"] for row in self.rows(occurrence_person, occurrence_pk=occurrence_pk)]

    def run(self, run_id: str, occurrence_pk: int, **values: Any) -> str:
        """A run of a date, done a minute ago."""
        with self.site.engine.connect() as connection:
            from_ = select(occurrence.c.webinar_pk).where(occurrence.c.id == occurrence_pk)
            webinar_pk = connection.execute(from_).scalar_one()
        common = {
            "portal_id": str(PORTAL),
            "webinar_pk": webinar_pk,
            "group_id": run_id,
            "trigger": "sync_now",
            "pool": "bulk",
            "state": "done",
            "not_before": NOW,
            "created_at": NOW - timedelta(minutes=2),
            "started_at": NOW - timedelta(minutes=2),
            "finished_at": NOW - timedelta(minutes=1),
        }
        return str(self.put(run, id=run_id, occurrence_pk=occurrence_pk, **{**common, **values}))


@pytest.fixture(scope="module")
def desk(
    platforms: RunningSimulator, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """One desk for the tests of a module; each takes a webinar of its own."""
    directory = tmp_path_factory.mktemp("desk")
    redis = Redis.from_url(redis_url)
    redis.flushall()
    url = f"sqlite:///{directory / 'rollcall.db'}"
    with running_site(platforms, directory, redis, redis_url, url) as site:
        browser = site.browser()
        browser.install_hubspot()
        browser.connect_zoom(ACCOUNT)
        yield Desk(site, browser)
    redis.close()
