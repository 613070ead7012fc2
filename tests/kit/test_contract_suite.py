"""The contract suite lets a good plugin pass and names what a bad one does, in one message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from plugins.registry import BUILT_INS
from rollcall_testkit import checks
from rollcall_testkit.checks import CHECKS, check_plugin
from tests.kit.conftest import BAD_PLUGINS, plain_environment

BAD = {
    "network": "no_network: hooks call no network|on_attendance called the network."
    " Return a FollowUp effect",
    "random": "deterministic: the same question has the same answer|"
    "on_attendance answered the same question in two ways. No random, uuid, clock or set order",
    "today": "deterministic: the same question has the same answer|"
    "on_attendance answered the same question in two ways. No random, uuid, clock or set order",
    "slow": "in_time: every answer comes in time|on_attendance took 1",
    "hangs": "in_time: every answer comes in time|on_attendance did not answer within 1 s.",
    "raises": "raises_nothing: no hook raises|"
    "on_attendance raised KeyError at bad_raises.py:13. Rollcall drops its effects",
    "dies": "raises_nothing: no hook raises|on_attendance ended the process",
    "mutates": "no_mutation: what it is handed stays as it was|"
    "on_attendance changed the values it was handed. Every plugin is handed the same values.",
    "settles": "no_mutation: what it is handed stays as it was|"
    "on_attendance changed the values it was handed. Every plugin is handed the same values.",
    "wrong_type": "right_types: answers are what the contract allows|"
    "on_attendance returned dict among its effects. Return the frozen values",
    "order": "no_order: answers do not depend on who was asked before|"
    "on_attendance answered otherwise when people were asked in reverse.",
    "leaks": "no_addresses: nobody's address is logged|"
    "on_attendance logged or printed 1 of the golden addresses.",
    "prints": "no_addresses: nobody's address is logged|"
    "on_attendance logged or printed 1 of the golden addresses.",
    "writes": "pure: hooks leave no trace outside|on_attendance wrote a file.",
    "spawns": "pure: hooks leave no trace outside|on_attendance started a program.",
    "unmarked": "loads: Rollcall loads it|it on_attendance is not marked as a hook."
    " Put @hookimpl above on_attendance.",
}


EXAMINE = """
import json, sys
from rollcall.testing import check_plugin
print(json.dumps({name: str(check_plugin(f"bad_{name}")) for name in sys.argv[1:]}))
"""


@pytest.fixture(scope="module")
def reports(unpacked: Path) -> dict[str, list[str]]:
    """What the suite of the built wheels says about each bad plugin, line by line."""
    answer = subprocess.run(
        [sys.executable, "-c", EXAMINE, *BAD],
        cwd=unpacked,
        env=plain_environment(PYTHONPATH=os.pathsep.join([str(unpacked), str(BAD_PLUGINS)])),
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    told: dict[str, str] = json.loads(answer.stdout)
    return {name: [line.strip() for line in text.splitlines()] for name, text in told.items()}


@pytest.mark.parametrize("name", BAD)
def test_B11_a_bad_plugin_fails_with_one_clear_message(
    name: str, reports: dict[str, list[str]]
) -> None:
    check, _, message = BAD[name].partition("|")
    _, *lines = reports[name]
    assert [line for line in lines if line.startswith("FAILED")] == [f"FAILED  {check}"]
    checks = {f"{check}:" for check in CHECKS}
    about = [line for line in lines if not checks & set(line.split()[:2])]
    assert len(about) == 1
    assert about[0].startswith(message)


@pytest.mark.parametrize("module", BUILT_INS)
def test_B11_the_built_in_plugins_keep_the_contract_too(module: str) -> None:
    report = check_plugin(module)
    assert report.passed, str(report)
    assert report.asked


def test_B11_a_plugin_that_cannot_even_be_imported_in_time_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "PATIENCE_SECONDS", 1.0)
    report = check_plugin("bad_import", paths=[str(BAD_PLUGINS)])
    (finding,) = report.findings
    assert (finding.check, finding.hook, finding.what) == ("in_time", "import", "never came back")


def test_B11_a_plugin_that_calls_the_network_while_it_is_imported_is_told_so() -> None:
    report = check_plugin("bad_asks_at_import", paths=[str(BAD_PLUGINS)])
    assert [str(one).partition(". ")[0] for one in report.findings] == ["import called the network"]
