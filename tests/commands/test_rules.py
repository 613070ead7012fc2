"""The table of rules: which tests carry a number, and what of it is missing or stale."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from commands import check, faults, rules
from commands.faults import FAULTS, faults_of, find_uncovered, group_by_fault
from commands.rules import RULES, check_table, find_gaps, group_by_rule, render, rules_of


@pytest.mark.parametrize(
    ("test_id", "named"),
    [
        pytest.param("t/a.py::test_S7_is_spelled_short", ["S07"], id="S without its nought"),
        pytest.param("t/a.py::test_B08_is_spelled_long", ["B8"], id="B with a nought"),
        pytest.param("t/a.py::test_x[S18-B01 somebody]", ["S18", "B1"], id="in the parameters"),
        pytest.param("t/a.py::test_S25_3_a_cause_of_S25", ["S25"], id="twice"),
        pytest.param("t/S18.py::test_x", [], id="in the file's name"),
        pytest.param("t/a.py::test_S99_MAPS18_S180", [], id="no rule's number"),
        pytest.param("t/a.py::test_x[/api/%C2%B2]", [], id="a quoted URL"),
    ],
)
def test_a_test_names_its_rules(test_id: str, named: list[str]) -> None:
    assert rules_of(test_id) == named


def test_a_function_stands_once_however_many_cases_carry_the_number() -> None:
    found = group_by_rule(["a.py::test_x[S18 one]", "a.py::test_x[S18 two]"])
    assert found["S18"] == ["a.py::test_x"]


def collected(*but: str) -> list[str]:
    """A test for every rule that is built and every fault that is met, except these."""
    missing = rules.NOT_YET | faults.NOT_YET | set(but)
    return [f"a.py::test_{name}" for name in (*RULES, *FAULTS) if name not in missing]


@pytest.mark.parametrize(
    ("test_id", "named"),
    [
        pytest.param("t/a.py::test_x_F05_to_F07", ["F05", "F06", "F07"], id="from one to another"),
        pytest.param("t/a.py::test_x[F11b-sqlite]", ["F11b"], id="with a letter"),
        pytest.param("t/a.py::test_F26_F27_x", ["F26", "F27"], id="two"),
        pytest.param("t/a.py::test_x[%F12]", [], id="a quoted URL"),
        pytest.param("t/F12.py::test_UTF16_F99", [], id="no fault's number"),
    ],
)
def test_a_test_names_its_faults(test_id: str, named: list[str]) -> None:
    assert faults_of(test_id) == named


def test_a_fault_needs_a_test_or_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "NOT_YET", frozenset({"F20"}))
    assert find_uncovered(group_by_fault(collected())) == []
    assert find_uncovered(group_by_fault(collected("F25", "F47"))) == [
        "no test and no reason for F25"
    ]
    (gap,) = find_uncovered(group_by_fault([*collected(), "a.py::test_F20"]))
    assert "F20" in gap


def test_a_built_rule_without_a_test_is_a_gap_and_one_not_built_is_none() -> None:
    assert find_gaps(group_by_rule(collected())) == []
    assert find_gaps(group_by_rule(collected("S18", "B2"))) == ["no test carries S18, B2"]


def test_a_rule_that_is_said_not_to_be_built_and_has_a_test_is_a_gap() -> None:
    name = min(rules.NOT_YET)
    (gap,) = find_gaps(group_by_rule([*collected(), f"a.py::test_{name}"]))
    assert name in gap


class TestTable:
    """The page and what is checked of it, for tests somebody else collected."""

    @pytest.fixture(autouse=True)
    def table(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A page that is up to date."""
        path = tmp_path / "rules.md"
        path.write_text(render(group_by_rule(collected())))
        monkeypatch.setattr(rules, "TABLE", path)
        monkeypatch.setattr(faults, "TABLE", tmp_path / "faults.md")
        faults.TABLE.write_text(faults.render(group_by_fault(collected())))
        monkeypatch.setattr(rules, "collect_tests", collected)
        return path

    def test_a_page_that_is_up_to_date_passes(self) -> None:
        assert check_table() == []
        assert check.rules() == ("passed", "")

    @pytest.mark.parametrize("is_there", [True, False], ids=["changed", "absent"])
    def test_a_stale_page_fails_and_names_what_remakes_it(
        self, table: Path, is_there: bool
    ) -> None:
        if is_there:
            table.write_text("# The rules\n")
        else:
            table.unlink()
        assert check.rules() == ("failed", "rules.md is stale: `./run rules` remakes it")
        assert not is_there or table.read_text() == "# The rules\n"
        assert CliRunner().invoke(rules.command).exit_code == 0
        assert check.rules() == ("passed", "")

    def test_a_gap_fails_and_is_written_down(
        self, table: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rules, "collect_tests", lambda: collected("S18"))
        answer = CliRunner().invoke(rules.command)
        assert answer.exit_code == 1
        assert "no test carries S18" in answer.output
        assert "| S18 | HubSpot users never become contacts | **none** |" in table.read_text()
        assert check.rules() == ("failed", "no test carries S18")

    def test_tests_that_cannot_be_collected_fail(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> list[str]:
            raise RuntimeError("the tests cannot be collected:\nSyntaxError")

        monkeypatch.setattr(rules, "collect_tests", refuse)
        assert check.rules() == ("failed", "the tests cannot be collected:")
