"""Cloud recordings and transcripts, of webinars too: there is no webinar path for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.zoom import paging, wire
from simulator.zoom.calls import Route, ZoomCall
from simulator.zoom.errors import ZoomError, invalid
from simulator.zoom.model import Recording
from simulator.zoom.moments import stamp

LONGEST_TOKEN = 604_800
DEFAULT_TOKEN = 86_400


def list_files(call: ZoomCall) -> tuple[Any, int]:
    """`GET /meetings/{id or UUID}/recordings`; 3301 means none and not yet alike."""
    recording = _find(call)
    if recording is None or recording.state != "available":
        raise ZoomError(404, 3301, "There is no recording for this meeting.")
    shown = wire.recording(call.state, recording, recording.files)
    if "download_access_token" in call.query.get("include_fields", ""):
        ttl = call.query.get("ttl", str(DEFAULT_TOKEN))
        if not ttl.isdigit() or int(ttl) > LONGEST_TOKEN:
            raise invalid(("ttl", f"The value must be between 0 and {LONGEST_TOKEN}."))
        token = call.state.make_download_token(call.account.id, float(ttl))
        shown["download_access_token"] = token
    return shown, 200


def list_of_user(call: ZoomCall) -> tuple[Any, int]:
    """`GET /users/{id}/recordings` of at most a month; today when no range is given."""
    reference = call.params["user_id"]
    user = call.user if reference == "me" else call.state.find_user(call.account, reference)
    begin, last = (_day(call, name) for name in ("from", "to"))
    wanted = "trashed" if call.query.get("trash") == "true" else "available"
    found = [
        recording
        for recording in call.state.recordings.values()
        if call.state.webinars[recording.webinar_id].host_id == user.id
        and recording.state == wanted
        and begin <= recording.start_time < last + timedelta(days=1)
    ]
    page, fields = paging.page_of(call, found, f"recordings|{user.id}|{begin}|{last}|{wanted}")
    shown = [wire.recording(call.state, item, item.files) for item in page]
    dates = {"from": f"{begin:%Y-%m-%d}", "to": f"{last:%Y-%m-%d}"}
    return dates | fields | {"meetings": shown}, 200


def show_transcript(call: ZoomCall) -> tuple[Any, int]:
    """`GET /meetings/{id or UUID}/transcript`; 3322 when there is none."""
    recording = _find(call)
    if recording is None:
        raise ZoomError(404, 3322, "This meeting transcript does not exist.")
    webinar = call.state.webinars[recording.webinar_id]
    shown: dict[str, Any] = {
        "meeting_id": str(webinar.id),
        "account_id": recording.account_id,
        "meeting_topic": webinar.topic,
        "host_id": webinar.host_id,
        "transcript_created_time": stamp(recording.start_time),
        "can_download": False,
        "auto_delete": False,
    }
    transcripts = [file for file in recording.files if file.file_type == "TRANSCRIPT"]
    if recording.state in ("trashed", "deleted"):
        return shown | {"download_restriction_reason": "DELETED_OR_TRASHED"}, 200
    if not transcripts:
        raise ZoomError(404, 3322, "This meeting transcript does not exist.")
    if recording.state == "processing" or transcripts[0].status != "completed":
        return shown | {"download_restriction_reason": "NOT_READY"}, 200
    link = wire.recording_file(call.state, recording, transcripts[0])["download_url"]
    return shown | {"can_download": True, "download_url": link}, 200


def _find(call: ZoomCall) -> Recording | None:
    """The recording of that session; a number means the latest session that has one."""
    reference = call.params["meeting_id"]
    recordings = [item for item in call.state.recordings.values() if _fits(item, reference)]
    mine = [item for item in recordings if item.account_id == call.account.id]
    return max(mine, key=lambda item: item.start_time, default=None)


def _fits(recording: Recording, reference: str) -> bool:
    return reference in (recording.uuid, str(recording.webinar_id))


def _day(call: ZoomCall, name: str) -> datetime:
    text = call.query.get(name) or f"{call.state.now():%Y-%m-%d}"
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise invalid((name, "Invalid field.")) from error


ROUTES = [
    Route(
        "GET",
        "/meetings/{meeting_id}/recordings",
        "light",
        "cloud_recording:read:list_recording_files:admin",
        list_files,
        needs_plan=False,
    ),
    Route(
        "GET",
        "/users/{user_id}/recordings",
        "medium",
        "cloud_recording:read:list_user_recordings:admin",
        list_of_user,
        needs_plan=False,
    ),
    Route(
        "GET",
        "/meetings/{meeting_id}/transcript",
        "medium",
        "cloud_recording:read:meeting_transcript:admin",
        show_transcript,
        needs_plan=False,
    ),
]
