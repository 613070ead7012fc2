"""One contact after the other: what n8n's HubSpot node calls for each item it is given.

`packages/nodes-base/nodes/Hubspot/V2/HubspotV2.node.ts` of n8n-io/n8n, operation *upsert* of
resource *contact*: in a loop over the items, `POST /contacts/v1/contact/createOrUpdate/email/…`,
then `GET /contacts/v1/contact/vid/…/profile` unless *resolveData* is set, which it is not at first.
The node has no operation for a timeline: one HTTP node more, with one call for each row of Zoom's
report.

The simulator has the dated paths only. In the place of the first call stands a batch upsert with
one input, in that of the second a read by id, for the timeline the attendance of a marketing event:
as many calls, each with one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bench.flows.platforms import CONTACTS, EVENT_ID, EVENTS, ZOOM_ACCOUNT, Platforms

CALLS_A_REGISTRANT, CALLS_A_ROW = 2, 3


def run(
    platforms: Platforms,
    registrants: Iterable[Mapping[str, Any]],
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Write every registrant, then every row of the report. Raises `TrialFailed`."""
    for registrant in registrants:
        write_registrant(platforms, registrant)
    for row in rows:
        write_row(platforms, row)


def write_registrant(platforms: Platforms, registrant: Mapping[str, Any]) -> None:
    """The contact, and its profile, which nobody asked for."""
    names = {"firstname": registrant["first_name"], "lastname": registrant["last_name"]}
    _write_contact(platforms, registrant["email"], names)


def write_row(platforms: Platforms, row: Mapping[str, Any]) -> None:
    """The contact again with what the row says, then the timeline."""
    email = row["user_email"]
    _write_contact(platforms, email, {})
    attended = {
        "email": email,
        "interactionDateTime": _milliseconds(row["join_time"]),
        "properties": {"joinedAt": row["join_time"], "leftAt": row["leave_time"]},
    }
    path = f"{EVENTS}/attendance/{EVENT_ID}/attend/email-create"
    platforms.hubspot("POST", path, {"inputs": [attended]}, externalAccountId=ZOOM_ACCOUNT)


def _write_contact(platforms: Platforms, email: str, properties: Mapping[str, str]) -> None:
    wanted = {"id": email, "idProperty": "email", "properties": properties}
    written = platforms.hubspot("POST", f"{CONTACTS}/batch/upsert", {"inputs": [wanted]})
    platforms.hubspot("GET", f"{CONTACTS}/{written['results'][0]['id']}")


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1_000)
