"""Web processes are killed under load; what they acknowledged is there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from commands.chaos.databases import Database, end_connections, lock_file
from commands.chaos.door import find_lost, percentile, play_webhooks

WEBHOOKS = 150


@pytest.mark.slow
def test_F01_to_F04_F16_whatever_was_answered_2xx_is_kept_once(
    database_url: str, tmp_path: Path
) -> None:
    """The whole session's PostgreSQL is not restarted: every connection to the database ends."""

    def take_away() -> None:
        if database_url.startswith("sqlite"):
            lock_file(database_url, 2.0)
        else:
            end_connections(database_url)

    database = Database(database_url, take_away)
    outcome = play_webhooks(tmp_path, database, WEBHOOKS, kill_every=0.25, cuts=1)
    assert outcome.broken == []
    assert outcome.kills
    assert len(outcome.kept) == WEBHOOKS


@pytest.mark.parametrize(
    ("answered", "kept", "told"),
    [
        pytest.param([0, 1], [0], "1 webhooks were answered 2xx and not kept", id="lost"),
        pytest.param([0, 1], [0, 1, 1], "1 webhooks were kept more than once", id="doubled"),
        pytest.param([0], [0], "1 webhooks were never answered 2xx", id="refused for ever"),
    ],
)
def test_what_went_wrong_is_told(answered: list[int], kept: list[int], told: str) -> None:
    (sentence,) = find_lost(answered, Counter(kept), 2)
    assert sentence.startswith(told)


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [([], 99, 0.0), ([3.0], 99, 3.0), ([*range(1, 101)], 99, 99), ([*range(1, 101)], 100, 100)],
    ids=["none", "one", "all but the slowest", "the slowest"],
)
def test_a_percentile_is_a_value_that_was_measured(
    values: list[float], share: int, value: float
) -> None:
    assert percentile(values, share) == value
