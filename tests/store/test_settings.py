"""Settings by version, and what a change sets going."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import Connection, Engine, select

from store.database import reading, writing
from store.settings import read_settings, save_settings
from store.switches import change_user, change_webinar
from store.tables import (
    occurrence,
    occurrence_person,
    portal,
    run,
    setting_version,
    webinar,
    zoom_user,
)

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
EARLIER = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def engine(database: Engine) -> Engine:
    """A portal with a webinar of each of two hosts: one occurrence settled, one never read."""
    with writing(database) as to:
        for portal_id in ("1", "2"):
            to.execute(
                portal.insert().values(portal_id=portal_id, capabilities={}, created_at=EARLIER)
            )
        for number, (portal_id, host) in enumerate([("1", "a"), ("1", "b"), ("2", "a")], start=1):
            to.execute(
                zoom_user.insert().values(
                    portal_id=portal_id,
                    account_id="z",
                    user_id=host,
                    email=f"{host}@acme.no",
                    name=host,
                )
            )
            webinar_pk = to.execute(
                webinar.insert()
                .values(
                    portal_id=portal_id,
                    account_id="z",
                    webinar_id=f"{number}00",
                    host_id=host,
                    host_email=f"{host}@acme.no",
                    panelists=[],
                )
                .returning(webinar.c.id)
            ).scalar_one()
            for occurrence_id, settled_at in (("new", None), ("old", EARLIER)):
                occurrence_pk = to.execute(
                    occurrence.insert()
                    .values(
                        portal_id=portal_id,
                        webinar_pk=webinar_pk,
                        occurrence_id=occurrence_id,
                        settled_at=settled_at,
                    )
                    .returning(occurrence.c.id)
                ).scalar_one()
                to.execute(
                    occurrence_person.insert().values(
                        portal_id=portal_id,
                        occurrence_pk=occurrence_pk,
                        identity_key="jo@x.no",
                        identity="registration",
                        opinions=[],
                    )
                )
    return database


def save(engine: Engine, patch: dict[str, Any]) -> int:
    with writing(engine) as connection:
        return save_settings(connection, "1", patch, "7", NOW, {})


def pk_of(connection: Connection, webinar_id: str) -> int:
    found = select(webinar.c.id).where(webinar.c.webinar_id == webinar_id)
    return int(connection.execute(found).scalar_one())


def due(engine: Engine) -> set[tuple[str, str]]:
    """(webinar id, occurrence id) of what is to be read now."""
    with reading(engine) as connection:
        rows = connection.execute(
            select(webinar.c.webinar_id, occurrence.c.occurrence_id)
            .join(occurrence, occurrence.c.webinar_pk == webinar.c.id)
            .where(occurrence.c.next_read_at == NOW, occurrence.c.next_due_at == NOW)
        )
        return {(row.webinar_id, row.occurrence_id) for row in rows}


def dirty_portals(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(
            connection.execute(
                select(occurrence_person.c.portal_id).where(
                    occurrence_person.c.dirty != occurrence_person.c.decided
                )
            ).scalars()
        )


def runs(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        return [
            (row.portal_id, row.trigger, row.pool) for row in connection.execute(select(run)).all()
        ]


def test_settings_never_saved_are_the_defaults(engine: Engine) -> None:
    with reading(engine) as connection:
        version, settings = read_settings(connection, "1")
    assert (version, settings.webinar_sync) == (1, "none")


def test_each_change_is_a_version_that_stays_readable(engine: Engine) -> None:
    assert save(engine, {"webinar_sync": "all"}) == 2
    assert save(engine, {"webinar_sync": "selected"}) == 3
    with reading(engine) as connection:
        assert read_settings(connection, "1", 2)[1].webinar_sync == "all"
        assert read_settings(connection, "1")[1].webinar_sync == "selected"
        assert read_settings(connection, "2")[0] == 1
        kept = connection.execute(select(setting_version)).mappings().first()
    assert kept is not None
    assert (kept["author"], kept["created_at"]) == ("7", NOW)


def test_a_change_that_changes_nothing_makes_no_version(engine: Engine) -> None:
    save(engine, {"webinar_sync": "all"})
    assert save(engine, {"webinar_sync": "all"}) == 2


def test_a_refused_change_leaves_everything_as_it_was(engine: Engine) -> None:
    with pytest.raises(ValidationError):
        save(engine, {"webinar_sync": "all", "bogus": 1})
    with reading(engine) as connection:
        assert read_settings(connection, "1")[0] == 1
    assert dirty_portals(engine) == []


def test_what_decisions_depend_on_has_everybody_decided_again(engine: Engine) -> None:
    save(engine, {"excluded_contact_domains": ["x.no"]})
    assert dirty_portals(engine) == ["1"] * 4
    assert runs(engine) == [("1", "setting", "bulk")] * 4


def test_what_decisions_do_not_depend_on_disturbs_nobody(engine: Engine) -> None:
    assert save(engine, {"raw_retention_days": 7}) == 2
    assert dirty_portals(engine) == []
    assert runs(engine) == []


def test_S24_what_was_missed_is_read_once_sync_is_switched_on(engine: Engine) -> None:
    save(engine, {"webinar_sync": "all"})
    assert due(engine) == {("100", "new"), ("200", "new")}


def test_S24_switching_on_one_user_reads_that_users_webinars(engine: Engine) -> None:
    save(engine, {"webinar_sync": "selected", "webinar_sync_users": ["b"]})
    assert due(engine) == {("200", "new")}


@pytest.mark.parametrize("switch", ["user", "webinar"], ids=["S13 user", "S15 webinar"])
def test_S24_a_switch_of_one_user_or_webinar_does_the_same(engine: Engine, switch: str) -> None:
    with writing(engine) as connection:
        connection.execute(zoom_user.update().values(sync_new_webinars=False))
    save(engine, {"webinar_sync": "all"})
    assert due(engine) == set()
    with writing(engine) as connection:
        connection.execute(occurrence_person.update().values(dirty=0))
        _, settings = read_settings(connection, "1")
        if switch == "user":
            change_user(connection, "1", "b", {"sync_new_webinars": True}, settings, NOW)
        else:
            change_webinar(connection, "1", pk_of(connection, "200"), {"sync": "on"}, settings, NOW)
    assert due(engine) == {("200", "new")}
    assert dirty_portals(engine) == ["1", "1"]


def test_a_switch_that_changes_nothing_disturbs_nobody(engine: Engine) -> None:
    save(engine, {"webinar_sync": "all"})
    with writing(engine) as connection:
        connection.execute(occurrence_person.update().values(dirty=0))
        _, settings = read_settings(connection, "1")
        change_webinar(connection, "1", pk_of(connection, "100"), {"sync": "on"}, settings, NOW)
    assert dirty_portals(engine) == []
