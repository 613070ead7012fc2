"""The figures of the campaigns in docs/reference/reliability.md."""

from __future__ import annotations

from pathlib import Path

from commands import figures
from commands.figures import REFERENCE, table

__all__ = ["PAGE", "save_figures", "table"]

PAGE = REFERENCE / "reliability.md"


def save_figures(campaign: str, made_by: str, found: str, page: Path = PAGE) -> None:
    """Put a campaign's figures in its place of the page, with the command that made them.

    Raises ValueError when the page has no place for them.
    """
    figures.save_figures(campaign, made_by, found, page)
