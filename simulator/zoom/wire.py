"""How Zoom's REST API writes what the simulator remembers.

Field names and types: https://developers.zoom.us/docs/api/meetings/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.zoom.model import (
    FIXED_TIMES,
    NO_REGISTRATION,
    Instance,
    Occurrence,
    Panelist,
    ParticipantRow,
    Recording,
    RecordingFile,
    Registrant,
    User,
    Webinar,
)
from simulator.zoom.moments import stamp

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState

ANSWER_FIELDS = (
    "address",
    "city",
    "country",
    "zip",
    "state",
    "phone",
    "industry",
    "org",
    "job_title",
    "purchasing_time_frame",
    "role_in_purchase_process",
    "no_of_employees",
    "comments",
)


def plain_join_url(state: ZoomState, webinar: Webinar) -> str:
    """The link anybody may use."""
    return state.url(f"/j/{webinar.id}")


def personal_join_url(state: ZoomState, webinar: Webinar, registrant: Registrant) -> str:
    """The link made for one registrant."""
    return state.url(f"/w/{webinar.id}?tk={registrant.id}.DQ")


def registration_url(state: ZoomState, webinar: Webinar) -> str:
    """The public registration page."""
    return state.url(f"/webinar/register/{webinar.register_token}")


def user(person: User) -> dict[str, Any]:
    """A user as the list and the detail call show one."""
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "display_name": person.display_name,
        "email": person.email,
        "type": person.type,
        "status": person.status,
        "timezone": person.timezone,
        "verified": 1,
        "role_id": "1" if person.is_admin else "2",
        "created_at": stamp(person.created_at),
    }


def user_settings(person: User) -> dict[str, Any]:
    """The part of a user's settings that says which webinars the person may hold."""
    feature: dict[str, Any] = {"meeting_capacity": 300, "webinar": person.webinar}
    if person.webinar:
        feature["webinar_capacity"] = person.webinar_capacity
    feature["zoom_events"] = person.zoom_events
    return {"feature": feature}


def occurrence(date: Occurrence) -> dict[str, Any]:
    """One date of a series."""
    return {
        "occurrence_id": date.occurrence_id,
        "start_time": stamp(date.start_time),
        "duration": date.duration,
        "status": date.status,
    }


def listed_webinar(state: ZoomState, webinar: Webinar) -> dict[str, Any]:
    """An entry of a user's webinar list, the only place with the Zoom Events mark."""
    shown: dict[str, Any] = {
        "uuid": webinar.uuid,
        "id": webinar.id,
        "host_id": webinar.host_id,
        "topic": webinar.topic,
        "agenda": webinar.agenda,
        "type": webinar.type,
        "duration": webinar.duration,
        "timezone": webinar.timezone,
        "created_at": stamp(webinar.created_at),
        "join_url": plain_join_url(state, webinar),
        "is_simulive": webinar.is_simulive,
        "is_events_webinar": webinar.is_events_webinar,
    }
    if webinar.start_time is not None:
        shown["start_time"] = stamp(webinar.start_time)
    return shown


def webinar_detail(
    state: ZoomState, webinar: Webinar, *, with_previous: bool = False
) -> dict[str, Any]:
    """The detail call; past dates of a series only on demand."""
    shown = listed_webinar(state, webinar)
    del shown["is_events_webinar"]
    shown |= {
        "host_email": state.host_of(webinar).email,
        "password": webinar.password,
        "settings": {
            "approval_type": webinar.approval_type,
            "registration_type": webinar.registration_type,
            "registrants_restrict_number": webinar.registrants_restrict_number,
            "alternative_hosts": ";".join(webinar.alternative_hosts),
            "auto_recording": webinar.auto_recording,
            "email_in_attendee_report": webinar.email_in_attendee_report,
            "practice_session": False,
            "meeting_authentication": False,
            "allow_multiple_devices": True,
            "on_demand": False,
            "registrants_confirmation_email": True,
            "close_registration": False,
        },
    }
    if webinar.approval_type != NO_REGISTRATION:
        shown["registration_url"] = registration_url(state, webinar)
    if webinar.recurrence:
        shown["recurrence"] = webinar.recurrence
    if webinar.type == FIXED_TIMES:
        now = state.now()
        dates = [item for item in webinar.occurrences if with_previous or item.start_time >= now]
        shown["occurrences"] = [occurrence(item) for item in dates]
    return shown


def answers(registrant: Registrant) -> dict[str, Any]:
    """What the person filled in beside name and e-mail."""
    shown = {name: str(registrant.answers.get(name, "")) for name in ANSWER_FIELDS}
    return shown | {"custom_questions": list(registrant.answers.get("custom_questions", []))}


def registrant(
    state: ZoomState, webinar: Webinar, person: Registrant, status: str = ""
) -> dict[str, Any]:
    """A registrant as the lists and the single call show one."""
    return {
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        **answers(person),
        "status": status or person.status,
        "create_time": stamp(person.create_time),
        "join_url": personal_join_url(state, webinar, person),
    }


def tracking_source(state: ZoomState, webinar: Webinar, source_id: str) -> dict[str, str]:
    """The campaign somebody came from, empty when there is none."""
    for source in webinar.tracking_sources:
        if source["id"] == source_id:
            return {
                "id": source_id,
                "source_name": str(source["source_name"]),
                "tracking_url": f"{registration_url(state, webinar)}?tk={source_id}",
            }
    return {}


def panelist(state: ZoomState, webinar: Webinar, person: Panelist) -> dict[str, str]:
    """A speaker."""
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "join_url": state.url(f"/w/{webinar.id}?tk={person.id}.PN"),
    }


def report_row(row: ParticipantRow, *, with_registrant: bool, has_duration: bool) -> dict[str, Any]:
    """A row of the attendance report; `registrant_id` only when asked for.

    A row that is not processed yet has duration 0 and no leave time. Somebody who was not signed
    in has no `participant_user_id` at all.
    """
    seconds = int((row.leave_time - row.join_time).total_seconds())
    shown: dict[str, Any] = {
        "id": row.participant_user_id,
        "user_id": row.user_id,
        "name": row.name,
        "user_email": row.user_email,
        "join_time": stamp(row.join_time),
        "leave_time": stamp(row.leave_time) if has_duration else "",
        "duration": seconds if has_duration else 0,
        "customer_key": row.customer_key,
        "failover": row.failover,
        "status": row.status,
    }
    if row.participant_user_id:
        shown["participant_user_id"] = row.participant_user_id
    if with_registrant:
        shown["registrant_id"] = row.registrant_id
    return shown


def past_row(row: ParticipantRow, *, with_registrant: bool, has_duration: bool) -> dict[str, Any]:
    """A row of `/past_webinars/{id}/participants`."""
    shown = report_row(row, with_registrant=with_registrant, has_duration=has_duration)
    for name in ("customer_key", "participant_user_id"):
        shown.pop(name, None)
    return shown | {"internal_user": bool(row.participant_user_id)}


def report_detail(state: ZoomState, webinar: Webinar, instance: Instance) -> dict[str, Any]:
    """The report of one session: `duration` in minutes, people counted once."""
    host = state.host_of(webinar)
    seconds = sum((row.leave_time - row.join_time).total_seconds() for row in instance.rows)
    end = instance.end_time or instance.start_time
    return {
        "uuid": instance.uuid,
        "id": webinar.id,
        "topic": webinar.topic,
        "type": webinar.type,
        "user_name": host.display_name,
        "user_email": host.email,
        "dept": "",
        "start_time": stamp(instance.start_time),
        "end_time": stamp(instance.end_time),
        "duration": round((end - instance.start_time).total_seconds() / 60),
        "total_minutes": round(seconds / 60),
        "participants_count": len({row.person for row in instance.rows}),
        "tracking_fields": [],
    }


def recording_file(state: ZoomState, recording: Recording, file: RecordingFile) -> dict[str, Any]:
    """One file of a recording."""
    return {
        "id": file.id,
        "meeting_id": recording.uuid,
        "recording_start": stamp(file.start),
        "recording_end": stamp(file.end),
        "file_type": file.file_type,
        "file_extension": file.extension,
        "file_size": file.size,
        "play_url": state.url(f"/rec/play/{file.id}"),
        "download_url": state.url(f"/rec/download/{file.id}{file.url_part}"),
        "status": file.status,
        "recording_type": file.recording_type,
    }


def recording(state: ZoomState, shown: Recording, files: list[RecordingFile]) -> dict[str, Any]:
    """A recording as REST answers show it; its `type` is a string."""
    webinar = state.webinars[shown.webinar_id]
    return {
        "uuid": shown.uuid,
        "id": webinar.id,
        "account_id": shown.account_id,
        "host_id": webinar.host_id,
        "topic": webinar.topic,
        "type": str(webinar.type),
        "start_time": stamp(shown.start_time),
        "duration": shown.duration,
        "total_size": sum(file.size for file in files),
        "recording_count": len(files),
        "share_url": state.url(f"/rec/share/{shown.share_token}"),
        "password": shown.password,
        "recording_play_passcode": f"{shown.share_token}-passcode",
        "auto_delete": False,
        "recording_files": [recording_file(state, shown, file) for file in files],
        "participant_audio_files": [],
    }
