"""The scene of warnings says what went wrong with the warnings themselves."""

from __future__ import annotations

import pytest

from commands.demo_warnings import find_wrong_warnings

RIGHT = {
    "switched_off": [],
    "empty_report": [],
    "nameless": ["data_not_synced"],
    "excluded": ["emails_excluded", "data_not_synced"],
}


def test_what_rightly_stays_is_no_fault() -> None:
    assert find_wrong_warnings(RIGHT) == []


@pytest.mark.parametrize(
    ("left", "fault"),
    [
        pytest.param(
            {"nameless": []}, "the warning data_not_synced should have stayed", id="S27 vanished"
        ),
        pytest.param(
            {"excluded": ["data_not_synced"]},
            "the warning emails_excluded should have stayed",
            id="S28 vanished",
        ),
        pytest.param(
            {"switched_off": ["sync_disabled"]},
            "the warning sync_disabled is left (switched off)",
            id="S24 is left",
        ),
        pytest.param(
            {"empty_report": ["sync_error"]},
            "the warning sync_error is left (empty report)",
            id="S29 came up meanwhile",
        ),
    ],
)
def test_a_warning_that_is_left_or_vanished_is_told(left: dict[str, list[str]], fault: str) -> None:
    assert find_wrong_warnings(RIGHT | left) == [fault]
