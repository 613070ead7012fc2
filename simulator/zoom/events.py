"""Webhook bodies, with Zoom's own mixture of integer and string ids.

https://developers.zoom.us/docs/api/meetings/events/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from simulator.zoom import wire
from simulator.zoom.model import (
    FIXED_TIMES,
    Instance,
    Occurrence,
    ParticipantRow,
    Recording,
    RecordingFile,
    Registrant,
    User,
    Webinar,
)
from simulator.zoom.moments import milliseconds, stamp

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState

DOWNLOAD_TOKEN_SECONDS = 86_400.0
LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "completed": (),
    "transcript_completed": (
        "auto_delete",
        "participant_audio_files",
        "recording_play_passcode",
    ),
}
"""Fields of a recording that an event does not carry; the others lack the access words."""


def announce(
    state: ZoomState,
    event: str,
    account_id: str,
    payload: dict[str, Any],
    top: dict[str, Any] | None = None,
) -> None:
    """Send an event of one account, unless the account removed the app."""
    account = state.accounts.get(account_id)
    if account is None or not account.is_subscribed:
        return
    body = {
        "payload": {"account_id": account_id, **payload},
        "event_ts": milliseconds(state.now()),
        "event": event,
        **(top or {}),
    }
    state.sender.announce(event, account_id, body)


def operator_of(state: ZoomState, webinar: Webinar) -> dict[str, str]:
    """Who did it: the host."""
    host = state.host_of(webinar)
    return {"operator": host.email, "operator_id": host.id}


def webinar_object(webinar: Webinar, occurrences: Iterable[Occurrence] = ()) -> dict[str, Any]:
    """The webinar as created, deleted and registration events carry it: `id` is an integer."""
    shown: dict[str, Any] = {
        "uuid": webinar.uuid,
        "id": webinar.id,
        "host_id": webinar.host_id,
        "topic": webinar.topic,
        "type": webinar.type,
    }
    if webinar.start_time is not None:
        shown["start_time"] = stamp(webinar.start_time)
    shown |= {"duration": webinar.duration, "timezone": webinar.timezone}
    if webinar.type == FIXED_TIMES:
        shown["occurrences"] = [wire.occurrence(item) for item in occurrences]
    return shown


def webinar_created(state: ZoomState, webinar: Webinar) -> None:
    """`webinar.created`."""
    shown = webinar_object(webinar, webinar.occurrences) | {
        "join_url": wire.plain_join_url(state, webinar),
        "password": webinar.password,
        "creation_source": "web_portal",
        "settings": {"use_pmi": False, "alternative_hosts": ";".join(webinar.alternative_hosts)},
    }
    if webinar.recurrence:
        shown["recurrence"] = webinar.recurrence
    payload = {**operator_of(state, webinar), "operation": "all", "object": shown}
    announce(state, "webinar.created", webinar.account_id, payload)


def webinar_updated(
    state: ZoomState, webinar: Webinar, new: dict[str, Any], old: dict[str, Any], scope: str = "all"
) -> None:
    """`webinar.updated` with only what changed; where `old_object` stands is a switch."""
    shown = {"id": webinar.id, "uuid": webinar.uuid, "host_id": webinar.host_id, **new}
    before = {"id": webinar.id, **old}
    payload: dict[str, Any] = {**operator_of(state, webinar), "scope": scope, "object": shown}
    payload["time_stamp"] = milliseconds(state.now())
    if state.switch("old_object_nested"):
        shown["old_object"] = before
    else:
        payload["old_object"] = before
    announce(state, "webinar.updated", webinar.account_id, payload)


def webinar_deleted(
    state: ZoomState, webinar: Webinar, occurrences: Iterable[Occurrence] | None = None
) -> None:
    """`webinar.deleted`: of the whole series, or of single dates."""
    listed = webinar.occurrences if occurrences is None else occurrences
    payload = {
        **operator_of(state, webinar),
        "operation": "all" if occurrences is None else "single",
        "object": webinar_object(webinar, listed),
    }
    announce(state, "webinar.deleted", webinar.account_id, payload)


def _session_object(state: ZoomState, webinar: Webinar, instance: Instance) -> dict[str, Any]:
    """The webinar as started, ended and participant events carry it: `id` is a string."""
    return {
        "id": str(webinar.id),
        "uuid": instance.uuid,
        "host_id": webinar.host_id,
        "topic": webinar.topic,
        "type": webinar.type,
        "start_time": stamp(instance.start_time),
        "timezone": webinar.timezone,
        "duration": webinar.duration,
    }


def session_started(state: ZoomState, webinar: Webinar, instance: Instance) -> None:
    """`webinar.started`."""
    shown = _session_object(state, webinar, instance)
    shown["host_email"] = state.host_of(webinar).email
    announce(state, "webinar.started", webinar.account_id, {"object": shown})


def session_ended(state: ZoomState, webinar: Webinar, instance: Instance) -> None:
    """`webinar.ended`; a rehearsal sends it too, with `practice_session` true."""
    shown = _session_object(state, webinar, instance) | {
        "host_email": state.host_of(webinar).email,
        "end_time": stamp(instance.end_time),
        "practice_session": instance.is_practice,
    }
    announce(state, "webinar.ended", webinar.account_id, {"object": shown})


def participant_moved(
    state: ZoomState, webinar: Webinar, instance: Instance, row: ParticipantRow
) -> None:
    """`webinar.participant_joined` and `_left` of one row."""
    person: dict[str, Any] = {
        "user_id": row.user_id,
        "user_name": row.name,
        "id": row.participant_user_id,
        "participant_user_id": row.participant_user_id,
        "participant_uuid": row.participant_uuid,
        "registrant_id": row.registrant_id,
        "email": row.user_email,
    }
    reason = row.leave_reason or f"{row.name} left the webinar.<br>Reason: Left the webinar."
    moves = (
        ("webinar.participant_joined", {"join_time": stamp(row.join_time)}),
        (
            "webinar.participant_left",
            {"leave_time": stamp(row.leave_time), "leave_reason": reason},
        ),
    )
    for event, when in moves:
        shown = _session_object(state, webinar, instance) | {"participant": person | when}
        announce(state, event, webinar.account_id, {"object": shown})


def registration(
    state: ZoomState,
    webinar: Webinar,
    registrant: Registrant,
    change: str,
    occurrence_ids: Iterable[str] = (),
) -> None:
    """`webinar.registration_created`, `_approved`, `_denied` or `_cancelled`."""
    chosen = set(occurrence_ids) or set(registrant.occurrences)
    dates = [item for item in webinar.occurrences if not chosen or item.occurrence_id in chosen]
    person: dict[str, Any] = {
        "id": registrant.id,
        "first_name": registrant.first_name,
        "last_name": registrant.last_name,
        "email": registrant.email,
    }
    if change == "created":
        person |= wire.answers(registrant) | {"status": registrant.status}
    if change in ("created", "approved"):
        person["join_url"] = wire.personal_join_url(state, webinar, registrant)
    source = wire.tracking_source(state, webinar, registrant.source_id)
    if source:
        person["tracking_source"] = source
    payload: dict[str, Any] = {} if change == "created" else operator_of(state, webinar)
    shown = webinar_object(webinar, dates) | {"registrant": person}
    if "occurrences" in shown:
        # Registration events name a date by these two alone.
        short = ("occurrence_id", "start_time")
        shown["occurrences"] = [{k: date[k] for k in short} for date in shown["occurrences"]]
    payload["object"] = shown
    announce(state, f"webinar.registration_{change}", webinar.account_id, payload)


def recording_changed(
    state: ZoomState,
    recording: Recording,
    change: str,
    files: Iterable[RecordingFile] | None = None,
) -> None:
    """`recording.completed`, `transcript_completed`, `trashed`, `recovered` or `deleted`."""
    webinar = state.webinars[recording.webinar_id]
    listed = list(recording.files if files is None else files)
    shown = wire.recording(state, recording, listed)
    # The type is an integer here and a string in REST answers.
    shown |= {"type": webinar.type, "timezone": webinar.timezone}
    for name in LEFT_OUT.get(change, ("password", "auto_delete", "recording_play_passcode")):
        del shown[name]
    payload: dict[str, Any] = {}
    top: dict[str, Any] = {}
    if change in ("completed", "transcript_completed"):
        shown["host_email"] = state.host_of(webinar).email
        token = state.make_download_token(recording.account_id, DOWNLOAD_TOKEN_SECONDS)
        top["download_token"] = token
    else:
        payload |= operator_of(state, webinar)
    payload["object"] = shown
    announce(state, f"recording.{change}", recording.account_id, payload, top)


def user_changed(
    state: ZoomState, account_id: str, user: User, change: str, old: dict[str, Any] | None = None
) -> None:
    """`user.created`, `updated`, `deactivated`, `activated`, `deleted` or `disassociated`."""
    payload: dict[str, Any] = {"operator": user.email, "operator_id": user.id}
    if change == "updated":
        before = old or {}
        shown = {name: getattr(user, name) for name in before}
        payload["object"] = {"id": user.id, **shown}
        payload["old_object"] = {"id": user.id, **before}
        payload["time_stamp"] = milliseconds(state.now())
    else:
        payload["object"] = {
            "id": user.id,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "type": user.type,
        }
    if change == "created":
        payload["creation_type"] = "create"
        payload["object"]["display_name"] = user.display_name
    announce(state, f"user.{change}", account_id, payload)


def app_deauthorized(state: ZoomState, account_id: str, user_id: str) -> None:
    """`app_deauthorized`: no top-level `event_ts`, and a printed one inside the payload.

    https://developers.zoom.us/docs/api/marketplace/
    """
    now = state.now()
    body = {
        "event": "app_deauthorized",
        "payload": {
            "account_id": account_id,
            "user_id": user_id,
            "signature": state.ids.secret(),
            "deauthorization_time": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "client_id": state.world.apps.zoom_client_id,
            "event_ts": f"{now:%Y-%m-%d %H:%M:%S}",
        },
    }
    state.sender.announce("app_deauthorized", account_id, body)
