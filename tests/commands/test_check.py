"""The check says what failed, and never mistakes silence for an all-clear."""

from __future__ import annotations

import json
import subprocess
from unittest import mock

import pytest
from click.testing import CliRunner

from commands import check
from commands.check import Step, audit
from commands.test import AT_ONCE, pytest_arguments


def audit_answering(stdout: str, status: int = 0):
    done = subprocess.CompletedProcess([], status, stdout=stdout, stderr="")
    return mock.patch.object(subprocess, "run", return_value=done)


def report(**package: object) -> str:
    return json.dumps({"dependencies": [{"name": "flask", "version": "3.1.3", **package}]})


@pytest.mark.parametrize(
    ("stdout", "status", "result", "detail"),
    [
        (report(vulns=[]), 0, "passed", "0 found"),
        (report(vulns=[{"id": "CVE-2026-1"}]), 1, "failed", "1 found"),
        (report(skip_reason="not found"), 0, "skipped", "no answer about flask"),
        ("", 1, "skipped", "the vulnerability database could not be reached"),
    ],
    ids=["clean", "vulnerable", "unknown package", "offline"],
)
def test_an_audit_is_only_what_the_database_answered(stdout, status, result, detail):
    with audit_answering(stdout, status):
        assert audit() == (result, detail)


def test_an_audit_without_end_is_skipped():
    endless = mock.patch.object(
        subprocess, "run", side_effect=subprocess.TimeoutExpired("pip-audit", 1)
    )
    with endless:
        assert audit()[0] == "skipped"


def test_every_step_runs_and_one_failure_is_the_verdict():
    steps = [
        Step("first", lambda: ("failed", "exit code 1")),
        Step("second", lambda: ("skipped", "nobody there")),
        Step("third", lambda: ("passed", "")),
    ]
    with mock.patch.object(check, "steps", return_value=steps):
        answer = CliRunner().invoke(check.command)

    assert answer.exit_code == 1
    summary = answer.output.partition("summary\n")[2].splitlines()
    assert summary == [
        "failed   first (0 s) exit code 1",
        "skipped  second (0 s) nobody there",
        "passed   third (0 s)",
    ]


def test_a_skipped_step_fails_nothing():
    with mock.patch.object(check, "steps", return_value=[Step("a", lambda: ("skipped", "why"))]):
        assert CliRunner().invoke(check.command).exit_code == 0


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ([], list(AT_ONCE)),
        (["tests/engine", "-k", "S18"], ["tests/engine", "-k", "S18"]),
    ],
    ids=["the whole suite in several processes", "what is asked for in one"],
)
def test_pytest_runs_what_is_asked_for(asked, given):
    assert pytest_arguments(asked) == given
