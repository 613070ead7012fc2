"""The audit log's account of what happened, in plain words and without names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from rollcall import (
    Attendance,
    AuditEntry,
    Effect,
    PluginDescription,
    Recording,
    Registrant,
    hookimpl,
)


@hookimpl
def describe_plugin() -> PluginDescription:
    return PluginDescription(
        name="audit",
        title="Audit log",
        version="1.0.0",
        summary="Says in plain words what each person did in a webinar.",
    )


@hookimpl
def on_registrant(registrant: Registrant) -> Iterable[Effect]:
    if registrant.status == "approved":
        yield AuditEntry(f"Registered{_at(registrant.registered_at)}.")
    elif registrant.status == "cancelled":
        yield AuditEntry(f"Cancelled the registration{_at(registrant.cancelled_at)}.")


@hookimpl
def on_attendance(attendance: Attendance) -> Iterable[Effect]:
    if attendance.seconds <= 0:
        yield AuditEntry("Opened the webinar but was not there while it ran.")
        return
    yield AuditEntry(
        f"Attended {_duration(attendance.seconds)} ({attendance.percent:.0f} % of the webinar),"
        f" from{_at(attendance.first_join_at)} to{_at(attendance.last_leave_at)}."
    )


@hookimpl
def on_recording(recording: Recording) -> Iterable[Effect]:
    transcript = "with a transcript" if recording.has_transcript else "without a transcript"
    yield AuditEntry(
        f"A recording of {_duration(recording.duration_seconds)} is available, {transcript}."
    )


def _at(moment: datetime | None) -> str:
    """`` 2026-03-03 10:00 UTC``, or nothing when Zoom did not say when."""
    return "" if moment is None else f" {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _duration(seconds: int) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"
