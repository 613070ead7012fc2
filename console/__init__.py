"""The console: server-rendered pages that show and do what the JSON API shows and does."""

from __future__ import annotations

from flask import Flask

from console import backfills, health, home, pages, preview, replay, runs, unmatched, webinars
from oauth.access import Access

_GROUPS = (home, webinars, runs, preview, replay, unmatched, backfills, health)


def create_console(app: Flask, access: Access, *, public_url: str) -> None:
    """Put ``/`` and everything under ``/console`` into the application."""
    app.register_blueprint(pages.blueprint(access, public_url=public_url))
    for group in _GROUPS:
        app.register_blueprint(group.pages)
