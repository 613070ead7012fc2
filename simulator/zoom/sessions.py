"""Playing a webinar: who joins when, and the rows Zoom keeps of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from simulator.zoom import events
from simulator.zoom.ids import UUID_STYLES
from simulator.zoom.model import FIXED_TIMES, Instance, ParticipantRow, Webinar
from simulator.zoom.moments import read_moment

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState

FIRST_USER_ID = 16_778_240
USER_ID_STEP = 1_024
"""Numbers of joins inside a session: every join takes the next, a rejoin too."""


def play(
    state: ZoomState, webinar: Webinar, wanted: Mapping[str, Any], *, silent: bool = False
) -> Instance:
    """Hold one session. `wanted`: `start_time`, `end_time` (or `live: true`), `occurrence_id`,
    `practice_session`, `participants`, `uuid` or `uuid_style`, `report` (a state or a list).

    A participant is `{registrant_id | email | name, user_id, sessions: [[from, to], ...] in seconds
    after the start, role, status, email_visible}`. Raises TypeError or ValueError for what it
    cannot read.
    """
    start = read_moment(wanted.get("start_time", webinar.start_time or 0), state.now())
    end = start + timedelta(minutes=webinar.duration)
    if "end_time" in wanted:
        end = read_moment(wanted["end_time"], state.now())
    style = str(wanted.get("uuid_style", "any"))
    if style not in UUID_STYLES:
        raise ValueError(f"uuid_style is one of {', '.join(UUID_STYLES)}, not {style}")
    instance = Instance(
        uuid=str(wanted.get("uuid") or state.ids.session_uuid(style)),
        webinar_id=webinar.id,
        occurrence_id=str(wanted.get("occurrence_id") or _occurrence_of(webinar, start)),
        start_time=start,
        end_time=None if wanted.get("live") else end,
        is_practice=bool(wanted.get("practice_session")),
    )
    set_report(instance, wanted.get("report", "full"))
    add_participants(state, webinar, instance, wanted.get("participants") or [])
    webinar.instances.append(instance)
    state.instances[instance.uuid] = instance
    # The next session of this number gets another UUID.
    webinar.uuid = state.ids.session_uuid()
    if not silent:
        events.session_started(state, webinar, instance)
        announce_rows(state, webinar, instance, instance.rows)
        if instance.end_time is not None:
            events.session_ended(state, webinar, instance)
    return instance


def end(
    state: ZoomState,
    webinar: Webinar,
    instance: Instance,
    end_time: Any = 0,
    *,
    silent: bool = False,
) -> None:
    """End a live session."""
    instance.end_time = read_moment(end_time, state.now())
    if not silent:
        events.session_ended(state, webinar, instance)


def set_report(instance: Instance, script: str | Iterable[str]) -> None:
    """What the next reads of the report meet, one state per read; the last one stays."""
    steps = [script] if isinstance(script, str) else list(script)
    unknown = [step for step in steps if step not in ("not_ready", "zero_durations", "full")]
    if unknown or not steps:
        raise ValueError(f"a report is not_ready, zero_durations or full, not {unknown}")
    instance.report_script = steps


def add_participants(
    state: ZoomState,
    webinar: Webinar,
    instance: Instance,
    participants: Iterable[Mapping[str, Any]],
) -> list[ParticipantRow]:
    """Add the joins of some people; gives the new rows, the report's order is that of joining."""
    numbers = count(FIRST_USER_ID + len(instance.rows) * USER_ID_STEP, USER_ID_STEP)
    added = []
    for position, person in enumerate(participants, len(instance.rows)):
        who = _identify(state, webinar, person)
        key = who["registrant_id"] or who["user_email"] or f"person-{position}"
        for begin, finish in person.get("sessions") or [[0, webinar.duration * 60]]:
            row = ParticipantRow(
                user_id=str(person.get("user_id") or next(numbers)),
                person=key,
                join_time=instance.start_time + timedelta(seconds=begin),
                leave_time=instance.start_time + timedelta(seconds=finish),
                participant_uuid=state.ids.opaque(),
                role=str(person.get("role", "attendee")),
                status=str(person.get("status", "in_meeting")),
                failover=bool(person.get("failover", False)),
                customer_key=str(person.get("customer_key", "")),
                **who,
            )
            added.append(row)
    instance.rows.extend(added)
    instance.rows.sort(key=lambda row: row.join_time)
    return added


def announce_rows(
    state: ZoomState, webinar: Webinar, instance: Instance, rows: Iterable[ParticipantRow]
) -> None:
    """Send joined and left events, when the app subscribed to them."""
    if state.switch("participant_events"):
        for row in rows:
            events.participant_moved(state, webinar, instance, row)


def _identify(state: ZoomState, webinar: Webinar, person: Mapping[str, Any]) -> dict[str, str]:
    """Name and ids a row shows: an outsider's address only where Zoom may show it.

    https://developers.zoom.us/changelog/platform/zoom-api-email-address-display-rules
    """
    email = str(person.get("email", ""))
    registrant_id = str(person.get("registrant_id", ""))
    if not registrant_id and email and person.get("registered", True):
        registrant_id = webinar.registrant_ids_by_email.get(email.lower(), "")
    known = webinar.registrants.get(registrant_id)
    account = state.accounts[webinar.account_id]
    staff = next(
        (user for user in account.users.values() if user.email.lower() == email.lower()), None
    )
    is_shown = (
        known is not None
        or staff is not None
        or webinar.email_in_attendee_report
        or bool(person.get("email_visible"))
        or person.get("role") in ("panelist", "host")
    )
    if known is not None and not email:
        email = known.email
    full_name = f"{known.first_name} {known.last_name}".strip() if known else ""
    staff_name = staff.display_name if staff else ""
    return {
        "name": str(person.get("name") or full_name or staff_name or email.partition("@")[0]),
        "user_email": email if is_shown else "",
        "registrant_id": registrant_id,
        "participant_user_id": str(
            person.get("participant_user_id") or (staff.id if staff else "")
        ),
    }


def _occurrence_of(webinar: Webinar, start: datetime) -> str:
    """The date whose planned start is nearest."""
    if webinar.type != FIXED_TIMES or not webinar.occurrences:
        return ""
    nearest = min(webinar.occurrences, key=lambda date: abs(date.start_time - start))
    return nearest.occurrence_id
