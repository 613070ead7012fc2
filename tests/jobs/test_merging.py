"""An old notice, late or replayed, overrules nothing of what Zoom said since."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, RowMapping, insert, select

from jobs.drain import drain_inbox
from jobs.runtime import Runtime
from store.database import reading, writing
from store.sealing import Sealer
from store.tables import instance, occurrence, run
from tests.store.deliveries import record_delivery
from tests.store.support import (
    ACCOUNT,
    NOW,
    PORTAL,
    add_occurrence,
    add_webinar,
    add_zoom_account,
    minute,
)
from tests.webhooks.support import as_bytes

SEALER = Sealer([Fernet.generate_key().decode()])


def place_in(database: Engine, **changes: Any) -> tuple[RowMapping, RowMapping]:
    """A webinar that Zoom showed at NOW, and its occurrence."""
    with writing(database) as connection:
        row = add_webinar(connection, type=5, detail_read_at=NOW, status="scheduled")
        place = add_occurrence(connection, row, **changes)
        add_zoom_account(connection, PORTAL, ACCOUNT)
    return row, place


def tell(runtime: Runtime, event: str, minutes: float, **object_: Any) -> None:
    """Deliver a notice of what happened so many minutes after NOW, and drain."""
    body = {
        "event": event,
        "event_ts": int(minute(minutes).timestamp() * 1000),
        "payload": {"account_id": ACCOUNT, "object": object_},
    }
    with writing(runtime.database) as connection:
        record_delivery(
            connection, SEALER, "zoom", f"{event}{minutes}"[:64], as_bytes(body), now=NOW
        )
    drain_inbox(replace(runtime, sealer=SEALER))


@pytest.mark.parametrize(
    ("minutes", "status", "must_read"),
    [
        pytest.param(5, "cancelled", False, id="a deletion is believed at once"),
        pytest.param(-5, "scheduled", True, id="an older one makes Zoom be asked F29"),
    ],
)
def test_a_deletion_older_than_what_zoom_showed_cancels_nothing(
    database: Engine, runtime: Runtime, minutes: float, status: str, must_read: bool
) -> None:
    webinar, _ = place_in(database, start_at=NOW + timedelta(days=1))
    tell(runtime, "webinar.deleted", minutes, id=webinar["webinar_id"])
    with reading(database) as connection:
        assert connection.execute(select(occurrence.c.status)).scalar_one() == status
        assert connection.execute(select(run.c.must_read)).scalar_one() is must_read


@pytest.mark.parametrize(
    ("ended_at", "status"),
    [
        pytest.param(None, "started", id="of a session that goes on"),
        pytest.param(NOW, "ended", id="of one that is over F29"),
    ],
)
def test_a_start_told_again_begins_no_session_that_is_over(
    database: Engine, runtime: Runtime, ended_at: Any, status: str
) -> None:
    webinar, place = place_in(database, status="ended", started_at=minute(-60))
    with writing(database) as connection:
        connection.execute(
            insert(instance).values(
                portal_id=PORTAL,
                occurrence_pk=place["id"],
                uuid="u==",
                started_at=minute(-60),
                ended_at=ended_at,
            )
        )
    tell(runtime, "webinar.started", -60, id=webinar["webinar_id"], uuid="u==")
    with reading(database) as connection:
        assert connection.execute(select(occurrence.c.status)).scalar_one() == status
