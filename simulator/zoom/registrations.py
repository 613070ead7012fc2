"""Signing up, and what becomes of a registration; announced unless asked to be silent.

https://developers.zoom.us/docs/api/meetings/#tag/webinars/post/webinars/{webinarId}/registrants
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulator.zoom import errors, events
from simulator.zoom.errors import ZoomError
from simulator.zoom.model import (
    FIXED_TIMES,
    LISTED_STATUSES,
    MANUAL,
    NO_REGISTRATION,
    Registrant,
    Webinar,
)
from simulator.zoom.wire import ANSWER_FIELDS

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState

STATUS_BY_ACTION: Mapping[str, str] = {
    "approve": "approved",
    "deny": "denied",
    "cancel": "cancelled",
}
ONCE_FOR_ALL = 1
"""Registration type 1: one registration covers the whole series."""


def register(
    state: ZoomState,
    webinar: Webinar,
    fields: Mapping[str, Any],
    *,
    occurrence_ids: Sequence[str] = (),
    status: str = "",
    created_at: datetime | None = None,
    silent: bool = False,
) -> Registrant:
    """Put a person on the list, or give the one who is on it by that e-mail.

    A cancelled person comes back under the same id. Without `status` the webinar's approval type
    decides.
    """
    wanted = status or ("pending" if webinar.approval_type == MANUAL else "approved")
    email = str(fields.get("email", ""))
    dates = dict.fromkeys(_dates_of(state, webinar, occurrence_ids), wanted)
    known = webinar.registrants.get(webinar.registrant_ids_by_email.get(email.lower(), ""))
    if known is not None:
        return _register_again(state, webinar, known, wanted, dates, silent=silent)
    answers = {
        name: fields[name] for name in (*ANSWER_FIELDS, "custom_questions") if name in fields
    }
    person = Registrant(
        id=state.ids.opaque(),
        email=email,
        first_name=str(fields.get("first_name", "")),
        last_name=str(fields.get("last_name", "")),
        status=wanted,
        create_time=created_at or state.now().replace(microsecond=0),
        answers=answers,
        occurrences=dates,
        source_id=str(fields.get("source_id", "")),
    )
    webinar.registrants[person.id] = person
    webinar.registrant_ids_by_email[email.lower()] = person.id
    webinar.registrants_changed()
    if not silent:
        _announce_added(state, webinar, person, dates)
    return person


def _register_again(
    state: ZoomState,
    webinar: Webinar,
    known: Registrant,
    wanted: str,
    dates: dict[str, str],
    *,
    silent: bool,
) -> Registrant:
    new_dates = {name: wanted for name in dates if known.status_for(name) in ("", "cancelled")}
    if known.status != "cancelled" and not new_dates:
        return known
    known.occurrences.update(new_dates)
    known.status = wanted
    if known.occurrences:
        known.retake_status()
    webinar.registrants_changed()
    if not silent:
        _announce_added(state, webinar, known, new_dates)
    return known


def _announce_added(
    state: ZoomState, webinar: Webinar, person: Registrant, dates: Iterable[str]
) -> None:
    events.registration(state, webinar, person, "created", dates)
    is_approved = person.status == "approved"
    if is_approved and state.switch("approved_event_on_add"):
        events.registration(state, webinar, person, "approved", dates)


def _dates_of(state: ZoomState, webinar: Webinar, occurrence_ids: Sequence[str]) -> list[str]:
    """The dates somebody signs up for; none where one registration covers all of them."""
    if webinar.type != FIXED_TIMES or webinar.registration_type == ONCE_FOR_ALL:
        return []
    for occurrence_id in occurrence_ids:
        if webinar.find_occurrence(occurrence_id) is None:
            raise ZoomError(400, 300, f"Invalid occurrence ID: {occurrence_id}.")
    coming = [item for item in webinar.occurrences if item.start_time >= state.now()]
    return list(occurrence_ids) or [item.occurrence_id for item in coming[:1]]


def change_status(
    state: ZoomState,
    webinar: Webinar,
    person: Registrant,
    action: str,
    *,
    occurrence_id: str = "",
    silent: bool = False,
) -> None:
    """Approve, deny or cancel somebody, for one date or for all; nothing when already so."""
    status = STATUS_BY_ACTION[action]
    chosen = [occurrence_id] if occurrence_id else list(person.occurrences)
    changed = [name for name in chosen if person.occurrences.get(name) != status]
    if person.occurrences:
        if not changed:
            return
        person.occurrences.update(dict.fromkeys(changed, status))
        person.retake_status()
    elif person.status == status:
        return
    else:
        person.status = status
    webinar.registrants_changed()
    if not silent:
        events.registration(state, webinar, person, status, changed)


def delete(state: ZoomState, webinar: Webinar, person: Registrant, *, silent: bool = False) -> None:
    """Remove somebody for good. Whether Zoom announces that is not documented: a switch."""
    del webinar.registrants[person.id]
    del webinar.registrant_ids_by_email[person.email.lower()]
    webinar.registrants_changed()
    if not silent and state.switch("delete_registrant_announced"):
        events.registration(state, webinar, person, "cancelled")


def find(state: ZoomState, webinar: Webinar, registrant_id: str) -> Registrant:
    """A registrant by id; raises ZoomError 3079."""
    person = webinar.registrants.get(registrant_id)
    is_hidden = person is not None and person.status not in LISTED_STATUSES
    if person is None or (is_hidden and not state.switch("cancelled_registrant_readable")):
        raise ZoomError(400, 3079, f"This registrant does not exist: {registrant_id}.")
    return person


def check_open(state: ZoomState, webinar: Webinar, *, batch: bool = False) -> None:
    """Raise ZoomError when nobody can register any more, or never could."""
    if webinar.approval_type == NO_REGISTRATION:
        text = errors.REGISTRATION_NOT_ENABLED if batch else errors.REGISTRATION_OFF
        raise ZoomError(400, 3000, text.format(webinar.id))
    if webinar.is_paid:
        raise ZoomError(400, 3000, errors.PAID_WEBINAR)
    over_at = webinar.last_planned_end()
    if over_at is not None and over_at < state.now():
        raise ZoomError(400, 3038, errors.WEBINAR_OVER)


def check_person(state: ZoomState, webinar: Webinar, email: str) -> None:
    """Raise ZoomError when this address may not register."""
    address = email.lower()
    hosts = {state.host_of(webinar).email.lower(), *(h.lower() for h in webinar.alternative_hosts)}
    if address in hosts:
        raise ZoomError(400, 3027, "Host cannot register.")
    if address in {person.email.lower() for person in webinar.panelists}:
        raise ZoomError(400, 3000, errors.INVITED_AS_PANELIST)
    if webinar.work_domains and address.partition("@")[2] not in webinar.work_domains:
        raise ZoomError(400, 3034, errors.WORK_ADDRESS)


def check_room(webinar: Webinar, email: str, *, code: int = 3000) -> None:
    """Raise ZoomError when the webinar is full, unless the person has a place already."""
    limit = webinar.registrants_restrict_number
    if not limit or email.lower() in webinar.registrant_ids_by_email:
        return
    if len(webinar.list_registrants("approved")) >= limit:
        text = "Webinar has reached maximum attendee capacity."
        raise ZoomError(400, code, errors.TOO_MANY_ATTENDEES if code == 3000 else text)
