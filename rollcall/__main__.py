"""`rollcall COMMAND`: hands over to whichever installed distribution brought the command.

A command is an entry point of group ``rollcall.commands``: a function that takes the words after
the command's name and gives the exit status. Standard library only, so that the contract alone can
say what to install.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import cast

import rollcall

GROUP = "rollcall.commands"

WHERE = {
    "plugin": "It comes with the test kit: pip install rollcall-testkit",
    "doctor": "It belongs to an installation: run ./run doctor in Rollcall's checkout.",
}
"""Where to get the commands that exist, for whoever does not have them."""

USAGE = """\
usage: rollcall COMMAND [ARGUMENTS]

  plugin      make, check and preview a plugin   (pip install rollcall-testkit)
  doctor      examine an installation            (./run doctor in Rollcall's checkout)
  --version   the version of the contract
"""

Command = Callable[[Sequence[str]], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: its own, or 2 where there is no such command."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(USAGE)
        return 0 if words else 2
    if words[0] == "--version":
        sys.stdout.write(f"rollcall {rollcall.__version__}\n")
        return 0
    found = _find(words[0])
    if found is None:
        where = WHERE.get(words[0], "rollcall --help lists the commands.")
        sys.stderr.write(f"rollcall: there is no command {words[0]} here. {where}\n")
        return 2
    return cast(Command, found.load())(words[1:])


def _find(name: str) -> metadata.EntryPoint | None:
    found = sorted(metadata.entry_points(group=GROUP, name=name), key=lambda point: point.value)
    return found[0] if found else None


if __name__ == "__main__":
    raise SystemExit(main())
