"""Ten people scored by hand, and what weights change."""

from dataclasses import replace

import pytest
from rollcall_engagement import SCORE, describe_plugin, on_attendance

from rollcall import AuditEntry, Context, PropertyUpdate, Tenant, Totals
from rollcall.testing import NOW, golden_webinar

DEFAULTS = dict(describe_plugin().defaults)
EVERYDAY = golden_webinar("everyday")


def effects(percent: float, totals: Totals, **weights: int) -> list[object]:
    attendance = EVERYDAY.find("attends").attendance
    assert attendance is not None
    context = Context(
        Tenant("1"), {**DEFAULTS, **weights}, EVERYDAY.find("attends").contact, totals, NOW
    )
    return list(on_attendance(replace(attendance, percent=percent), context))


# percent, registered, attended, average, then the score worked out on paper
TEN = {
    "whole, first": (100.0, 1, 1, 100.0, "100"),  # 50 + 25 + 25
    "half, first": (50.0, 1, 1, 50.0, "62"),  # 25 + 12.5 + 25 = 62.5, half to even
    "nothing": (0.0, 1, 0, None, "0"),  # (0 + 0) / 75
    "one of two": (80.0, 2, 1, 80.0, "72"),  # 40 + 20 + 12.5 = 72.5, half to even
    "one of four": (60.0, 4, 1, 60.0, "51"),  # 30 + 15 + 6.25 = 51.25
    "faithful": (90.0, 10, 10, 70.0, "88"),  # 45 + 17.5 + 25 = 87.5, half to even
    "fading": (10.0, 5, 4, 60.0, "40"),  # 5 + 15 + 20
    "rising": (100.0, 5, 2, 60.0, "75"),  # 50 + 15 + 10
    "walked in": (40.0, 0, 1, 40.0, "40"),  # (20 + 10) / 75
    "came more often than registered": (20.0, 1, 3, 30.0, "42"),  # 10 + 7.5 + 25 = 42.5
}


@pytest.mark.parametrize("row", TEN.values(), ids=TEN)
def test_B16_the_score_is_what_was_worked_out_by_hand(row) -> None:
    percent, registered, attended, average, score = row
    update, entry = effects(percent, Totals(registered, attended, average))
    assert update == PropertyUpdate(SCORE, score)
    assert isinstance(entry, AuditEntry)
    assert entry.message.startswith(f"engagement score {score} = (50 x this webinar {percent:.1f}")


def test_B16_a_weight_of_a_portals_own_counts() -> None:
    totals = Totals(4, 1, 60.0)
    update, _ = effects(60.0, totals, weight_turnout=0)
    assert update == PropertyUpdate(SCORE, "60")


def test_B16_without_any_weight_there_is_no_score() -> None:
    totals = Totals(1, 1, 60.0)
    assert effects(60.0, totals, weight_percent=0, weight_average=0, weight_turnout=0) == []
