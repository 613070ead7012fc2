"""Writes Zoom's app manifest: `python marketplace/zoom/manifest.py https://rollcall.example.com`.

The addresses are the code's routes and the events those it reads. Scopes have no other place in the
code, because Zoom grants what the app is registered with: this table is it, and the tests compare
it with the calls.
https://developers.zoom.us/docs/build-flow/manifests/schema/
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from oauth.routes import ZOOM_CALLBACK
from schemas.zoom_webhooks import SUBSCRIBED
from webhooks.zoom import PATH

EXAMPLE = "https://rollcall.example.com"
TARGET = Path(__file__).with_name("manifest.json")

ENDPOINT_SCOPES = {
    ("GET", "/users/me"): "user:read:user:admin",
    ("GET", "/users"): "user:read:list_users:admin",
    ("GET", "/users/{user}/webinars"): "webinar:read:list_webinars:admin",
    ("GET", "/webinars/{webinar}"): "webinar:read:webinar:admin",
    ("GET", "/webinars/{webinar}/panelists"): "webinar:read:list_panelists:admin",
    ("GET", "/webinars/{webinar}/registrants"): "webinar:read:list_registrants:admin",
    ("GET", "/webinars/{webinar}/registrants/questions"): (
        "webinar:read:list_registration_questions:admin"
    ),
    ("POST", "/webinars/{webinar}/registrants"): "webinar:write:registrant:admin",
    ("POST", "/webinars/{webinar}/batch_registrants"): "webinar:write:batch_registrants:admin",
    ("GET", "/past_webinars/{webinar}/instances"): "webinar:read:list_past_instances:admin",
    ("GET", "/past_webinars/{uuid}/participants"): "webinar:read:list_past_participants:admin",
    ("GET", "/report/webinars/{uuid}"): "report:read:webinar:admin",
    ("GET", "/report/webinars/{uuid}/participants"): (
        "report:read:list_webinar_participants:admin"
    ),
    ("GET", "/report/history_meetings"): "report:read:list_history_meetings:admin",
    ("GET", "/meetings/{uuid}/recordings"): "cloud_recording:read:list_recording_files:admin",
}
"""What each call of :mod:`clients.zoom` that Rollcall makes has to be allowed.

https://developers.zoom.us/docs/api/meetings/
"""

EVENT_SCOPES = {
    "webinar.registration_": "webinar:read:registrant:admin",
    "webinar.": "webinar:read:webinar:admin",
    "recording.": "cloud_recording:read:recording:admin",
    "user.": "user:read:user:admin",
}
"""What an event of each kind has to be allowed, the more precise beginning first.

https://developers.zoom.us/docs/api/meetings/events/
"""

OPTIONAL = ("report:", "cloud_recording:")
"""Beginnings of the scopes that may be left out: attendance is then read without the report, and
recordings are not read. Everything else is needed for any webinar."""


def scope_of(event: str) -> str:
    """The scope without which Zoom does not send an event."""
    return next(scope for begin, scope in EVENT_SCOPES.items() if event.startswith(begin))


def scopes() -> list[str]:
    """Every scope the calls and the events need, each once."""
    return sorted({*ENDPOINT_SCOPES.values(), *map(scope_of, SUBSCRIBED)})


def manifest(public_url: str) -> dict[str, Any]:
    """The manifest of an installation at an address. Raises ValueError where Zoom would not go."""
    parts = urlsplit(public_url)
    if parts.scheme != "https" or not parts.hostname or parts.path or parts.query:
        raise ValueError(
            f"{public_url}: an address such as {EXAMPLE}, https and no slash at the end"
        )
    callback, webhook = public_url + ZOOM_CALLBACK, public_url + PATH
    return {
        "display_information": {
            "display_name": "Rollcall",
            "description": "Keeps your CRM true to what happened in your Zoom webinars.",
            "long_description": (
                "Rollcall reads who registered for your webinars, who came and for how long, and"
                " which recordings exist, and keeps contacts in your CRM true to it. Everybody Zoom"
                " names is in sync, excluded with a reason, failing with an explanation, or waiting"
                " for something that is named. Workflows can register contacts for webinars."
            ),
        },
        "oauth_information": {
            "usage": "ADMIN_MANAGEMENT",
            "development_redirect_uri": callback,
            "production_redirect_uri": callback,
            "oauth_allow_list": [callback],
            "strict_mode": True,
            "subdomain_strict_mode": True,
            "scopes": [
                {"scope": scope, "optional": scope.startswith(OPTIONAL)} for scope in scopes()
            ],
            "scope_description": (
                "Reads users, webinars, registrants, attendance reports and recordings; adds a"
                " registrant when a workflow asks for it. Changes and deletes nothing else."
            ),
        },
        "features": {
            "products": [],
            "event_subscription": {
                "enable": True,
                "events": [
                    {
                        "subscription_name": "rollcall",
                        "event_usage": "EVENT_FOR_ADMIN",
                        "event_types": sorted(SUBSCRIBED),
                        "development_webhook_url": webhook,
                        "production_webhook_url": webhook,
                    }
                ],
            },
        },
    }


def write(public_url: str) -> str:
    """The manifest as the file has it."""
    return json.dumps(manifest(public_url), indent=2) + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(f"usage: python {sys.argv[0]} [PUBLIC_URL]")
    if len(sys.argv) == 2:
        sys.stdout.write(write(sys.argv[1]))
    else:
        TARGET.write_text(write(EXAMPLE))
