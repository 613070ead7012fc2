"""A webinar's recording: a call record on the timelines of those who came, with the transcript."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from marshmallow import Schema, fields

from rollcall import (
    CallRecord,
    Context,
    Effect,
    MarketingEventText,
    PluginDescription,
    Recording,
    hookimpl,
)


class Settings(Schema):
    """What a call record holds besides the link to Zoom."""

    transcript = fields.Boolean(
        load_default=True,
        metadata={"label": "Give the call record the transcript, once Zoom has it"},
    )
    player = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Give the call record a player, whose link plays without signing in to Zoom"
        },
    )


@hookimpl
def describe_plugin() -> PluginDescription:
    return PluginDescription(
        name="recordings",
        title="Recordings",
        version="1.0.0",
        summary="Puts a webinar's recording and transcript on a call record of those who came.",
        settings_schema=Settings,
    )


@hookimpl
def on_recording(recording: Recording, context: Context) -> Iterable[Effect]:
    webinar = recording.occurrence.webinar
    topic = webinar.topic or f"Zoom webinar {webinar.webinar_id}"
    if context.tenant.recording_target == "marketing_event":
        if recording.share_url:
            text = f"Recording of {_moment(recording.started_at)}: {recording.share_url}"
            yield MarketingEventText(text)
        return
    yield CallRecord(
        title=f"Recording: {topic}",
        body=_body(topic, recording),
        with_transcript=context.settings["transcript"],
        with_player=context.settings["player"],
    )


def _body(topic: str, recording: Recording) -> str:
    """The link that people watch at Zoom's; it asks for the passcode where there is one."""
    told = f"Recording of the webinar “{escape(topic)}” of {_moment(recording.started_at)}"
    if not recording.share_url:
        return f"<p>{told}.</p>"
    url = escape(recording.share_url)
    return f'<p>{told}:<br><a href="{url}">{url}</a></p>'


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
