"""Registrations that come one at a time: the first at once, those behind it with the next run."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import RowMapping

from jobs.live_runs import has_people_left, open_live_run
from jobs.runtime import Runtime
from store.database import writing
from store.registration_facts import RegistrationEntry, merge_registrations
from store.runs import Pool, change_run, find_run
from store.tables import webinar
from store.webinar_facts import find_occurrence
from tests.jobs.conftest import NOW


def arrive(runtime: Runtime, place: RowMapping) -> str:
    """Somebody registers; the run that takes them to HubSpot."""
    with writing(runtime.database) as to:
        series = to.execute(webinar.select()).mappings().one()
        entry = RegistrationEntry("ada@acme.example", "Ada", "", "r1", "approved", NOW)
        merge_registrations(to, series, place, [entry])
        return open_live_run(
            to, runtime, find_occurrence(to, place["id"]), "webhook", runtime.clock()
        )


def test_the_first_goes_at_once_and_the_next_a_moment_after_it_began(
    runtime: Runtime, place: RowMapping
) -> None:
    first = arrive(runtime, place)
    began = NOW - timedelta(seconds=0.5)
    with writing(runtime.database) as to:
        assert find_run(to, first)["not_before"] == NOW
        change_run(to, first, state="running", started_at=began)
    second = arrive(runtime, place)
    with writing(runtime.database) as to:
        assert find_run(to, second)["not_before"] == began + runtime.timing.coalesce


@pytest.mark.parametrize(("pool", "is_left"), [("live", False), ("bulk", True)])
def test_who_comes_during_a_live_run_goes_with_the_next(
    runtime: Runtime, place: RowMapping, pool: Pool, is_left: bool
) -> None:
    """A live run that waited for the last of them would go on for as long as people come."""
    first = arrive(runtime, place)
    with writing(runtime.database) as to:
        change_run(to, first, state="running", started_at=NOW, pool=pool)
        assert has_people_left(to, find_run(to, first))
    arrive(runtime, place)
    with writing(runtime.database) as to:
        assert has_people_left(to, find_run(to, first)) is is_left
