"""The console: server-rendered pages that show and do what the JSON API shows and does."""

from __future__ import annotations

from flask import Flask

from console import (
    accounts,
    backfills,
    exclusions,
    health,
    home,
    pages,
    people,
    plugins,
    preview,
    questions,
    replay,
    runs,
    settings,
    unmatched,
    webinar,
    webinars,
)
from console.blueprint import HUBSPOT_APP_URL
from oauth.access import Access

_GROUPS = (
    home,
    webinars,
    webinar,
    people,
    runs,
    preview,
    replay,
    unmatched,
    backfills,
    settings,
    exclusions,
    questions,
    plugins,
    accounts,
    health,
)


def create_console(app: Flask, access: Access, *, public_url: str) -> None:
    """Put ``/`` and everything under ``/console`` into the application."""
    app.config[HUBSPOT_APP_URL] = access.hubspot_app.app_url
    app.register_blueprint(pages.blueprint(access, public_url=public_url))
    for group in _GROUPS:
        app.register_blueprint(group.pages)
