"""Ten thousand people: complete, with the fewest calls the work allows, in flat memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import func, select

from jobs.guard import Guard
from plugins.registry import Registry
from store import migrate
from store.tables import occurrence_person
from tests.scenarios.stage import PORTAL, Stage, set_stage

SLACK = 1.15
"""How much more than the fewest possible calls a sync may make."""
LOOKS = 3
"""Users, properties and the bin, which are looked at however few people there are."""


@contextmanager
def watching_memory() -> Iterator[list[int]]:
    """The bytes this process grew by at most while the block ran, appended at its end."""
    process, done, grown = psutil.Process(), threading.Event(), []
    before = peak = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        done.set()
        watcher.join()
        grown.append(peak - before)


def work_to_the_end(stage: Stage) -> None:
    """Run jobs until everybody has an outcome that does not wait; read-backs wait a second."""
    for _ in range(20):
        stage.work()
        if not waiting(stage):
            return
        stage.late_by += stage.config.timing.confirm_after * 2
    raise AssertionError(f"people still wait: {waiting(stage)}")


def waiting(stage: Stage) -> dict[str, int]:
    """How many people wait for us, by reason."""
    counted = (
        select(occurrence_person.c.reason, func.count())
        .where(occurrence_person.c.outcome == "waiting")
        .where(occurrence_person.c.reason != "pending_approval")
        .group_by(occurrence_person.c.reason)
    )
    return {row["reason"]: row["count"] for row in stage.query(counted)}


def calls(stage: Stage) -> dict[str, Any]:
    """What HubSpot was called for since the journal was cleared."""
    journal: dict[str, Any] = stage.simulator.call(
        "GET", "/journal", platform="hubspot", tenant=PORTAL
    )
    return journal


def reports_read(stage: Stage) -> int:
    """How often a report of Zoom was called for, which it allows least often."""
    journal = stage.simulator.call("GET", "/journal", platform="zoom")
    return sum(call["count"] for call in journal["calls"] if "/report/" in call["route"])


def sync_big_webinar(stage: Stage, registrants: int, attendees: int) -> tuple[int, dict[str, Any]]:
    """Sync a webinar that took place before the installation; memory growth and the calls."""
    scene = stage.simulator.scene("big", registrants=registrants, attendees=attendees)
    stage.install(scene["account_id"])
    stage.simulator.call("DELETE", "/journal")
    stage.set(webinar_sync="all")
    with watching_memory() as grown:
        work_to_the_end(stage)
    summary = stage.simulator.summary(PORTAL)
    assert summary["writes"]["contacts_created"] == registrants
    assert summary["writes"]["registered"] == registrants
    assert summary["writes"]["attended"] == attendees
    assert summary["duplicate_effects"] == 0
    return grown[0], calls(stage)


def fewest_calls(registrants: int, attendees: int) -> int:
    """Read, write and register everybody in hundreds, attend in hundreds, put and complete."""
    return 3 * ceil(registrants / 100) + ceil(attendees / 100) + 2


def on_sqlite(folder: Path, name: str) -> str:
    """The URL of a new database with all tables."""
    url = f"sqlite:///{folder / name}.db"
    migrate(url)
    return url


@pytest.mark.slow
def test_ten_thousand_people_take_the_fewest_calls_and_no_more_memory_than_one_thousand(
    simulator_base: str, redis_url: str, guard: Guard, registry: Registry, tmp_path: Path
) -> None:
    grown, journals = [], []
    for registrants, attendees in ((1_000, 600), (10_000, 6_000)):
        url = on_sqlite(tmp_path, f"people-{registrants}")
        with set_stage(simulator_base, url, redis_url, guard, registry) as stage:
            bytes_more, journal = sync_big_webinar(stage, registrants, attendees)
        grown.append(bytes_more)
        journals.append(journal)

    assert fewest_calls(10_000, 6_000) == 362
    assert journals[1]["total"] <= SLACK * 362
    assert [journal["rate_limited"] for journal in journals] == [0, 0]
    # Nine thousand people more, kept in one list, were some 60 MB: pages and stretches are not.
    assert grown[1] <= grown[0] + 32 * 2**20


@pytest.mark.slow
def test_P7_F33_without_a_webhook_those_who_came_are_written_with_few_calls_and_once(
    simulator_base: str, redis_url: str, guard: Guard, registry: Registry, tmp_path: Path
) -> None:
    with set_stage(
        simulator_base, on_sqlite(tmp_path, "live"), redis_url, guard, registry
    ) as stage:
        scene = stage.simulator.scene("demo", people=1_500)
        stage.install(scene["account_id"])
        stage.set(webinar_sync="all", **scene["settings"])
        work_to_the_end(stage)
        stage.simulator.call("DELETE", "/journal")

        played = stage.simulator.scene("demo-webinar", silent=True)
        stage.late_by = timedelta(minutes=10)
        work_to_the_end(stage)
        summary, journal = stage.simulator.summary(PORTAL), calls(stage)
        heavy = reports_read(stage)
        stage.simulator.call("DELETE", "/journal")
        stage.sync_now()
        work_to_the_end(stage)
        again = calls(stage)

    attended = played["expected"]["attended"]
    # Each of the reads that settle it takes every page of three hundred, and one look ahead.
    assert heavy <= 4 * (ceil(len(played["attendance"]) / 300) + 1)
    assert again["writes"] == 0
    assert summary["writes"]["attended"] == attended
    assert journal["rate_limited"] == 0
    assert journal["total"] <= SLACK * (2 * ceil(attended / 100) + 2) + LOOKS
