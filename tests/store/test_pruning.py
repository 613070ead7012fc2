"""Raw deliveries and the lines of finished runs go when their time is up; what waits stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, select

from store.inbox import record_delivery
from store.inbox_work import close_deliveries
from store.pruning import prune
from store.runs import add_changes, finish_run, open_run
from store.sealing import Sealer
from store.settings import save_settings
from store.tables import inbox, run, run_change
from tests.store.support import NOW, PORTAL, add_occurrence

SEALER = Sealer([Fernet.generate_key().decode()])


def deliver(connection: Connection, account_id: str, days_ago: int, state: str) -> None:
    digest = f"{account_id}{days_ago}{state}"
    at = NOW - timedelta(days=days_ago)
    body = b"{}"
    record_delivery(
        connection, SEALER, "zoom", digest, body, event_name="x", account_id=account_id, now=at
    )
    pk = connection.execute(select(inbox.c.id).where(inbox.c.digest == digest)).scalar_one()
    if state != "new":
        close_deliveries(connection, [pk], state=state)


def kept(connection: Connection) -> set[str]:
    return set(connection.execute(select(inbox.c.digest)).scalars())


@pytest.mark.parametrize("days", [30, 7])
def test_what_is_older_than_the_portals_retention_goes(connection: Connection, days: int) -> None:
    place = add_occurrence(connection)
    save_settings(connection, PORTAL, {"raw_retention_days": days}, "me", NOW, {})
    for ago in (days - 1, days + 1):
        deliver(connection, PORTAL, ago, "done")
        at = NOW - timedelta(days=ago)
        run_id = open_run(
            connection, occurrence_pk=place["id"], trigger="webhook", pool="live", now=at
        )
        add_changes(connection, run_id, [{"email": "a@x.no", "effect": str(ago)}])
        finish_run(connection, run_id, state="done", now=at)
    deliver(connection, PORTAL, days + 1, "new")

    prune(connection, NOW)

    assert kept(connection) == {f"{PORTAL}{days - 1}done", f"{PORTAL}{days + 1}new"}
    lines = connection.execute(select(run_change.c.effect)).scalars().all()
    assert lines == [str(days - 1)]
    assert len(connection.execute(select(run.c.id)).all()) == 2


def test_deliveries_of_accounts_nobody_has_go_after_thirty_days(connection: Connection) -> None:
    for ago in (29, 31):
        deliver(connection, "gone", ago, "ignored")
    assert prune(connection, NOW) == 1
    assert kept(connection) == {"gone29ignored"}
