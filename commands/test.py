"""The whole test suite, or what is asked for of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

PROCESSES = min((os.cpu_count() or 1) + 2, 6)
"""Two more than there are cores: much of the suite waits. Each has servers of its own."""
AT_ONCE = (f"--numprocesses={PROCESSES}", "--dist=worksteal")


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run pytest with these arguments. Skipped tests are listed with their reasons at the end."""
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *pytest_arguments(arguments)])


def pytest_arguments(given: Sequence[str]) -> list[str]:
    """What pytest is given: the whole suite, nothing in particular asked, is spread."""
    return list(given) or list(AT_ONCE)
