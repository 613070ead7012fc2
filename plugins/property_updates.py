"""The four contact properties: how many webinars, how much of them, and the last one's address."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from rollcall import (
    Attendance,
    Context,
    Effect,
    PluginDescription,
    PropertyUpdate,
    Registrant,
    hookimpl,
)

AVERAGE_PERCENT = "rollcall_average_attendance_percent"
LAST_REGISTERED = "rollcall_last_registered_webinar"
REGISTRATION_COUNT = "rollcall_registration_count"
ATTENDANCE_COUNT = "rollcall_attendance_count"


@hookimpl
def describe_plugin() -> PluginDescription:
    return PluginDescription(
        name="property_updates",
        title="Contact properties",
        version="1.0.0",
        summary="Keeps the four Zoom webinar properties of a contact true.",
        # Seen before they are written, so that only what differs is.
        contact_properties=(
            AVERAGE_PERCENT,
            LAST_REGISTERED,
            REGISTRATION_COUNT,
            ATTENDANCE_COUNT,
        ),
    )


@hookimpl
def on_registrant(registrant: Registrant, context: Context) -> Iterable[Effect]:
    # A cancellation recounts a contact that exists; it is no reason to have one.
    if registrant.status != "approved" and context.contact.contact_id is None:
        return
    totals = context.totals
    yield PropertyUpdate(REGISTRATION_COUNT, str(totals.registrations))
    public = _without_token(totals.last_registered_url)
    yield PropertyUpdate(LAST_REGISTERED, totals.last_join_url or public)


@hookimpl
def on_attendance(attendance: Attendance, context: Context) -> Iterable[Effect]:
    if attendance.seconds <= 0 and context.contact.contact_id is None:
        return
    totals = context.totals
    yield PropertyUpdate(ATTENDANCE_COUNT, str(totals.attendances))
    yield PropertyUpdate(AVERAGE_PERCENT, _number(totals.average_percent))


def _number(value: float | None) -> str:
    """One decimal at most and no trailing zeros; "" for None, which clears the property."""
    return "" if value is None else f"{value:.1f}".removesuffix(".0")


def _without_token(url: str) -> str:
    """The URL without ``tk``, the parameter by which Zoom lets one registrant in.

    Context promises a public URL. A link that opens the webinar in somebody's name must not reach
    a CRM record on the strength of a promise.
    """
    if "tk=" not in url.lower():
        return url
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, True) if pair[0].lower() != "tk"]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(kept), ""))
