"""Many customers in the benchmark: what is divided by what, and counts at a tiny size."""

from __future__ import annotations

import pytest

from bench.many import Spent, is_about_people
from bench.tenants import FULL, Crowd, idle_queries


def crowd(*, seconds: float, calls: int) -> Crowd:
    return Crowd(
        size=FULL,
        database="sqlite",
        cores=2,
        alone=1.0,
        together=Spent(seconds, cpu=9.0, commands=5_000),
        calls=calls,
        few=Spent(30.0, cpu=1.0, commands=100),
        many=Spent(60.0, cpu=2.0, commands=200),
    )


@pytest.mark.parametrize(("seconds", "holds"), [(150.0, True), (150.1, False)])
def test_the_wall_is_held_against_one_alone_times_all_shared_by_the_cores(
    seconds: float, holds: bool
) -> None:
    wall = crowd(seconds=seconds, calls=4_000).ratios()[0]
    assert (wall.against, wall.holds) == (100.0, holds)


def test_the_fewest_calls_are_full_hundreds_for_every_customer() -> None:
    # 5 hundreds read, written and registered, 3 attend; the event is put and completed.
    assert crowd(seconds=5.0, calls=4_000).fewest == 200 * (3 * 5 + 3 + 2)


def test_idle_installations_are_compared_by_the_minute() -> None:
    *_, cpu, commands = crowd(seconds=5.0, calls=4_000).ratios()
    assert (cpu.measured, cpu.against) == (2.0, 2.0)
    assert (commands.measured, commands.against) == (200.0, 200.0)


def test_looking_for_work_takes_no_more_statements_with_many_customers() -> None:
    (ratio,) = idle_queries(20)
    assert ratio.against > 0
    assert ratio.value == 1.0


@pytest.mark.parametrize(
    ("route", "is_counted"),
    [
        ("/hubspot/crm/objects/2026-03/contacts/batch/read", True),
        ("/hubspot/marketing/marketing-events/2026-03/events/<event_id>/complete", True),
        ("/hubspot/settings/users/2026-03", False),
    ],
    ids=["people", "their event", "what the portal is like"],
)
def test_only_calls_about_people_are_compared(route: str, is_counted: bool) -> None:
    assert is_about_people(route) is is_counted
