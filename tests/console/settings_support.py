"""A portal with Zoom users, and a browser of its admin that fills in forms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from simulator.app import RunningSimulator
from store.database import writing
from store.tables import hubspot_user, portal, zoom_user
from tests.console.test_pages import Tags
from tests.oauth.support import ACCOUNT, PORTAL, Browser, Site, running_site


@pytest.fixture(scope="module")
def admin(
    platforms: RunningSimulator, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Admin]:
    """The admin of one portal, the same for a whole module: each test sets what it needs."""
    folder = tmp_path_factory.mktemp("console")
    database_url = f"sqlite:///{folder / 'rollcall.sqlite3'}"
    with (
        Redis.from_url(redis_url) as redis,
        running_site(platforms, folder, redis, redis_url, database_url) as site,
    ):
        yield Admin(site)


@contextmanager
def as_member(site: Site) -> Iterator[None]:
    """For as long as this lasts nobody is a super admin."""
    with writing(site.engine) as connection:
        before = connection.execute(select(portal.c.installer_user_id)).scalars().all()
        connection.execute(update(portal).values(installer_user_id=""))
        connection.execute(update(hubspot_user).values(is_super_admin=False))
    yield
    with writing(site.engine) as connection:
        connection.execute(update(portal).values(installer_user_id=before[0]))


class Admin:
    """Whoever installed Rollcall, at the console's pages."""

    def __init__(self, site: Site, portal_id: int = PORTAL, account_id: str = ACCOUNT) -> None:
        self.site = site
        self.browser: Browser = site.browser()
        self.browser.install_hubspot(portal_id)
        self.browser.connect_zoom(account_id)
        page = self.browser.get("/console/settings").text
        self.token = page.split('name="csrf_token" value="')[1].split('"')[0]

    def page(self, path: str) -> Page:
        """The page; it has to be there."""
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    def send(self, path: str, **fields: Any) -> TestResponse:
        """Send a form."""
        return self.browser.post(path, {"csrf_token": self.token} | fields)

    def done(self, path: str, **fields: Any) -> Page:
        """Send a form that is taken, and follow to the page that says so."""
        answer = self.send(path, **fields)
        assert answer.status_code == 303, Page(answer.text).words
        return self.page(answer.headers["Location"])

    def settings(self) -> dict[str, Any]:
        """The settings in force."""
        values: dict[str, Any] = self.browser.get("/api/settings").json
        return values


class Page(Tags):
    """A page's words, and its fields by name."""

    @property
    def words(self) -> str:
        return " ".join(self.text.split())

    def fields(self, name: str) -> list[dict[str, str | None]]:
        """Every field of that name."""
        return [
            attrs
            for tag, attrs in self.tags
            if tag in ("input", "select", "textarea", "button") and attrs.get("name") == name
        ]

    def value(self, name: str) -> str | None:
        """What the field holds; of several the checked one's."""
        found = self.fields(name)
        chosen = [one for one in found if "checked" in one]
        return (chosen or found)[0].get("value")

    def by_id(self, id_: str) -> dict[str, str | None]:
        """The attributes of an element."""
        return next(attrs for _, attrs in self.tags if attrs.get("id") == id_)


def add_users(site: Site, *users: tuple[str, str, str]) -> None:
    """Zoom users as (id, e-mail, name)."""
    with writing(site.engine) as connection:
        for user_id, email, name in users:
            connection.execute(
                zoom_user.insert().values(
                    portal_id=str(PORTAL),
                    account_id=ACCOUNT,
                    user_id=user_id,
                    email=email,
                    name=name,
                )
            )
