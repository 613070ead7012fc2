"""Whether a run holds, as people, programs and the chart see it."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from bench.chart import SCALE, draw, used
from bench.ratio import Ratio
from bench.report import Group, Row, as_json, failed, lines_of, rows_of, shown

CALLS = Ratio("calls", 105, "fewest", 100, "calls", target=1.05, is_count=True)
SECONDS = Ratio("seconds", 20, "limit", 10, "s", target=1.6)
WEBHOOKS = Ratio("webhooks", 30, "bare", 100, "a second", is_better_low=False, target=0.4)
UNJUDGED = Ratio("all <calls>", 3, "ours", 2, "calls")
NONE_TWICE = Ratio("twice", 0, "people", 9, "", target=0.0, is_count=True)
ONCE_TWICE = Ratio("twice", 1, "people", 9, "", target=0.0, is_count=True)
ALL = [CALLS, SECONDS, WEBHOOKS, UNJUDGED, NONE_TWICE]


@pytest.mark.parametrize(
    ("ratio", "foreign", "verdict"),
    [
        pytest.param(CALLS, 0.0, "PASS", id="holds"),
        pytest.param(SECONDS, 0.0, "FAIL", id="missed"),
        pytest.param(SECONDS, 0.16, "FAIL, noisy", id="missed on a busy machine"),
        pytest.param(UNJUDGED, 0.16, "noisy", id="nothing promised"),
        pytest.param(ONCE_TWICE, 2.0, "FAIL", id="a count on a busy machine"),
        pytest.param(UNJUDGED, 0.15, "", id="barely quiet"),
    ],
)
def test_a_row_says_whether_it_holds(ratio: Ratio, foreign: float, verdict: str) -> None:
    (row,) = rows_of([Group("sync", [ratio], foreign)])
    assert row.verdict == verdict


def test_a_busy_machine_excuses_seconds_and_never_counts() -> None:
    busy = [Group("sync", [SECONDS, ONCE_TWICE], 1.0)]
    assert failed(busy) == ["twice"]


def test_what_could_not_be_measured_failed() -> None:
    stuck = Group("faults", [], 0.0, stopped="waited 600 s for the sync")
    assert failed([stuck, Group("sync", [CALLS], 0.0)]) == ["faults"]
    first, second = lines_of([stuck, Group("sync", [CALLS], 0.0)])
    assert first[0] == "faults: could not be measured"
    assert second[0] == "calls"


def test_a_row_names_its_target_and_which_side_of_it_is_meant() -> None:
    assert Row(CALLS, False).cells()[3:5] == ("1.05", "≤ 1.05")
    assert Row(WEBHOOKS, False).cells()[3:5] == ("0.30", "≥ 0.4")
    assert Row(UNJUDGED, False).target == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (119.2, "119"), (1.049, "1.05"), (0.0, "0"), (0.00123, "0.00123")],
)
def test_a_ratio_has_as_many_digits_as_it_deserves(value: float | None, text: str) -> None:
    assert shown(value) == text


def test_a_program_reads_ratios_verdicts_and_noise() -> None:
    run = as_json("full", [Group("sync", ALL, 0.2)], datetime(2026, 3, 1, tzinfo=UTC), 12.34)
    (group,) = run["groups"]
    assert (run["scale"], run["at"], run["seconds"]) == ("full", "2026-03-01T00:00:00+00:00", 12.3)
    assert group["foreign_cores"] == 0.2
    assert group["rows"][1]["ratio"] == 2.0
    assert [row["verdict"] for row in group["rows"]] == [
        "PASS",
        "FAIL, noisy",
        "FAIL, noisy",
        "noisy",
        "PASS",
    ]


@pytest.mark.parametrize(
    ("ratio", "part"),
    [
        pytest.param(CALLS, 1.0, id="all of it"),
        pytest.param(SECONDS, 1.25, id="too much"),
        pytest.param(WEBHOOKS, 0.4 / 0.3, id="too few"),
        pytest.param(NONE_TWICE, 0.0, id="none, and none allowed"),
        pytest.param(ONCE_TWICE, SCALE, id="one, and none allowed"),
    ],
)
def test_a_bar_is_as_long_as_what_is_used_of_the_target(ratio: Ratio, part: float) -> None:
    assert used(ratio) == pytest.approx(part)


def test_the_chart_can_be_read_aloud_and_leaves_out_what_has_no_target() -> None:
    svg = ElementTree.fromstring(draw(ALL, "made with <care>"))
    names = {"svg": "http://www.w3.org/2000/svg"}
    assert svg.get("role") == "img"
    assert svg.findtext("svg:title", namespaces=names) == (
        "2 of 4 targets of the benchmark are met"
    )
    told = svg.findtext("svg:desc", namespaces=names)
    assert told is not None
    assert told.startswith("made with <care>. calls: 1.05, target ≤ 1.05; seconds: 2.00")
    assert "all <calls>" not in told
    bars = [bar for bar in svg.findall("svg:rect", names) if bar.get("class") in ("holds", "fails")]
    assert [bar.get("class") for bar in bars] == ["holds", "fails", "fails", "holds"]
