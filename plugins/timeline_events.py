"""What a contact's timeline tells: registered, attended (from when to when), recording available.

Moments are ISO 8601 in UTC, numbers plain decimals: everything is text on HubSpot's wire, typed by
the event type's definition.
https://developers.hubspot.com/docs/apps/developer-platform/add-features/app-events/overview
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from marshmallow import Schema, fields, validate

from rollcall import (
    Attendance,
    Context,
    Effect,
    Occurrence,
    PluginDescription,
    Recording,
    Registrant,
    TimelineEvent,
    hookimpl,
)


class Settings(Schema):
    """Whom a recording is announced to."""

    recording_audience = fields.String(
        load_default="attended",
        validate=validate.OneOf(("attended", "registered"), ("Who came", "Who registered")),
        metadata={"label": "Show a new recording on the timelines of"},
    )


@hookimpl
def describe_plugin() -> PluginDescription:
    return PluginDescription(
        name="timeline_events",
        title="Timeline events",
        version="1.0.0",
        summary="Puts registrations, attendance and recordings on the contact's timeline.",
        settings_schema=Settings,
    )


@hookimpl
def on_registrant(registrant: Registrant) -> Iterable[Effect]:
    if registrant.status == "approved":
        yield TimelineEvent("registered", _about(registrant.occurrence))


@hookimpl
def on_attendance(attendance: Attendance) -> Iterable[Effect]:
    if attendance.seconds > 0:
        yield TimelineEvent(
            "attended",
            {
                **_about(attendance.occurrence),
                "joined_at": _moment(attendance.first_join_at),
                "left_at": _moment(attendance.last_leave_at),
                "duration_seconds": str(attendance.seconds),
                "duration_percent": f"{attendance.percent:.1f}".removesuffix(".0"),
            },
        )


@hookimpl
def on_recording(recording: Recording, context: Context) -> Iterable[Effect]:
    if recording.share_url:
        yield TimelineEvent(
            "recording",
            {**_about(recording.occurrence), "recording_url": recording.share_url},
            audience=context.settings["recording_audience"],
        )


def _about(occurrence: Occurrence) -> dict[str, str]:
    """Which webinar. The scheduled start comes first: it is the same before and after the event."""
    about = {
        "webinar_id": occurrence.webinar.webinar_id,
        "webinar_name": occurrence.webinar.topic,
    }
    start = occurrence.scheduled_at or occurrence.started_at
    if start is not None:
        about["webinar_start"] = _moment(start)
    return about


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
