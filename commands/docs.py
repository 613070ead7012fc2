"""The site of the documentation, built strictly: a link that leads nowhere fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent


@click.command()
def command() -> None:
    """Build docs/ into var/site; a page or a heading that a link does not find fails.

    https://zensical.org/docs/
    """
    builder = Path(sys.executable).with_name("zensical")
    built = subprocess.run([str(builder), "build", "--strict", "--clean"], cwd=ROOT)
    if built.returncode:
        sys.exit(1)
    click.echo("open var/site/index.html")
