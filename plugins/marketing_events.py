"""Registered, cancelled, attended: the person's state in the occurrence's marketing event."""

from __future__ import annotations

from collections.abc import Iterable

from rollcall import (
    Attendance,
    Context,
    Effect,
    MarketingParticipation,
    PluginDescription,
    Registrant,
    hookimpl,
)


@hookimpl
def describe_plugin() -> PluginDescription:
    return PluginDescription(
        name="marketing_events",
        title="Marketing events",
        version="1.0.0",
        summary="Records on the webinar's marketing event who registered, cancelled and came.",
    )


@hookimpl
def on_registrant(registrant: Registrant, context: Context) -> Iterable[Effect]:
    if registrant.status == "approved":
        yield MarketingParticipation("register")
    elif context.contact.contact_id is not None:
        # Somebody HubSpot never heard of has nothing there to cancel.
        yield MarketingParticipation("cancel")


@hookimpl
def on_attendance(attendance: Attendance) -> Iterable[Effect]:
    if attendance.seconds > 0:
        yield MarketingParticipation("attend")
