"""Warnings about a webinar's sync."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from api.blueprint import new_blueprint
from api.callers import caller
from api.paging import page, read_cursor, write_cursor
from api.parts import parts
from api.webinars import chosen_occurrences, portal_webinar
from engine.warnings import find_warnings
from schemas.api import page_of
from schemas.api_webinars import AuditQuery, WarningSchema
from store.database import reading
from store.settings import read_settings
from store.warning_facts import read_warning_facts

blueprint = new_blueprint("audit", "What went wrong with a webinar's sync, and what mends it.")


@blueprint.get("/webinars/<webinar_id>/audit")
@blueprint.arguments(AuditQuery, location="query")
@blueprint.response(200, page_of(WarningSchema))
def get_audit(query: dict[str, Any], webinar_id: str) -> dict[str, Any]:
    """The webinar's warnings: its own first, then those of each occurrence."""
    cursor = read_cursor(query.get("after"), int)
    start = max(cursor[0], 0) if cursor else 0
    with reading(parts().engine) as connection:
        webinar_row = portal_webinar(connection, webinar_id)
        occurrences = chosen_occurrences(connection, webinar_row["id"], query.get("occurrence"))
        _, settings = read_settings(connection, caller().portal_id)
        facts = read_warning_facts(connection, webinar_row, occurrences, settings, parts().clock())
    warnings = find_warnings(facts)[start:]
    return page(warnings, query["limit"], lambda _: write_cursor(start + query["limit"]), asdict)
