"""How long nothing was sent although something was to be sent."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import Connection, exists, or_, select
from sqlalchemy.exc import SQLAlchemyError

from clients.breaker import read_outage
from commands.embedded import valkey_url
from store.database import open_database, reading
from store.runs import OPEN_STATES
from store.tables import effect, inbox, run

LOOK_SECONDS = 0.5
LONGEST_PAUSE = 60.0
OK, NOT_OK = 200, 300


@dataclass(slots=True)
class Watch:
    """When anything was owed to the portal, looked at twice a second."""

    portal_id: str
    seen: list[tuple[datetime, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pause:
    """The seconds from a fault to the next write, or to the moment nothing is to be sent."""

    after: str
    seconds: float


@contextmanager
def watching(data_dir: Path, portal_id: str) -> Iterator[Watch]:
    """Look at the trial's database until the block ends."""
    watch, over = Watch(portal_id), threading.Event()
    looker = threading.Thread(target=_look, args=(data_dir, watch, over))
    looker.start()
    try:
        yield watch
    finally:
        over.set()
        looker.join()


def pauses_of(
    faults: Iterable[tuple[str, datetime]],
    writes: Sequence[datetime],
    seen: Sequence[tuple[datetime, bool]],
) -> list[Pause]:
    """How long sending paused after each of the ``faults`` (name and moment)."""
    at_rest = [moment for moment, is_owed in seen if not is_owed]
    found = []
    for name, struck_at in faults:
        ends = [moment for moment in (*writes, *at_rest) if moment >= struck_at]
        # Neither: it is the end of the play that somebody waited for in vain.
        ends = ends or [moment for moment, _ in seen[-1:]]
        if ends:
            found.append(Pause(name, max(0.0, (min(ends) - struck_at).total_seconds())))
    return found


def written_at(calls: Iterable[Mapping[str, Any]]) -> list[datetime]:
    """The moments of writes HubSpot accepted."""
    return [
        datetime.fromisoformat(call["at"])
        for call in calls
        if call["is_write"] and OK <= call["status"] < NOT_OK
    ]


def too_long(pauses: Iterable[Pause]) -> list[str]:
    """A sentence for each pause beyond a minute."""
    return [
        f"nothing was sent for {pause.seconds:.0f} s after: {pause.after}"
        for pause in pauses
        if pause.seconds > LONGEST_PAUSE
    ]


def is_anything_owed(connection: Connection, portal_id: str) -> bool:
    """Whether a run is open, a webhook is unread, or what became of a write is not known."""
    open_run = exists().where(run.c.portal_id == portal_id, run.c.state.in_(OPEN_STATES))
    in_doubt = exists().where(
        effect.c.portal_id == portal_id, effect.c.state.in_(("sending", "unconfirmed"))
    )
    unread = exists().where(inbox.c.state == "new")
    return bool(connection.execute(select(or_(open_run, in_doubt, unread))).scalar())


def _look(data_dir: Path, watch: Watch, over: threading.Event) -> None:
    database = open_database(f"sqlite:///{data_dir / 'rollcall.db'}")
    redis = Redis.from_url(valkey_url(data_dir), socket_timeout=LOOK_SECONDS)
    try:
        while not over.wait(LOOK_SECONDS):
            # A moment in which the database cannot be read tells nothing.
            try:
                with reading(database) as connection:
                    is_owed = is_anything_owed(connection, watch.portal_id)
            except SQLAlchemyError:
                continue
            # Whom HubSpot does not answer is left alone on purpose.
            may_send = read_outage(redis, "hubspot", watch.portal_id) is None
            watch.seen.append((datetime.now(UTC), is_owed and may_send))
    finally:
        redis.close()
        database.dispose()
