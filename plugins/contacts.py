"""Whoever registers or comes becomes a contact."""

from __future__ import annotations

from collections.abc import Iterable

from rollcall import Attendance, ContactWanted, Effect, PluginDescription, Registrant, hookimpl


@hookimpl
def describe_plugin() -> PluginDescription:
    return PluginDescription(
        name="contacts",
        title="Contacts",
        version="1.0.0",
        summary="Creates a contact for whoever registers or comes.",
    )


@hookimpl
def on_registrant(registrant: Registrant) -> Iterable[Effect]:
    # Nobody becomes a contact by taking a registration back.
    if registrant.status == "approved":
        yield ContactWanted()


@hookimpl
def on_attendance(attendance: Attendance) -> Iterable[Effect]:
    if attendance.seconds > 0:
        yield ContactWanted()
