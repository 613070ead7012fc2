"""The whole test suite."""

from __future__ import annotations

import os
import sys

import click


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run pytest with these arguments. Skipped tests are listed with their reasons at the end."""
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])
