"""A page to be shown instead of the one asked for; the console gives it its looks."""

from __future__ import annotations


class Notice(Exception):
    """What happened, and the way on: ``link_text`` leads to the path ``link``."""

    def __init__(
        self,
        title: str,
        text: str,
        *,
        status: int = 400,
        link: str = "/",
        link_text: str = "Back to Rollcall",
    ) -> None:
        super().__init__(title)
        self.title, self.text, self.status = title, text, status
        self.link, self.link_text = link, link_text
