"""Pages come in order, early, and with their errors where they belong."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from jobs.read_ahead import ReadAhead


def test_items_come_in_order_and_end() -> None:
    with ReadAhead(iter(range(10)), depth=3) as ahead:
        assert list(ahead) == list(range(10))
        assert list(ahead) == []


def test_an_error_is_raised_where_its_item_was_to_come() -> None:
    def pages() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third")

    taken = []
    with ReadAhead(pages(), depth=8) as ahead, pytest.raises(ValueError, match="the third"):
        for page in ahead:
            taken.append(page)
    assert taken == [1, 2]


def test_no_more_is_fetched_than_may_lie_about() -> None:
    fetched = []
    second = threading.Event()

    def pages() -> Iterator[int]:
        for number in range(100):
            fetched.append(number)
            if number == 1:
                second.set()
            yield number

    with ReadAhead(pages(), depth=2) as ahead:
        assert second.wait(timeout=10)  # both before anybody asked
        assert next(ahead) == 0
    assert len(fetched) <= 3
