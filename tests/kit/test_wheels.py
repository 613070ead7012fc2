"""What is in the wheels, and that the contract alone can be imported with pluggy alone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import rollcall
from tests.kit.conftest import Wheels, declared, plain_environment, shelve


def modules(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    return {name for name in names if not name.endswith("/")}


def alone(wheels: Wheels, folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code where there is the contract's wheel, what it declares, and nothing else."""
    shelf = shelve(declared(wheels.contract), folder)
    paths = f"import sys; sys.path[:0] = [{str(wheels.contract)!r}, {str(shelf)!r}]\n"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", paths + code],
        cwd=folder,
        env=plain_environment(),
        capture_output=True,
        text=True,
    )


def test_the_contracts_wheel_holds_the_contract_and_nothing_else(wheels: Wheels) -> None:
    held = modules(wheels.contract)
    assert {name.partition("/")[0] for name in held} == {"rollcall"}
    assert {"rollcall/__init__.py", "rollcall/py.typed", "rollcall/testing.py"} <= held


def test_the_contract_asks_for_pluggy_and_for_marshmallow_where_there_are_settings(
    wheels: Wheels,
) -> None:
    assert [one.partition("<")[0] for one in declared(wheels.contract)] == ["pluggy"]
    assert "marshmallow" in " ".join(declared(wheels.contract, "settings"))
    assert f"rollcall-{rollcall.__version__}-" in wheels.contract.name


def test_a_plugin_without_settings_needs_no_marshmallow(wheels: Wheels, tmp_path: Path) -> None:
    code = """
import pkgutil, importlib, rollcall
for found in pkgutil.walk_packages(rollcall.__path__, "rollcall."):
    if found.name not in ("rollcall.testing", "rollcall.__main__"):
        importlib.import_module(found.name)
from rollcall.conformance.validation import describe, manage
class Plugin:
    @rollcall.hookimpl
    def describe_plugin(self):
        return rollcall.PluginDescription(name="small", title="Small", version="1.0.0")
    @rollcall.hookimpl
    def on_attendance(self, attendance):
        return [rollcall.PropertyUpdate("seen", "yes")]
print(describe(manage(Plugin())).title, "marshmallow" in sys.modules)
"""
    answer = alone(wheels, tmp_path, code)
    assert answer.stdout.split() == ["Small", "False"], answer.stderr


def test_without_the_test_kit_the_contract_says_how_to_get_it(
    wheels: Wheels, tmp_path: Path
) -> None:
    answer = alone(wheels, tmp_path, "import rollcall.testing")
    assert answer.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: rollcall.testing is the door to the test kit:"
        " pip install rollcall-testkit"
    )


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--version"], 0, f"rollcall {rollcall.__version__}"),
        (["plugin", "new", "x"], 2, "pip install rollcall-testkit"),
        (["doctor"], 2, "./run doctor"),
        (["frobnicate"], 2, "rollcall --help lists the commands"),
        (["--help"], 0, "usage: rollcall COMMAND"),
    ],
    ids=["version", "plugin", "doctor", "unknown", "help"],
)
def test_the_contracts_command_says_what_to_install(
    words: list[str], status: int, said: str, wheels: Wheels, tmp_path: Path
) -> None:
    code = f"from rollcall.__main__ import main; sys.exit(main({words!r}))"
    answer = alone(wheels, tmp_path, code)
    assert answer.returncode == status, answer.stderr
    assert said in answer.stdout + answer.stderr


def test_B11_the_test_kits_wheel_brings_simulator_and_template_under_its_own_name(
    wheels: Wheels,
) -> None:
    held = modules(wheels.testkit)
    assert {name.partition("/")[0] for name in held} == {"rollcall_testkit"}
    assert "rollcall_testkit/simulated/simulator/scenes/week.py" in held
    assert "rollcall_testkit/simulated/simulator/templates/home.html" in held
    assert "rollcall_testkit/template/project/pyproject.toml.jinja" in held
    assert "rollcall_testkit/py.typed" in held
