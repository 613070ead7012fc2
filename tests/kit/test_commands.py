"""`rollcall plugin …`: what it refuses, and how it finds the plugin of the folder it runs in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rollcall_testkit import commands
from rollcall_testkit.template import answers_for, template_folder
from tests.kit.conftest import BAD_PLUGINS, ROOT, plain_environment


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that commands run in; the module path is as before afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


@pytest.mark.parametrize(
    "name", ["Bad_Name", "9lives", "class", "ends-", "x" * 41, "../up"], ids=repr
)
def test_a_name_that_cannot_be_a_plugins_is_refused(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["new", name]) == 1
    assert "is no name for a plugin: use a-z, 0-9 and -" in capsys.readouterr().err
    assert not list(here.iterdir())


def test_nothing_is_written_over(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "notes.txt").write_text("kept")
    assert commands.main(["new", "mine"]) == 1
    assert "mine is not empty: nothing was written" in capsys.readouterr().err
    assert [path.name for path in (here / "mine").iterdir()] == ["notes.txt"]


def test_what_is_made_names_the_plugin_and_leaves_nothing_to_fill_in(here: Path) -> None:
    assert commands.main(["new", "gold-stars", "--into", "elsewhere"]) == 0
    made = {str(path.relative_to(here)): path for path in here.rglob("*") if path.is_file()}
    assert "elsewhere/src/gold_stars/__init__.py" in made
    assert "elsewhere/tests/test_gold_stars.py" in made
    assert not [name for name, path in made.items() if "{{" in name + path.read_text()]


def test_what_is_made_is_formatted_linted_and_typed(here: Path) -> None:
    commands.main(["new", "gold-stars"])
    ruff = [sys.executable, "-m", "ruff"]
    paths = os.pathsep.join([str(here / "gold-stars/src"), str(ROOT), str(ROOT / "kit/testkit")])
    for command in (
        [*ruff, "format", "--isolated", "--line-length=100", "--check", "."],
        [*ruff, "check", "--isolated", "--line-length=100", "--select=E,F,I,UP,B,RUF", "."],
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "src"],
    ):
        answer = subprocess.run(
            command,
            cwd=here / "gold-stars",
            env=plain_environment(MYPYPATH=paths),
            capture_output=True,
            text=True,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_template_is_one_of_copiers_with_the_same_questions() -> None:
    asked = yaml.safe_load((template_folder() / "copier.yml").read_text())
    questions = {name for name in asked if not name.startswith("_")}
    assert questions == answers_for("loyalty-points").keys()
    assert (template_folder() / asked["_subdirectory"]).is_dir()
    assert asked["_templates_suffix"] == ".jinja"


@pytest.mark.parametrize(
    ("project", "said"),
    [
        (None, "there is no pyproject.toml here: name the plugin's module"),
        ("[project]\nname = 'x'\n", "declares 0 entry points of group rollcall"),
        ("[project.entry-points.rollcall]\na = 'a'\nb = 'b'\n", "declares 2 entry points"),
    ],
    ids=["no-project", "no-plugin", "two-plugins"],
)
def test_a_folder_that_names_no_plugin_says_so(
    project: str | None, said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if project is not None:
        (here / "pyproject.toml").write_text(project)
    assert commands.main(["preview"]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("settings", ["{", "[]"])
def test_settings_that_are_no_object_are_refused(
    settings: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["check", "--settings", settings]) == 2
    assert "is no JSON" in capsys.readouterr().err


def test_a_check_that_fails_ends_with_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(BAD_PLUGINS)
    assert commands.main(["check", "bad_unmarked"]) == 1
    assert "FAILED  loads: Rollcall loads it" in capsys.readouterr().out
