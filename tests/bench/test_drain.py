"""Both ways of working registrations off do the same; how fast is measured by `./run bench`."""

from __future__ import annotations

import pytest

from bench.drain import A_JOB_EACH, measure_drain, open_stock, ratio_of
from commands.trial import TrialFailed


def test_a_line_says_how_many_jobs_one_drain_is_worth() -> None:
    line = ratio_of("SQLite", 9_000.0, 150.0)
    assert (line.value, line.holds, line.basis) == (60.0, True, A_JOB_EACH)
    assert not ratio_of("SQLite", 9_000.0, 200.0).holds
    assert ratio_of("PostgreSQL: not measured, none here", 0, 0).holds is None


def test_both_ways_are_checked_for_having_done_it() -> None:
    (line,) = measure_drain(events=12, jobs=2, rounds=1, kinds=["sqlite"])
    assert line.measured > 0 and line.against > 0
    with open_stock("sqlite") as stock:
        stock.deliver(0, 3)
        with pytest.raises(TrialFailed, match="3 deliveries left, 0 of 3 people"):
            stock.check(3)
