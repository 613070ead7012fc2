"""A whole sync of a webinar that is over, then the same again: calls, seconds, processor time."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.flows.platforms import CONTACTS, portal_token
from bench.journal import Calls
from bench.ratio import Ratio
from bench.size import BATCH, Size
from bench.stage import PORTAL_ID, Stage, open_stage
from commands.trial import Simulated, TrialFailed

SAMPLED_CALLS = 5
CPU_PER_THOUSAND = 0.5
"""Seconds that a thousand attendees may cost."""

APP_EVENTS = "registered=ae1001_registered,attended=ae1001_attended"
"""The types HubSpot approved for the simulated app."""

EMPTY_LISTS = 2
"""Who waits for approval, who was denied: nobody, but that has to be asked."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A first sync and a second one; ``worker_seconds`` of processor time are the first's.

    ``call_seconds`` is what a call with a hundred contacts takes by itself.
    """

    size: Size
    first: Calls
    second: Calls
    zoom: Calls
    seconds: float
    worker_seconds: float
    call_seconds: float
    doubled: int


def measure_sync(size: Size, slowness: float = 1.0) -> list[Ratio]:
    """Sync a webinar of that size in a trial of its own. Raises `TrialFailed`."""
    with open_stage(size, slowness) as stage:
        return ratios_of(sync_twice(stage))


def measure_sync_with_events(size: Size, slowness: float = 1.0) -> list[Ratio]:
    """The same where HubSpot has approved the app's events. Raises `TrialFailed`."""
    with open_stage(size, slowness, HUBSPOT_APP_EVENTS=APP_EVENTS) as stage:
        stage.forget_calls()
        stage.begin()
        stage.wait_settled()
        stage.wait_quiet()
        stage.check(app_events=size.registrants + size.attendees)
        return [
            Ratio(
                "HubSpot calls of a first sync with app events",
                stage.hubspot_calls().total,
                "fewest possible",
                size.fewest_calls_with_events,
                "calls",
                target=1.05,
                is_count=True,
            )
        ]


def sync_twice(stage: Stage) -> Measured:
    """Sync, and press Sync now when nothing has changed. Raises `TrialFailed`."""
    stage.forget_calls()
    began, used = time.monotonic(), stage.worker_seconds()
    stage.begin()
    stage.wait_settled()
    stage.wait_quiet()
    seconds, used = time.monotonic() - began, stage.worker_seconds() - used
    stage.check()
    first, zoom = stage.hubspot_calls(), stage.zoom_calls()
    stage.forget_calls()
    stage.sync_again()
    stage.wait_quiet()
    second = stage.hubspot_calls()
    doubled, call_seconds = stage.doubled(), _seconds_of_a_call(stage.simulated)
    return Measured(stage.size, first, second, zoom, seconds, used, call_seconds, doubled)


def ratios_of(sync: Measured) -> list[Ratio]:
    """The lines of the table."""
    size = sync.size
    people = f"{size.registrants:,} registrants, {size.attendees:,} attendees"
    judged = size.is_judged_by_seconds
    return [
        Ratio(
            f"HubSpot calls of a first sync, {people}",
            sync.first.total,
            "fewest possible",
            size.fewest_calls,
            "calls",
            target=1.05,
            is_count=True,
        ),
        Ratio(
            "writes of a second sync, nothing changed",
            sync.second.writes,
            "of the first",
            sync.first.writes,
            "calls",
            target=0.0,
            is_count=True,
        ),
        Ratio(
            "effects or contacts twice in HubSpot after both",
            sync.doubled,
            "people and participations",
            2 * size.registrants + size.attendees,
            "",
            target=0.0,
            is_count=True,
        ),
        Ratio(
            "calls answered 429",
            sync.first.rate_limited + sync.second.rate_limited,
            "all calls of both syncs",
            sync.first.total + sync.second.total,
            "calls",
            target=0.001,
            is_count=True,
        ),
        *_zoom_ratios(sync),
        Ratio(
            f"seconds of a first sync, {people}",
            sync.seconds,
            "HubSpot's limit alone and the last call",
            size.limit_seconds(sync.call_seconds),
            "s",
            target=1.6 if judged else None,
        ),
        Ratio(
            f"processor seconds of the workers, {size.attendees:,} attendees",
            sync.worker_seconds,
            f"{CPU_PER_THOUSAND} s a thousand",
            CPU_PER_THOUSAND * size.attendees / 1_000,
            "s",
            target=1.0 if judged else None,
        ),
    ]


def _zoom_ratios(sync: Measured) -> list[Ratio]:
    lists = sync.size.fewest_pages + EMPTY_LISTS
    return [
        Ratio(
            "pages of Zoom's lists in one read",
            sync.zoom.pages,
            "fewest: of 300 rows, and the two empty lists",
            lists,
            "calls",
            target=1.05,
            is_count=True,
        ),
        Ratio(
            "all Zoom calls of that read, session and webinar included",
            sync.zoom.total,
            "fewest pages of the two full lists",
            sync.size.fewest_pages,
            "calls",
            is_count=True,
        ),
    ]


def _seconds_of_a_call(simulated: Simulated) -> float:
    """The mean of a few reads of a hundred contacts, one after the other."""
    headers = {"Authorization": f"Bearer {portal_token(simulated, PORTAL_ID)}"}
    inputs = [{"id": f"big-guest{number:05d}@northquay.example"} for number in range(BATCH)]
    body = {"idProperty": "email", "properties": ["email"], "inputs": inputs}
    began = time.monotonic()
    for _ in range(SAMPLED_CALLS):
        answer = simulated.session.post(
            f"{simulated.base}/hubspot{CONTACTS}/batch/read",
            json=body,
            headers=headers,
            timeout=30,
        )
        if answer.status_code not in (200, 207):
            raise TrialFailed(f"a batch read was answered {answer.status_code}")
    return (time.monotonic() - began) / SAMPLED_CALLS
