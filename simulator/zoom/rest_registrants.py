"""Registrants: list, one, add, batch, change of state, questions."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from simulator.zoom import errors, forms, paging, planning, registrations, wire
from simulator.zoom.calls import Route, ZoomCall
from simulator.zoom.errors import ZoomError, invalid
from simulator.zoom.limits import next_midnight, retry_after
from simulator.zoom.model import LISTED_STATUSES, NO_REGISTRATION, SINGLE, Registrant, Webinar
from simulator.zoom.moments import stamp

MOST_AT_ONCE = 30
ADDS_A_DAY = 3
STATUS_CHANGES_A_DAY = 10
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def list_registrants(call: ZoomCall) -> tuple[Any, int]:
    """`GET /webinars/{id}/registrants`: approved people unless `status` says otherwise."""
    webinar = call.webinar()
    status = call.query.get("status", "approved")
    if status not in LISTED_STATUSES:
        raise invalid(("status", "Invalid field."))
    occurrence_id = call.query.get("occurrence_id", "")
    source_id = call.query.get("tracking_source_id", "")
    people = webinar.list_registrants(status, occurrence_id)
    if source_id:
        people = [person for person in people if person.source_id == source_id]
    key = f"registrants|{webinar.id}|{status}|{occurrence_id}|{source_id}"
    page, fields = paging.page_of(call, people, key)
    shown = [wire.registrant(call.state, webinar, person, status) for person in page]
    return fields | {"page_number": 1, "registrants": shown}, 200


def show_registrant(call: ZoomCall) -> tuple[Any, int]:
    """`GET /webinars/{id}/registrants/{registrant}`."""
    webinar = call.webinar()
    _check_registration(webinar)
    person = registrations.find(call.state, webinar, call.params["registrant_id"])
    status = person.status_for(call.query.get("occurrence_id", ""))
    return wire.registrant(call.state, webinar, person, status) | {"language": "en-US"}, 200


def add_registrant(call: ZoomCall) -> tuple[Any, int]:
    """`POST /webinars/{id}/registrants`: at most three times a day for one person."""
    webinar = call.webinar()
    email = _check_fields(call, webinar)
    registrations.check_open(call.state, webinar)
    registrations.check_person(call.state, webinar, email)
    _count_add(call, webinar, email)
    registrations.check_room(webinar, email)
    wanted = [part for part in call.query.get("occurrence_ids", "").split(",") if part]
    person = registrations.register(call.state, webinar, call.body, occurrence_ids=wanted)
    return _added(call, webinar, person), 201


def _added(call: ZoomCall, webinar: Webinar, person: Registrant) -> dict[str, Any]:
    dates = [
        wire.occurrence(item)
        for item in webinar.occurrences
        if not person.occurrences or item.occurrence_id in person.occurrences
    ]
    answer: dict[str, Any] = {
        "id": webinar.id,
        "registrant_id": person.id,
        "join_url": wire.personal_join_url(call.state, webinar, person),
        "topic": webinar.topic,
    }
    if webinar.start_time is not None:
        answer["start_time"] = stamp(webinar.start_time)
    if dates:
        answer["occurrences"] = dates
    if call.state.switch("add_answers_status"):
        # Since 2026-09-21: https://developers.zoom.us/changelog/
        answer |= {
            "status": person.status,
            "share_url": wire.registration_url(call.state, webinar),
        }
    return answer


def _check_fields(call: ZoomCall, webinar: Webinar) -> str:
    """The e-mail of a well-formed request."""
    wrong = []
    email = str(call.body.get("email") or "")
    if not EMAIL.fullmatch(email) or len(email) > 128:
        wrong.append(("email", "Invalid email format." if email else "Invalid field."))
    first_name = str(call.body.get("first_name") or "")
    if not first_name or len(first_name) > 64:
        wrong.append(("first_name", "Invalid field."))
    if len(str(call.body.get("last_name") or "")) > 64:
        wrong.append(("last_name", "Invalid field."))
    for answer in call.body.get("custom_questions") or []:
        if len(str(answer.get("value", ""))) > 128:
            wrong.append(("custom_questions", "The value is too long."))
    wrong += forms.find_faults(call.state, webinar, call.body)
    if wrong:
        raise invalid(*wrong)
    return email


def _count_add(call: ZoomCall, webinar: Webinar, email: str) -> None:
    """Count one more add of this person today; the fourth is refused until 00:00 UTC."""
    across = call.state.switch("add_limit_across_webinars")
    subject = call.account.id if across else str(webinar.id)
    text = errors.DAILY_ADDS.format(email)
    _count(call, call.state.adds_today, (subject, email.lower()), ADDS_A_DAY, text)


def _count(
    call: ZoomCall,
    counter: Counter[tuple[str, str, str]],
    subject: tuple[str, str],
    most: int,
    text: str,
) -> None:
    now = call.state.now()
    key = (*subject, f"{now:%Y-%m-%d}")
    if counter[key] >= most:
        headers = {"X-RateLimit-Category": "Light"}
        if call.state.switch("add_limit_headers"):
            headers |= {
                "X-RateLimit-Type": "Daily-limit",
                "Retry-After": retry_after(call.state, next_midnight(now)),
            }
        raise ZoomError(429, 429, text, headers=headers)
    counter[key] += 1


def add_batch(call: ZoomCall) -> tuple[Any, int]:
    """`POST /webinars/{id}/batch_registrants`: who failed is merely missing from the answer."""
    webinar = call.webinar()
    wanted = call.body.get("registrants") or []
    if webinar.type != SINGLE:
        raise ZoomError(
            400,
            300,
            "This API can only be used for scheduled webinars (type 5). "
            "Batch registration is not supported for other webinar types.",
        )
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise invalid(("registrants", f"The size must be between 1 and {MOST_AT_ONCE}."))
    registrations.check_open(call.state, webinar, batch=True)
    status = "approved" if call.body.get("auto_approve") else ""
    added = []
    for fields in wanted:
        email = str(fields.get("email") or "")
        registrations.check_room(webinar, email, code=3043)
        try:
            registrations.check_person(call.state, webinar, email)
        except ZoomError:
            continue
        if not EMAIL.fullmatch(email) or not fields.get("first_name"):
            continue
        person = registrations.register(call.state, webinar, fields, status=status)
        link = wire.personal_join_url(call.state, webinar, person)
        added.append({"email": person.email, "join_url": link, "registrant_id": person.id})
    return {"registrants": added}, 201


def change_status(call: ZoomCall) -> tuple[Any, int]:
    """`PUT /webinars/{id}/registrants/status`: approve, deny or cancel up to thirty people."""
    webinar = call.webinar()
    if webinar.approval_type == NO_REGISTRATION:
        text = f"Registration has not been enabled for this meeting: {webinar.id}."
        raise ZoomError(400, 300, text)
    action = str(call.body.get("action", ""))
    if action not in registrations.STATUS_BY_ACTION:
        raise invalid(("action", "Invalid field."))
    wanted = call.body.get("registrants") or []
    if len(wanted) > MOST_AT_ONCE:
        raise invalid(("registrants", f"The size must be between 1 and {MOST_AT_ONCE}."))
    for entry in wanted:
        person = _find_named(webinar, entry)
        text = (
            f"You have exceeded the daily rate limit of ({STATUS_CHANGES_A_DAY}) for Update "
            f"webinar registrant status API requests for the registrant ({person.email})."
        )
        changes, subject = call.state.status_changes_today, (str(webinar.id), person.email)
        _count(call, changes, subject, STATUS_CHANGES_A_DAY, text)
        if action == "approve" and person.status != "approved":
            limit = webinar.registrants_restrict_number
            if limit and len(webinar.list_registrants("approved")) >= limit:
                raise ZoomError(400, 3035, "Webinar has reached maximum attendee capacity.")
        date = call.query.get("occurrence_id", "")
        registrations.change_status(call.state, webinar, person, action, occurrence_id=date)
    return None, 204


def _find_named(webinar: Webinar, entry: dict[str, Any]) -> Registrant:
    by_email = webinar.registrant_ids_by_email.get(str(entry.get("email", "")).lower(), "")
    person = webinar.registrants.get(str(entry.get("id") or by_email))
    if person is None:
        raise ZoomError(400, 3079, f"This registrant does not exist: {entry.get('id')}.")
    return person


def delete_registrant(call: ZoomCall) -> tuple[Any, int]:
    """`DELETE /webinars/{id}/registrants/{registrant}`."""
    webinar = call.webinar()
    person = registrations.find(call.state, webinar, call.params["registrant_id"])
    registrations.delete(call.state, webinar, person)
    return None, 204


def show_questions(call: ZoomCall) -> tuple[Any, int]:
    """`GET /webinars/{id}/registrants/questions`."""
    webinar = call.webinar()
    _check_registration(webinar)
    return {"questions": webinar.questions, "custom_questions": webinar.custom_questions}, 200


def change_questions(call: ZoomCall) -> tuple[Any, int]:
    """`PATCH /webinars/{id}/registrants/questions`."""
    webinar = call.webinar()
    _check_registration(webinar)
    asked = {name: list(call.body[name]) for name in planning.FORM_FIELDS if name in call.body}
    planning.change_webinar(call.state, webinar, asked)
    return None, 204


def _check_registration(webinar: Webinar) -> None:
    if webinar.approval_type == NO_REGISTRATION:
        raise ZoomError(400, 3000, errors.REGISTRATION_NOT_ENABLED.format(webinar.id))


_ALL = "/webinars/{webinar_id}/registrants"
ROUTES = [
    Route(
        "GET",
        _ALL,
        "medium",
        "webinar:read:list_registrants:admin",
        list_registrants,
        hides_plan_error=True,
    ),
    Route(
        "GET",
        _ALL + "/{registrant_id}",
        "light",
        "webinar:read:registrant:admin",
        show_registrant,
    ),
    Route("POST", _ALL, "light", "webinar:write:registrant:admin", add_registrant),
    Route(
        "POST",
        "/webinars/{webinar_id}/batch_registrants",
        "heavy",
        "webinar:write:batch_registrants:admin",
        add_batch,
    ),
    Route(
        "PUT",
        _ALL + "/status",
        "medium",
        "webinar:update:registrant_status:admin",
        change_status,
    ),
    Route(
        "DELETE",
        _ALL + "/{registrant_id}",
        "light",
        "webinar:delete:registrant:admin",
        delete_registrant,
    ),
    Route(
        "GET",
        _ALL + "/questions",
        "light",
        "webinar:read:list_registration_questions:admin",
        show_questions,
    ),
    Route(
        "PATCH",
        _ALL + "/questions",
        "light",
        "webinar:update:registration_question:admin",
        change_questions,
    ),
]
