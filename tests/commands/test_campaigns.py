"""What the long campaigns conclude from what they saw; they themselves are `./run chaos NAME`."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import click
import pytest

from commands.chaos import CAMPAIGNS
from commands.chaos.backlog import FLUSHES, KILLS, plan_faults
from commands.chaos.contestants import Heat
from commands.chaos.page import PAGE, save_figures, table
from commands.chaos.tokens import Round, find_broken, row_of

ONE_TOKEN = Heat(frozenset({"new"}), reconnects=0, failures=())
NOBODY = Heat(frozenset(), reconnects=49, failures=())
QUIET = Round(
    "zoom",
    was_killed=False,
    answered_dead=0,
    successes=1,
    generations=1,
    is_dead=False,
    stored="new",
    heat=ONE_TOKEN,
    seconds=1.0,
)
KILLED = replace(QUIET, was_killed=True)
DEAD = replace(KILLED, answered_dead=1, generations=0, is_dead=True, stored="old", heat=NOBODY)


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_every_campaign_can_be_called_and_has_a_place_on_the_page(name: str) -> None:
    command = importlib.import_module(CAMPAIGNS[name][0]).command
    assert isinstance(command, click.Command)
    assert f"<!-- {name} -->\n" in PAGE.read_text()


def test_figures_replace_those_that_were_there(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- door -->\nold\n<!-- end -->\n<!-- tokens -->\n<!-- end -->\n")
    save_figures("door", "./run chaos door", table(["a", "b"], [[1, "x"]]), page)
    saved = page.read_text()
    assert "old" not in saved
    assert "| a | b |\n| --- | --- |\n| 1 | x |\n<!-- end -->" in saved
    assert saved.startswith("before\n<!-- door -->\n`./run chaos door` on ")
    assert saved.endswith("<!-- tokens -->\n<!-- end -->\n")


@pytest.mark.parametrize(
    ("one", "told"),
    [
        pytest.param(QUIET, "", id="one call and one token"),
        pytest.param(KILLED, "", id="killed before it asked"),
        pytest.param(replace(KILLED, answered_dead=1), "", id="killed after it stored the token"),
        pytest.param(
            replace(KILLED, answered_dead=1, successes=2), "", id="an answer nobody stored"
        ),
        pytest.param(DEAD, "", id="a used-up token nobody stored the successor of"),
        pytest.param(
            replace(QUIET, successes=2), "2 token calls for one generation", id="asked twice"
        ),
        pytest.param(
            replace(KILLED, successes=2), "2 token calls for one", id="asked twice after a kill"
        ),
        pytest.param(replace(QUIET, generations=2), "2 new generations", id="two generations"),
        pytest.param(
            replace(QUIET, heat=replace(ONE_TOKEN, tokens=frozenset({"new", "old"}))),
            "2 different tokens were given out",
            id="an old token",
        ),
        pytest.param(
            replace(QUIET, heat=replace(ONE_TOKEN, reconnects=1)),
            "1 processes asked for a person",
            id="a grant thought dead",
        ),
        pytest.param(
            replace(DEAD, answered_dead=0), "the grant died, though no", id="a grant lost"
        ),
        pytest.param(
            replace(QUIET, heat=replace(ONE_TOKEN, failures=("no answer",))),
            "a process failed: no answer",
            id="a process that hangs",
        ),
    ],
)
def test_P9_a_token_is_renewed_once_and_a_grant_dies_only_with_its_renewer_F26_F27(
    one: Round, told: str
) -> None:
    broken = find_broken(one)
    assert len(broken) == bool(told)
    assert " ".join(broken).startswith(told)


def test_dead_grants_are_counted_by_their_cause() -> None:
    played = [QUIET, KILLED, DEAD, replace(DEAD, answered_dead=0)]
    row = row_of("sqlite", "zoom", 50, played)
    assert row == ("sqlite", "zoom", 4, 50, 3, 1, 1, 1, 1, "4")


def test_a_backlogs_faults_are_all_in_the_middle_of_the_work_and_the_same_for_a_seed() -> None:
    planned = plan_faults(3)
    assert planned == sorted(plan_faults(3))
    names = [name for _, name in planned]
    assert (names.count("kill"), names.count("flush"), names.count("restart")) == (
        KILLS,
        FLUSHES,
        1,
    )
    assert all(0 < share < 1 for share, _ in planned)
