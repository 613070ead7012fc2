"""A worker or scheduler with a wrong clock says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from jobs.clock import tell_skew


@pytest.mark.parametrize(
    ("seconds", "told"), [(600, [600]), (-600, [-600]), (20, []), (0, [])], ids=str
)
def test_F36_a_clock_is_told_of_once_it_is_thirty_seconds_off(
    database: Engine, seconds: int, told: list[int]
) -> None:
    with capture_logs() as lines:
        tell_skew(database, lambda: datetime.now(UTC) + timedelta(seconds=seconds))
    assert [line["seconds_ahead"] for line in lines] == told
