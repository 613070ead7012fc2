"""The facts a webinar's pre-flight is made of: its questions, and what may answer them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping

from engine.question_warnings import FormFacts
from engine.timing import scheduled_end
from schemas.tenant_settings import Settings
from schemas.zoom_codes import NO_REGISTRATION, WITHOUT_FIXED_TIME
from store.contact_properties import contact_properties
from store.questions import form_of
from store.webinar_facts import occurrences_of_webinar


def read_form_facts(
    connection: Connection, webinar_row: RowMapping, settings: Settings, now: datetime
) -> FormFacts:
    """What is stored about the webinar's registration form, under these settings."""
    form = form_of(connection, webinar_row["id"])
    properties = {}
    if form.questions:
        properties = contact_properties(connection, webinar_row["portal_id"])
    return FormFacts(
        topic=webinar_row["topic"] or f"Webinar {webinar_row['webinar_id']}",
        is_awaited=is_awaited(connection, webinar_row, now),
        questions=form.questions,
        problem=form.problem,
        mapping=settings.question_mapping,
        answers=settings.question_answers,
        fixed=settings.question_values,
        properties=properties,
    )


def is_awaited(connection: Connection, webinar_row: RowMapping, now: datetime) -> bool:
    """Whether people may still register for the webinar: it asks them to, and is not over."""
    if webinar_row["status"] != "scheduled" or webinar_row["approval_type"] == NO_REGISTRATION:
        return False
    if webinar_row["is_zoom_events"]:
        return False
    if webinar_row["type"] == WITHOUT_FIXED_TIME:
        return True
    return any(
        not place["is_series"]
        and place["status"] != "cancelled"
        and place["ended_at"] is None
        and (ends_at := scheduled_end(place["start_at"], place["duration_seconds"])) is not None
        and ends_at > now
        for place in occurrences_of_webinar(connection, webinar_row["id"])
    )
