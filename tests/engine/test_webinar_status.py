"""A webinar's status in one word: the worst of its dates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.webinar_status import DateFacts, judge_webinar

SETTLED = DateFacts({("in_sync", ""): 3}, 3, has_begun=True, is_settled=True)
TO_COME = DateFacts({("in_sync", ""): 3}, 3, has_begun=False, is_settled=False)
HELD = replace(SETTLED, is_settled=False)


def people(outcome: str, reason: str) -> dict[tuple[str, str], int]:
    """Three people, one of whom has this outcome."""
    return {("in_sync", ""): 2, (outcome, reason): 1}


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        ([], "planned"),
        ([TO_COME], "planned"),
        ([SETTLED], "healthy"),
        ([SETTLED, TO_COME], "healthy"),
        ([replace(SETTLED, counts=people("excluded", "role"))], "healthy"),
        ([HELD], "waiting"),
        ([replace(HELD, counts=people("waiting", "provisional"))], "waiting"),
        ([replace(TO_COME, counts=people("waiting", "pending_approval"))], "waiting"),
        ([replace(SETTLED, counts=people("waiting", "queued"))], "syncing"),
        ([replace(HELD, counts=people("waiting", "unconfirmed"))], "syncing"),
        ([SETTLED, HELD, replace(TO_COME, counts=people("waiting", "retrying"))], "syncing"),
        ([replace(SETTLED, counts=people("failing", "rejected"))], "attention"),
        ([replace(SETTLED, counts=people("waiting", "held_secondary"))], "attention"),
        ([replace(SETTLED, counts=people("waiting", "plugin_unavailable"))], "attention"),
        ([replace(SETTLED, counts=people("waiting", "reconnect"))], "attention"),
        ([replace(SETTLED, zoom_people=4)], "attention"),
        ([replace(HELD, is_behind=True)], "attention"),
        ([replace(SETTLED, zoom_people=None)], "healthy"),
    ],
)
def test_S22_B02_the_worst_date_names_the_status(dates: list[DateFacts], status: str) -> None:
    assert judge_webinar(dates, is_on=True) == status


def test_S16_a_webinar_that_is_not_synced_is_off_whatever_is_known_of_it() -> None:
    assert judge_webinar([replace(SETTLED, zoom_people=4)], is_on=False) == "off"
