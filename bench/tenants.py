"""Many customers on one machine: all at once, a small one behind a large one, and idle ones.

Every portal has a Zoom account and a webinar of its own that is over. What is compared runs in one
trial, one after the other, so that the machine is the same.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench.many import Play, Size, Spent, open_play
from bench.ratio import Ratio
from bench.size import Size as Webinar
from jobs.scheduler import count_work
from store.database import open_database, writing
from store.tables import metadata, portal

FULL = Size()
SMALL = Size(tenants=10, people=50, large=1_000, workers=4, alone=1, idle_seconds=10.0)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What many at once took; ``alone`` is a tenant's processor time alone, less what idling takes.

    ``calls`` to HubSpot in all, ``fewest`` possible; ``few`` and ``many`` are an idle installation
    with the first tenants only, and with all of them.
    """

    size: Size
    database: str
    cores: int
    alone: float
    together: Spent
    calls: int
    few: Spent
    many: Spent

    @property
    def fewest(self) -> int:
        """Calls that many webinars of their size can be synced with."""
        return self.size.tenants * Webinar(self.size.people).fewest_calls

    def ratios(self) -> list[Ratio]:
        """The lines of the table."""
        size = self.size
        crowd = f"{size.tenants} tenants of {size.people} people at once, {self.database}"
        more = f"{size.tenants} idle tenants more"
        return [
            Ratio(
                f"{crowd}: wall",
                self.together.seconds,
                f"processor time of one alone × {size.tenants} / {self.cores} cores",
                self.alone * size.tenants / self.cores,
                "s",
                # With few people it is HubSpot's latency that lasts, and not the processors.
                target=1.5 if size == FULL else None,
            ),
            Ratio(
                f"{crowd}: processor time of each",
                self.together.cpu / size.tenants,
                "of one alone",
                self.alone,
                "s",
            ),
            Ratio(
                f"{crowd}: HubSpot calls",
                self.calls,
                "fewest possible",
                self.fewest,
                "calls",
                target=1.1,
                is_count=True,
            ),
            Ratio(
                f"processor time a minute, {more}",
                self.many.cpu_a_minute,
                "without them",
                self.few.cpu_a_minute,
                "s",
            ),
            Ratio(
                f"commands to Redis a minute, {more}",
                self.many.commands_a_minute,
                "without them",
                self.few.commands_a_minute,
                "commands",
                target=1.2 if size == FULL else None,
            ),
        ]


def measure_tenants(size: Size = FULL, database: str = "sqlite") -> list[Ratio]:
    """Measure all of it; ``database`` is ``sqlite`` or ``postgresql``. Raises `TrialFailed`."""
    with open_play(size, database, size.workers) as play:
        crowd = _play_crowd(play)
    with open_play(size, database, 1) as play:
        waited = _play_large_one(play)
    return [*crowd.ratios(), *idle_queries(size.tenants), waited]


def _play_crowd(play: Play) -> Crowd:
    """Idle, some alone, all at once, idle again."""
    size = play.size
    [first] = play.move_in(1, size.people)
    few = play.idle()
    # The very first one pays for what every process does once.
    play.sync([first])
    alone = [play.alone(one, few) for one in play.move_in(size.alone, size.people)]
    tenants = play.move_in(size.tenants, size.people)
    together = play.sync(tenants)
    calls = sum(play.calls(one) for one in tenants)
    cores = os.cpu_count() or 1
    typical = statistics.median(alone)
    return Crowd(size, play.kind, cores, typical, together, calls, few, play.idle())


def _play_large_one(play: Play) -> Ratio:
    """How long a small tenant waits whose run is due when the only worker is at a large one."""
    [large], [small] = play.move_in(1, play.size.large), play.move_in(1, play.size.people)
    began = play.now()
    play.press([large])
    play.wait("the large sync to begin", lambda: play.waits([large]))
    play.press([small])
    play.await_synced([large, small])
    [waited] = play.waits([small])
    return Ratio(
        f"wait of {play.size.people} people behind {play.size.large:,}, one worker",
        waited,
        "until all of them are through",
        play.since(began).seconds,
        "s",
    )


def idle_queries(tenants: int) -> list[Ratio]:
    """Statements of a look for work with so many idle tenants, against one."""
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name:
        one, many = (count_statements(Path(name), count) for count in (1, tenants))
    what = f"statements of the scheduler's look for work, {tenants} idle tenants"
    return [Ratio(what, many, "one", one, "statements", target=1.0, is_count=True)]


def count_statements(folder: Path, tenants: int) -> int:
    """How many statements a look for work takes where so many portals have nothing to do."""
    engine = open_database(f"sqlite:///{folder / f'{tenants}.db'}")
    metadata.create_all(engine)
    now = datetime.now(UTC)
    rows = [
        {"portal_id": str(number), "capabilities": {}, "created_at": now, "webinars_listed_at": now}
        for number in range(tenants)
    ]
    with writing(engine) as connection:
        connection.execute(portal.insert(), rows)
    statements: list[Any] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    try:
        count_work(engine, now)
    finally:
        engine.dispose()
    return len(statements)
