"""The tutorial's commands, as they stand there, in an empty folder with the built wheels."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.conftest import ROOT, Wheels, declared, plain_environment, shelve

TUTORIAL = ROOT / "docs/tutorial/write-a-plugin.md"
WORDS_A_MINUTE = 150


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str


def blocks() -> list[Block]:
    found = re.findall(r"^```(\w+)\n(.*?)^```", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)
    return [Block(language, text) for language, text in found]


@pytest.fixture
def reader(wheels: Wheels, tmp_path: Path) -> Path:
    """A reader's home: an empty folder, and Rollcall's checkout set up as `./run` leaves it."""
    (tmp_path / "shelf").mkdir()
    asked = [*declared(wheels.testkit), *declared(wheels.contract, "settings"), "setuptools"]
    shelve(asked, tmp_path / "shelf")
    launcher = tmp_path / "rollcall" / "run"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m commands "$@"\n')
    launcher.chmod(0o755)
    (tmp_path / "work").mkdir()
    return tmp_path


def script(reader: Path) -> str:
    """The tutorial as one script; pip finds the wheels in a folder instead of an index."""
    commands = [block.text for block in blocks() if block.language == "sh"]
    # Before what venv itself brought: Python 3.11 comes with a setuptools of its own.
    shelf = (
        "for site in plugin-env/lib/python3*/site-packages; do\n"
        f"""echo 'import sys; sys.path.insert(0, "{reader}/shelf")' >"$site/shelf.pth"\ndone\n"""
    )
    commands[0] = commands[0].replace("plugin-env\n", f"plugin-env\n{shelf}", 1)
    return "set -eu\n" + "\necho '== next'\n".join(commands)


@pytest.mark.slow
def test_B11_whoever_follows_the_tutorial_sees_their_plugin_at_work(
    wheels: Wheels, reader: Path
) -> None:
    told = subprocess.run(
        ["sh", "-c", script(reader)],
        cwd=reader / "work",
        env=plain_environment(
            HOME=str(reader),
            PIP_NO_INDEX="1",
            PIP_FIND_LINKS=str(wheels.folder),
            PIP_NO_BUILD_ISOLATION="0",
            PIP_DISABLE_PIP_VERSION_CHECK="1",
            PIP_QUIET="1",
        ),
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    installed, made, tests, looked_at, at_work = told.stdout.split("== next\n")
    assert not installed.strip()
    assert "loyalty-points is made" in made
    assert re.search(r"\d+ passed", tests) and "failed" not in tests
    assert "passed  no_network" in looked_at and "FAILED" not in looked_at
    assert "property loyalty_points_level = 'engaged'" in looked_at
    (shown,) = [block.text for block in blocks() if block.language == "text"]
    assert at_work == shown


def test_the_tutorial_is_read_in_under_ten_minutes() -> None:
    assert len(TUTORIAL.read_text().split()) < 10 * WORDS_A_MINUTE / 2
