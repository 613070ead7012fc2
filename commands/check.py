"""What CI runs, step by step, all of them even when one fails."""

from __future__ import annotations

import configparser
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from commands.rules import check_table
from commands.test import pytest_arguments

ROOT = Path(__file__).resolve().parent.parent
AUDIT_SECONDS = 120

Result = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Step:
    """One check: its name in the summary and what runs it."""

    name: str
    run: Callable[[], tuple[Result, str]]


def rooms() -> list[str]:
    """The packages at the top of the repository, as the import contracts list them."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    return settings["importlinter"]["root_packages"].split()


def steps(asked_of_pytest: Sequence[str]) -> list[Step]:
    """Every check in the order they run: the quick ones first."""
    modules = [path.name for path in sorted(ROOT.glob("*.py"))]
    scripts = Path(sys.executable).parent
    bandit = ["bandit", "--quiet", "--recursive", "--severity-level", "medium"]
    return [
        Step("format", _tool("ruff", "format", "--check", ".")),
        Step("lint", _tool("ruff", "check", ".")),
        Step("types", _tool("mypy")),
        Step("imports", _command(str(scripts / "lint-imports"), "--config", "setup.cfg")),
        Step("security", _tool(*bandit, *modules, *(set(rooms()) - {"simulator"}))),
        Step("known vulnerabilities", audit),
        Step("rules", rules),
        Step("tests", _tool("pytest", *pytest_arguments(asked_of_pytest))),
        Step("benchmark", _tool("commands", "bench", "--small")),
    ]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Format, lint, types, imports, security, rules, the tests, the small benchmark; a summary."""
    lines: list[str] = []
    failed = False
    for step in steps(arguments):
        click.secho(f"\n── {step.name}", bold=True)
        began = time.monotonic()
        result, detail = step.run()
        failed = failed or result == "failed"
        lines.append(f"{result:8} {step.name} ({time.monotonic() - began:.0f} s) {detail}".rstrip())
    click.secho("\n── summary", bold=True)
    click.echo("\n".join(lines))
    sys.exit(1 if failed else 0)


def audit() -> tuple[Result, str]:
    """Known vulnerabilities in the locked requirements, or why nobody could be asked.

    pip-audit ends with the same status for "vulnerable" and for "offline"; only a complete report
    on its output is an answer.
    """
    locks = [f"--requirement={lock}" for lock in sorted(ROOT.glob("requirements/*.txt"))]
    asked = [*locks, "--no-deps", "--disable-pip", "--vulnerability-service=osv", "--format=json"]
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--timeout=10", *asked],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=AUDIT_SECONDS,
        )
        packages = json.loads(answer.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return _skip_audit("the vulnerability database could not be reached")
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if unknown:
        return _skip_audit(f"no answer about {', '.join(unknown)}")
    found = [
        f"{package['name']} {package['version']}: {vulnerability['id']}"
        for package in packages
        for vulnerability in package["vulns"]
    ]
    click.echo("\n".join(found) or f"{len(packages)} packages, none with a known vulnerability")
    return ("failed" if found else "passed"), f"{len(found)} found"


def _skip_audit(reason: str) -> tuple[Result, str]:
    click.echo(reason)
    return "skipped", reason


def rules() -> tuple[Result, str]:
    """Whether every rule that is built has a test, and the table of them is up to date."""
    try:
        wrong = check_table()
    except RuntimeError as error:
        wrong = [str(error)]
    click.echo("\n".join(wrong) or "every rule that is built has a test")
    return ("failed" if wrong else "passed"), "; ".join(line.splitlines()[0] for line in wrong)


def _tool(module: str, *arguments: str) -> Callable[[], tuple[Result, str]]:
    return _command(sys.executable, "-m", module, *arguments)


def _command(*words: str) -> Callable[[], tuple[Result, str]]:
    def run() -> tuple[Result, str]:
        sys.stdout.flush()
        status = subprocess.run(words, cwd=ROOT).returncode
        return ("failed" if status else "passed"), f"exit code {status}" if status else ""

    return run
