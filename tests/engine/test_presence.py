"""Who was in the room over time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.presence import count_present, share_in_percent


def test_B05_two_devices_are_one_person_and_a_rejoin_is_the_same_one() -> None:
    stays = [
        ("ada", 0, 60),
        ("ada", 30, 100),  # a telephone beside it
        ("ben", 0, 20),
        ("ben", 60, 100),  # came again
        ("late", 100, 200),  # clicked after the end
    ]
    present = count_present(stays, 0, 100, 5)
    assert present.moments == (10, 30, 50, 70, 90)
    assert present.people == (2, 1, 1, 2, 2)
    assert present.peak == 2


def test_nobody_came() -> None:
    present = count_present([], 0, 100, 2)
    assert (present.people, present.peak) == ((0, 0), 0)


@given(
    st.lists(
        st.builds(
            lambda who, start, length: (who, start, start + length),
            st.sampled_from("abcd"),
            st.integers(-20, 120),
            st.integers(0, 80),
        ),
        max_size=12,
    )
)
def test_B05_at_each_moment_everybody_there_is_counted_once(
    stays: list[tuple[str, int, int]],
) -> None:
    present = count_present(stays, 0, 100, 8)
    for at, people in zip(present.moments, present.people, strict=True):
        assert people == len({who for who, start, end in stays if start <= at < end})
    assert max(present.people) <= present.peak <= 4


def test_a_share_of_nothing_is_none() -> None:
    assert share_in_percent(0, 0) is None
    assert share_in_percent(1, 4) == 25
