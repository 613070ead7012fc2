"""Reading what a webinar asks of people who register, and the properties that may answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy import RowMapping

from clients.errors import PermissionMissing, Rejected, Unavailable
from clients.zoom import Zoom
from engine.question_sources import ContactProperty
from engine.questions import LAST_NAME, Kind, Question
from jobs.runtime import Runtime
from schemas.zoom_api import QuestionRow
from store.contact_properties import properties_read_at, replace_contact_properties
from store.database import reading, writing
from store.form_facts import is_awaited
from store.questions import note_unreadable, questions_of, save_questions

EVERY = timedelta(hours=1)
REGISTRATION_OFF = "3000"
"""Zoom's code. https://developers.zoom.us/docs/api/meetings/#tag/webinars"""

_KINDS: Mapping[str, Kind] = {
    "short": "short",
    "single_radio": "single_radio",
    "single_dropdown": "single_dropdown",
    "multiple": "multiple",
}

log = structlog.get_logger(__name__)


def refresh_questions(runtime: Runtime, zoom: Zoom, webinar: RowMapping) -> None:
    """Store what Zoom asks of people who register for the webinar, if they still may.

    That Zoom does not show it is noted, and costs nothing else: who registered and who came is read
    all the same.
    """
    now = runtime.clock()
    with reading(runtime.database) as connection:
        if not is_awaited(connection, webinar, now):
            return
    try:
        rows = zoom.registration_questions(webinar["webinar_id"])
    except Unavailable as trouble:
        log.warning("questions_unavailable", webinar=webinar["webinar_id"], why=str(trouble))
        return
    except (Rejected, PermissionMissing) as refusal:
        log.warning("questions_refused", webinar=webinar["webinar_id"], why=str(refusal))
        with writing(runtime.database) as connection:
            if isinstance(refusal, Rejected) and refusal.code == REGISTRATION_OFF:
                save_questions(connection, webinar["id"], (), now)
            else:
                note_unreadable(connection, webinar["id"], str(refusal), now)
        return
    with writing(runtime.database) as connection:
        save_questions(connection, webinar["id"], [_question(row) for row in rows], now)


def _question(row: QuestionRow) -> Question:
    if not row.is_custom:
        return Question(row.name, is_required=row.required)
    return Question(row.name, True, row.required, _KINDS.get(row.type, "short"), row.answers)


def refresh_contact_properties(runtime: Runtime, run: RowMapping, *, is_forced: bool) -> None:
    """Read the portal's contact properties, if the run's webinar has questions they may answer.

    Again when an hour has passed, or when somebody pressed Sync now.
    """
    now = runtime.clock()
    with reading(runtime.database) as connection:
        asked = questions_of(connection, run["webinar_pk"]) or ()
        last = properties_read_at(connection, run["portal_id"])
    if all(question.name == LAST_NAME for question in asked):
        return
    if last is not None and now - last < EVERY and not is_forced:
        return
    hubspot = runtime.platforms.hubspot(run["portal_id"], run["pool"])
    found = [
        ContactProperty(row.name, row.label, row.type, row.options)
        for row in hubspot.contact_properties().rows
    ]
    with writing(runtime.database) as connection:
        replace_contact_properties(connection, run["portal_id"], found, now)
