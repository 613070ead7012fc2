"""Slack messages: tells a channel who registered and who came, one message each.

A hook may call nobody, so each message is a follow-up: `post` runs later, in a job of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from marshmallow import Schema, fields, validate

from rollcall import (
    Attendance,
    Context,
    Effect,
    FollowUp,
    PluginDescription,
    Registrant,
    hookimpl,
)
from rollcall.errors import Permanent, Retryable

POST = "rollcall_slack:post"
SECONDS = 10.0


class Settings(Schema):
    """Where to post, and what."""

    webhook_url = fields.Url(
        schemes={"http", "https"},
        require_tld=False,
        allow_none=True,
        metadata={
            "title": "Webhook URL",
            "description": "An incoming webhook of the channel. Whoever knows it can post there.",
        },
    )
    tell = fields.List(
        fields.String(validate=validate.OneOf(["registrations", "attendances"])),
        metadata={"title": "Tell of", "description": "registrations, attendances, or both."},
    )


@hookimpl
def describe_plugin() -> PluginDescription:
    return PluginDescription(
        name="slack",
        title="Slack messages",
        version="0.1.0",
        summary="Tells a Slack channel who registered and who came.",
        settings_schema=Settings,
        defaults={"webhook_url": None, "tell": ["attendances"]},
    )


@hookimpl
def on_registrant(registrant: Registrant, context: Context) -> Iterable[Effect]:
    if registrant.status == "approved":
        yield from _message("registrations", "registered for", registrant, context)


@hookimpl
def on_attendance(attendance: Attendance, context: Context) -> Iterable[Effect]:
    yield from _message("attendances", "attended", attendance, context)


def _message(
    what: str, verb: str, told: Registrant | Attendance, context: Context
) -> Iterable[Effect]:
    """One follow-up; without figures, since a corrected one would be told as another message."""
    if not context.settings["webhook_url"] or what not in context.settings["tell"]:
        return
    who = f"{told.person.first_name} {told.person.last_name}".strip() or "Somebody"
    text = f"{who} {verb} {told.occurrence.webinar.topic}"
    yield FollowUp(POST, {"text": text, "person": told.person.reference})


def post(arguments: Mapping[str, str], settings: Mapping[str, Any]) -> None:
    """Post ``arguments["text"]`` to the webhook. Raises `Retryable` where a later try may do."""
    url = settings["webhook_url"]
    if not url:
        raise Permanent("no webhook URL is set")
    # Slack reads & < > as control characters.
    text = arguments["text"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = json.dumps({"text": text}).encode()
    request = Request(url, body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=SECONDS):
            return
    except HTTPError as error:
        with error:
            words = f"Slack answered {error.code}"
            if error.code == 429 or error.code >= 500:
                after = error.headers.get("Retry-After", "")
                raise Retryable(
                    words, retry_after=float(after) if after.isdigit() else None
                ) from None
            raise Permanent(words) from None
    except (URLError, TimeoutError):
        raise Retryable("Slack did not answer") from None
