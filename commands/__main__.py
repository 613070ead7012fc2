"""`python -m commands <name>`: what `./run` starts once the virtual environment is right."""

from __future__ import annotations

import importlib
import logging
import sys

import click

from commands.embedded import NoServer
from config import ConfigError

# Name → module with a click command called `command`, and its line in the help. Modules are
# imported only when their command is called, so that help and small commands start at once.
COMMANDS = {
    "demo": ("commands.demo", "A simulated HubSpot and Zoom, and a webinar played through."),
    "test": ("commands.test", "The whole test suite; arguments go to pytest."),
    "check": (
        "commands.check",
        "Everything CI runs: style, types, contracts, security, tests.",
    ),
    "rules": ("commands.rules", "Make the table of the rules and their tests anew."),
    "contract": ("commands.contract", "Make the hook reference and the stored contract anew."),
    "docs": ("commands.docs", "The site of the documentation, into var/site."),
    "serve": ("commands.serve", "Web, workers and scheduler in the foreground."),
    "web": ("commands.web", "The web processes alone."),
    "worker": ("commands.workers", "The worker processes alone."),
    "scheduler": ("commands.scheduler", "The scheduler alone."),
    "migrate": ("commands.migrate", "Bring the database to this version's tables."),
    "doctor": ("commands.doctor", "Is this installation well, and if not, how to mend it."),
    "simulator": ("commands.simulator", "Both simulated platforms."),
    "try": ("commands.try_plugin", "A plugin at work, in a trial Rollcall of its own."),
    "bench": ("commands.bench", "The benchmark: a table of ratios."),
    "chaos": ("commands.chaos", "The fault campaign: syncs under faults, seed by seed."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]}.command is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Rollcall keeps HubSpot true to what happened in Zoom webinars."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("rollcall").setLevel(logging.INFO)


if __name__ == "__main__":
    try:
        main(prog_name="./run")
    except (ConfigError, NoServer) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
