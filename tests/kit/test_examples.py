"""The example plugins: their own tests pass, and they are found as installed ones are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from commands.examples import HOME, lay_out
from tests.kit.conftest import ROOT, plain_environment

EXAMPLES = sorted(path.name for path in HOME.iterdir() if (path / "pyproject.toml").is_file())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, id=f"B16 {name}" if name == "rollcall-engagement" else name)
        for name in EXAMPLES
    ],
)
def test_an_examples_own_tests_pass(name: str) -> None:
    options = ["-q", "-p", "no:valkey", "-p", "no:cacheprovider", "-p", "no:randomly"]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "rollcall_testkit.pytest_plugin"],
        cwd=HOME / name,
        env=plain_environment(
            PYTHONPATH=f"{ROOT}:{ROOT / 'kit/testkit'}", PYTHONDONTWRITEBYTECODE="1"
        ),
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_examples_are_loaded_by_entry_point(tmp_path: Path) -> None:
    lay_out(tmp_path, *EXAMPLES)
    code = (
        "from plugins.registry import load_plugins\n"
        "found = load_plugins()\n"
        "print([plugin.name for plugin in found.plugins][7:], found.problems)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=plain_environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "['engagement', 'slack'] ()"
