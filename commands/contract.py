"""Makes what is told about the contract anew: the hook reference and the stored surface."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import rollcall
from commands.contract_page import render
from commands.contract_surface import (
    change_between,
    find_changelog_line,
    is_raised_enough,
    surface,
)

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/hooks.md"
STORED = ROOT / "docs/reference/contract-surface.txt"
CHANGELOG = ROOT / "CHANGELOG.md"


@click.command()
def command() -> None:
    """Write docs/reference/hooks.md and the stored surface; refused without version and line."""
    if wrong := find_faults(is_about_to_store=True):
        click.echo("\n".join(wrong))
        sys.exit(1)
    PAGE.write_text(render(), encoding="utf-8")
    STORED.write_text(stored_form(), encoding="utf-8")
    click.echo(f"contract {rollcall.__version__}: {len(surface())} promises")


def stored_form() -> str:
    """The surface as it is stored: the version, then a promise a line."""
    return "\n".join([f"contract {rollcall.__version__}", *surface()]) + "\n"


def find_faults(*, is_about_to_store: bool = False) -> list[str]:
    """What of the contract changed without its version, its changelog line or its pages."""
    text = STORED.read_text(encoding="utf-8") if STORED.exists() else "contract 0.0.0\n"
    first, *before = text.splitlines()
    faults = judge(
        (first.removeprefix("contract "), before),
        (rollcall.__version__, surface()),
        CHANGELOG.read_text(encoding="utf-8"),
    )
    if not is_about_to_store and not faults:
        pages = {PAGE: render(), STORED: stored_form()}
        faults += [
            f"{path.relative_to(ROOT)} is not what the code says: ./run contract"
            for path, wanted in pages.items()
            if not path.exists() or path.read_text(encoding="utf-8") != wanted
        ]
    return faults


def judge(before: tuple[str, list[str]], after: tuple[str, list[str]], changelog: str) -> list[str]:
    """What is missing for a surface to become another; versions and lines of both."""
    (old, promised), (new, promises) = before, after
    change = change_between(promised, promises)
    faults = []
    if not is_raised_enough(old, new, change):
        number = {"major": "first", "minor": "second"}.get(change, "last")
        told = [f"- {line}" for line in sorted(set(promised) - set(promises))]
        told += [f"+ {line}" for line in sorted(set(promises) - set(promised))]
        faults.append(
            f"the contract changed and its version did not: raise the {number} number of"
            f" rollcall.__version__ ({old}), then ./run contract\n" + "\n".join(told)
        )
    if find_changelog_line(changelog, new) is None:
        faults.append(f"CHANGELOG.md has no line `Contract {new}: …` that says what changed")
    return faults
