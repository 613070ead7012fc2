"""Recordings of sessions: made, completed, transcribed, trashed, recovered, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulator.zoom import events
from simulator.zoom.model import Instance, Recording, RecordingFile, Webinar

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState

DEFAULT_FILES: tuple[Mapping[str, Any], ...] = (
    {"file_type": "MP4", "recording_type": "shared_screen_with_speaker_view", "size": 65_536},
    {"file_type": "M4A", "recording_type": "audio_only", "size": 16_384},
)
EXTENSIONS: Mapping[str, str] = {
    "TRANSCRIPT": "VTT",
    "CC": "VTT",
    "CHAT": "TXT",
    "TIMELINE": "JSON",
    "SUMMARY": "JSON",
}
CHANGES: Mapping[str, tuple[str, str]] = {
    "complete": ("available", "completed"),
    "trash": ("trashed", "trashed"),
    "recover": ("available", "recovered"),
    "delete": ("deleted", "deleted"),
}


def add_recording(state: ZoomState, instance: Instance, wanted: Mapping[str, Any]) -> Recording:
    """A recording that is still processed. `files`: `{file_type, recording_type, size, text}`."""
    webinar = state.webinars[instance.webinar_id]
    end = instance.end_time or instance.start_time
    recording = Recording(
        uuid=instance.uuid,
        webinar_id=webinar.id,
        account_id=webinar.account_id,
        share_token=state.ids.opaque(),
        password=state.ids.digits(8),
        start_time=instance.start_time,
        duration=round((end - instance.start_time).total_seconds() / 60),
    )
    for file in wanted.get("files") or DEFAULT_FILES:
        add_file(state, instance, recording, file)
    state.recordings[recording.uuid] = recording
    return recording


def add_file(
    state: ZoomState, instance: Instance, recording: Recording, wanted: Mapping[str, Any]
) -> RecordingFile:
    """One more file of a recording; `text` gives its contents."""
    content = str(wanted.get("text", "")).encode()
    kind = str(wanted.get("file_type", "MP4"))
    # Pausing makes several sets of files; each has its own start.
    start = instance.start_time + timedelta(seconds=float(wanted.get("start_offset", 18)))
    file = RecordingFile(
        id=state.ids.file_id(),
        file_type=kind,
        extension=str(wanted.get("extension") or EXTENSIONS.get(kind, kind)),
        recording_type=str(wanted.get("recording_type", kind.lower())),
        size=len(content) or int(wanted.get("size", 4_096)),
        start=start,
        end=instance.end_time or start,
        status=str(wanted.get("status", "completed")),
        content=content,
    )
    recording.files.append(file)
    state.files[file.id] = (recording, file)
    return file


def change_recording(
    state: ZoomState, recording: Recording, change: str, *, silent: bool = False
) -> None:
    """`complete`, `trash`, `recover` or `delete` it; raises KeyError for another word."""
    recording.state, event = CHANGES[change]
    if not silent:
        files = [file for file in recording.files if file.file_type != "TRANSCRIPT"]
        shown = files if change == "complete" else recording.files
        events.recording_changed(state, recording, event, shown)


def add_transcript(
    state: ZoomState,
    instance: Instance,
    recording: Recording,
    text: str,
    *,
    silent: bool = False,
) -> RecordingFile:
    """The spoken words as VTT, usually some minutes after the recording, at times before it."""
    file = add_file(
        state,
        instance,
        recording,
        {"file_type": "TRANSCRIPT", "recording_type": "audio_transcript", "text": text},
    )
    if not silent:
        events.recording_changed(state, recording, "transcript_completed", [file])
    return file


def announce_again(state: ZoomState, recording: Recording) -> None:
    """The same recording announced a second time, with other links and another token."""
    for file in recording.files:
        file.url_part = f"/{state.ids.opaque()}"
    files = [file for file in recording.files if file.file_type != "TRANSCRIPT"]
    events.recording_changed(state, recording, "completed", files)


def describe_recording(recording: Recording, webinar: Webinar) -> dict[str, Any]:
    """The truth about a recording, as JSON."""
    return {
        "uuid": recording.uuid,
        "webinar_id": webinar.id,
        "state": recording.state,
        "files": [
            {
                "id": file.id,
                "file_type": file.file_type,
                "recording_type": file.recording_type,
                "size": file.size,
            }
            for file in recording.files
        ],
    }
