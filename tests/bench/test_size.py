"""The fewest calls a webinar of some size can be synced with."""

from __future__ import annotations

import pytest

from bench.size import Size

REFERENCE = Size(10_000)


def test_the_reference_webinar_has_its_people_and_rows() -> None:
    assert (REFERENCE.attendees, REFERENCE.rejoining, REFERENCE.rows) == (6_000, 1_800, 7_800)


@pytest.mark.parametrize(
    ("size", "calls", "afterwards", "pages", "read_backs"),
    [
        pytest.param(REFERENCE, 362, 122, 60, 180, id="the reference"),
        pytest.param(Size(1_200), 46, 18, 8, 40, id="the small one"),
        pytest.param(Size(1), 6, 4, 2, 22, id="one person"),
    ],
)
def test_the_fewest_calls_are_whole_batches(
    size: Size, calls: int, afterwards: int, pages: int, read_backs: int
) -> None:
    assert size.fewest_calls == calls
    assert size.fewest_calls_afterwards == afterwards
    assert size.fewest_pages == pages
    assert size.most_read_backs == read_backs


def test_the_limit_lets_calls_go_in_windows_and_the_last_call_takes_its_time() -> None:
    # 110 at once, and again after 10, 20 and 30 seconds.
    assert REFERENCE.limit_seconds(0.65) == pytest.approx(30.65)
    assert Size(1_200).limit_seconds(0.65) == pytest.approx(0.65)


def test_app_events_come_on_top_in_batches_of_their_own() -> None:
    assert REFERENCE.fewest_calls_with_events == 394


def test_seconds_are_judged_for_the_reference_only() -> None:
    assert REFERENCE.is_judged_by_seconds
    assert not Size(1_200).is_judged_by_seconds
