"""The JSON API: for HubSpot's settings page and app card, and for the console."""

from __future__ import annotations

from flask import Flask

from api import (
    attendance,
    audit,
    backfills,
    connection,
    console_link,
    contacts,
    deliveries,
    domains,
    health,
    people,
    person,
    plugin_list,
    questions,
    replay_facts,
    run_failures,
    runs,
    settings,
    unmatched,
    users,
    webinars,
)
from api.errors import RollcallApi
from api.parts import EXTENSION, ApiParts

__all__ = ["ApiParts", "create_api"]

_GROUPS = (
    settings,
    domains,
    users,
    webinars,
    runs,
    run_failures,
    replay_facts,
    backfills,
    people,
    contacts,
    person,
    attendance,
    audit,
    questions,
    connection,
    plugin_list,
    deliveries,
    unmatched,
    health,
    console_link,
)


def create_api(app: Flask, parts: ApiParts) -> RollcallApi:
    """Put the API under ``/api`` of the application, its description at ``/api/openapi.json``."""
    app.extensions[EXTENSION] = parts
    app.config.update(
        API_TITLE="Rollcall",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = RollcallApi(app)
    for group in _GROUPS:
        api.register_blueprint(group.blueprint)
    return api
