"""The figures of the campaigns in docs/reference/reliability.md, each in a place of its own."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "reliability.md"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def save_figures(campaign: str, made_by: str, figures: str, page: Path = PAGE) -> None:
    """Put a campaign's figures in its place of the page, with the command that made them.

    Raises ValueError when the page has no place for them.
    """
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    made = f"`{made_by}` on {datetime.now(UTC):%d %B %Y}, {machine}:"
    place = re.compile(rf"(<!-- {campaign} -->\n).*?(<!-- end -->)", re.S)
    text, found = place.subn(
        lambda match: f"{match[1]}{made}\n\n{figures}\n{match[2]}", page.read_text(), count=1
    )
    if not found:
        raise ValueError(f"{page.name} has no place marked <!-- {campaign} -->")
    page.write_text(text)
