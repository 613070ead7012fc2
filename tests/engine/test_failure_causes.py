"""Failing people by cause."""

from __future__ import annotations

import pytest

from engine.failure_causes import Failure, cause_key, group_failures


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a@x.no is taken", "b.c+d@y.example is taken", True),
        ('"phone": 0912 is too short', '"phone": 07 is too short', True),
        ("since 2026-01-02 10:00:01", "since 2026-03-04 11:22:33", True),
        ("  not   valid ", "Not valid", True),
        ('property "phone" is not valid', 'property "city" is not valid', False),
    ],
    ids=["addresses", "numbers", "moments", "blanks and case", "properties"],
)
def test_a_cause_is_the_message_without_whom_it_names(one: str, other: str, same: bool) -> None:
    assert (cause_key("rejected", one) == cause_key("rejected", other)) is same
    assert cause_key("rejected", one) != cause_key("not_confirmed", one)


def test_the_cause_of_most_people_comes_first_in_the_words_of_its_first() -> None:
    told = [(1, "odd"), (2, "a@x.no is taken"), (3, "b@x.no is taken")]
    first, second = group_failures(Failure(pk, "rejected", detail) for pk, detail in told)
    assert (first.message, first.pks) == ("a@x.no is taken", (2, 3))
    assert (second.message, second.pks) == ("odd", (1,))
