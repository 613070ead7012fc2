"""`./run bench`: what it prints, what it ends with, and what it writes into the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.ratio import Ratio, amount
from bench.report import Group
from bench.subjects import FULL, SMALL, Subject, subjects_of
from commands import bench
from commands.trial import TrialFailed

GOOD = Ratio("calls", 39, "fewest possible", 38, "calls", target=1.05, is_count=True)
BAD = Ratio("duplicates", 1, "people", 38, "", target=0.0, is_count=True)
SECOND = Ratio("writes", 0, "the first", 34, "calls", target=0.0, is_count=True)
SLOW = Ratio("seconds", 20, "the limit", 10, "s", target=1.6)


def test_a_line_names_both_sides_and_which_way_is_better() -> None:
    assert GOOD.cells() == (
        "calls",
        "39 calls",
        "fewest possible: 38 calls",
        "1.03 (lower is better)",
    )


def test_nothing_to_divide_by_is_no_ratio() -> None:
    assert Ratio("memory", 3, "of fewer", 0, "MiB").cells()[3] == "– (lower is better)"


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1234.4, "1,234 s"), (12.34, "12.3 s"), (7.0, "7 s")],
    ids=["whole from 100 on", "a digit below", "a count"],
)
def test_numbers_are_as_exact_as_they_deserve(number: float, shown: str) -> None:
    assert amount(number, "s") == shown


def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *ratios: Ratio, asked: str = "--small"
) -> Result:
    """The command with one subject that measures these, in a folder of its own."""
    monkeypatch.setattr(bench, "HOME", tmp_path)
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "var" / "bench")
    subjects = [Subject("sync", lambda: list(ratios), has_counts=True)]
    monkeypatch.setattr(bench, "subjects_of", lambda scale: subjects)
    return CliRunner().invoke(bench.command, asked.split())


def test_a_run_prints_its_rows_and_keeps_them_for_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = run(monkeypatch, tmp_path, GOOD)
    assert answer.exit_code == 0
    (line,) = (line for line in answer.output.splitlines() if line.startswith("calls "))
    assert "fewest possible: 38 calls" in line
    assert line.rstrip().endswith("PASS")
    (kept,) = (tmp_path / "var" / "bench").glob("*-small.json")
    assert json.loads(kept.read_text())["groups"][0]["rows"][0]["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("ratio", "asked", "status"),
    [
        pytest.param(BAD, "--small", 1, id="a count"),
        pytest.param(SLOW, "--small", 0, id="seconds, where only counts are measured"),
        pytest.param(BAD, "--full", 1, id="a count of the full run"),
    ],
)
def test_a_missed_target_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ratio: Ratio, asked: str, status: int
) -> None:
    assert run(monkeypatch, tmp_path, ratio, asked=asked).exit_code == status


def test_the_small_run_shows_counts_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answer = run(monkeypatch, tmp_path, GOOD, SLOW)
    assert "calls" in answer.stdout
    assert "the limit" not in answer.stdout


def test_a_subject_that_gets_stuck_says_where_and_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail() -> Iterator[Ratio]:
        yield SECOND
        raise TrialFailed("waited 600 s for the sync\nits last words")

    monkeypatch.setattr(bench, "HOME", tmp_path)
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "var" / "bench")
    subjects = [Subject("faults", fail), Subject("live", lambda: [GOOD])]
    monkeypatch.setattr(bench, "subjects_of", lambda scale: subjects)
    answer = CliRunner().invoke(bench.command, ["--small"])
    assert answer.exit_code == 1
    assert "its last words" in answer.stderr
    before, stuck, after = answer.stdout.splitlines()[1:4]
    assert before.startswith("writes")
    assert stuck.startswith("faults: could not be measured")
    assert "waited 600 s for the sync" in stuck
    assert after.rstrip().endswith("PASS")


@pytest.mark.parametrize("measured_before", [True, False])
def test_a_part_is_saved_with_the_rest_as_it_was_measured_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, measured_before: bool
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- bench -->\nold\n<!-- end -->\n")
    monkeypatch.setattr(bench, "HOME", tmp_path)
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "bench")
    monkeypatch.setattr(bench, "PAGE", page)
    monkeypatch.setattr(bench, "CHART", tmp_path / "chart.svg")
    subjects = [Subject("sync", lambda: [GOOD]), Subject("live", lambda: [SECOND])]
    monkeypatch.setattr(bench, "subjects_of", lambda scale: subjects)
    if measured_before:
        CliRunner().invoke(bench.command, ["--full", "--only", "live"])
    answer = CliRunner().invoke(bench.command, ["--full", "--only", "sync", "--save"])
    assert ("measure these too: live" in answer.output) is not measured_before
    saved = page.read_text()
    assert ("| calls |" in saved and "| writes |" in saved) is measured_before
    assert ("--only SUBJECT, one after the other" in saved) is measured_before


def test_a_subject_nobody_knows_is_refused_with_those_there_are() -> None:
    answer = CliRunner().invoke(bench.command, ["--small", "--only", "moon"])
    assert answer.exit_code == 2
    assert "sync, events, faults, live" in answer.output


def test_the_check_measures_only_what_the_machine_does_not_change() -> None:
    assert all(subject.has_counts for subject in subjects_of(SMALL))
    assert {one.name for one in subjects_of(SMALL)} < {one.name for one in subjects_of(FULL)}


def test_saved_figures_replace_the_table_and_the_chart(tmp_path: Path) -> None:
    page, chart = tmp_path / "page.md", tmp_path / "chart.svg"
    page.write_text("before\n<!-- bench -->\nold\n<!-- end -->\nafter\n")
    bench.save_page([Group("sync", [GOOD], 0.0)], "./run bench --full --save", page, chart)
    saved = page.read_text()
    assert "old" not in saved
    assert saved.startswith("before\n<!-- bench -->\n`./run bench --full --save` on ")
    assert "| calls | 39 calls | fewest possible: 38 calls | 1.03 | ≤ 1.05 | PASS |" in saved
    assert saved.endswith("<!-- end -->\nafter\n")
    assert "1 of 1 targets of the benchmark are met" in chart.read_text()


def test_the_page_has_a_place_for_the_figures_and_shows_the_chart() -> None:
    text = bench.PAGE.read_text()
    assert "<!-- bench -->\n" in text
    assert f"]({bench.CHART.name})" in text
