"""Both simulated platforms on SIMULATOR_BIND."""

from __future__ import annotations

import sys

import click

from simulator.__main__ import main


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Serve HubSpot and Zoom as far as Rollcall can see them, until interrupted."""
    sys.exit(main(list(arguments)))
