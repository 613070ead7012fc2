"""What the campaigns about a bystander and about two versions make of what they saw."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from commands.chaos import versions
from commands.chaos.bystander import (
    Call,
    Measured,
    Phase,
    most_at_once,
    most_workers,
    percentile,
    read_calls,
)
from commands.chaos.deploy import Figures

ALONE = Phase("alone", [1.0] * 20, [0.01] * 20, 0)
MEASURED = Measured(ALONE, ALONE, None, 50_000, 0, 9, 2, 1)
FIGURES = Figures("abc1234", ("0005", "0006"), 100, 100, 0.4, 100, 0, 100, 100, 0, 0)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert (percentile(values, 95), percentile(values, 50)) == (95.0, 50.0)
    assert percentile([7.0], 99) == 7.0


def test_spans_that_only_touch_do_not_overlap() -> None:
    assert most_at_once([(0, 1), (1, 2)]) == 1
    assert most_at_once([(0, 3), (1, 2), (1.5, 4)]) == 3
    assert most_at_once([]) == 0


def test_workers_are_counted_by_pool() -> None:
    one, two = Call(0, 10, "live", "one"), Call(5, 15, "live", "two")
    assert most_workers([one, one, replace(two, began=10.0)]) == 1
    assert most_workers([one, two]) == 2
    assert most_workers([one, replace(two, pool="bulk")]) == 1


def test_calls_are_read_from_the_log(tmp_path: Path) -> None:
    line = {"event": "call", "tenant": "5001", "at": "2026-03-10T12:00:02Z", "ms": 2000}
    log = tmp_path / "rollcall.log"
    lines = [
        json.dumps(line | {"pool": "live", "worker": "me"}),
        json.dumps(line | {"tenant": "5002"}),
        "started",
    ]
    log.write_text("\n".join(lines))
    (call,) = read_calls(log, "5001")
    assert call.ended - call.began == 2.0
    assert (call.pool, call.worker) == ("live", "me")


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        pytest.param(MEASURED, [], id="nobody noticed"),
        pytest.param(
            replace(MEASURED, beside_hanging=replace(ALONE, arrivals=[1.3] * 20)),
            ["the bystander's p95 became 1.30 times what it was"],
            id="slower",
        ),
        pytest.param(
            replace(MEASURED, workers_at_once=2),
            ["2 workers of one pool called for the hanging portal"],
            id="two workers",
        ),
    ],
)
def test_P6_a_bystander_who_is_slowed_down_is_told_F31(measured: Measured, told: list[str]) -> None:
    assert measured.broken() == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({}, 0, id="nothing"),
        pytest.param({"answered": 99, "kept": 99}, 1, id="never answered"),
        pytest.param({"kept": 99}, 1, id="lost"),
        pytest.param({"kept": 101}, 1, id="kept twice"),
        pytest.param({"duplicates": 1}, 1, id="effect twice"),
        pytest.param({"registered": 99, "contacts": 99}, 2, id="missing in HubSpot"),
        pytest.param({"late_writes": 1}, 1, id="second sync writes"),
    ],
)
def test_P14_what_a_deploy_lost_or_doubled_is_told_F47(changes: dict[str, int], told: int) -> None:
    assert len(replace(FIGURES, **changes).broken()) == told  # type: ignore[arg-type]


def test_where_there_is_no_history_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "HOME", tmp_path)
    with pytest.raises(versions.NoHistory, match="the older version's code comes from git"):
        versions.describe("HEAD")
