"""Measured figures in pages of the documentation, each in a place of its own."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def made_by(command: str) -> str:
    """The command that made figures, the day and the machine, as a line of text."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return f"`{command}` on {datetime.now(UTC):%d %B %Y}, {machine}"


def save_figures(place: str, command: str, figures: str, page: Path) -> None:
    """Put figures in their place of a page, with the command that made them.

    Raises ValueError when the page has no place for them.
    """
    pattern = re.compile(rf"(<!-- {place} -->\n).*?(<!-- end -->)", re.S)
    text, found = pattern.subn(
        lambda match: f"{match[1]}{made_by(command)}:\n\n{figures}\n{match[2]}",
        page.read_text(),
        count=1,
    )
    if not found:
        raise ValueError(f"{page.name} has no place marked <!-- {place} -->")
    page.write_text(text)
