"""The hooks, and nothing else. A plugin implements any subset and takes any subset of arguments."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from rollcall.context import Context
from rollcall.description import PluginDescription
from rollcall.effects import Effect, Exclusion
from rollcall.events import Attendance, Person, Recording, Registrant

hookspec = pluggy.HookspecMarker("rollcall")
hookimpl = pluggy.HookimplMarker("rollcall")
"""Marks a function as a plugin's answer to the hook of its name."""


@hookspec(firstresult=True)
def describe_plugin() -> PluginDescription:  # type: ignore[empty-body]
    """Say who you are: name, version, settings schema, contact properties wanted.

    Example::

        @hookimpl
        def describe_plugin():
            return PluginDescription(name="loyalty", title="Loyalty points", version="1.0.0")
    """


@hookspec
def should_exclude(person: Person, context: Context) -> Exclusion | None:
    """Return an ``Exclusion`` to keep this person out of HubSpot, or None for no opinion.

    Asked before the other hooks, which never see an excluded person. Every implementation is asked;
    the first in declared order names the reason and all opinions are kept. A hook that raises, or
    answers anything else, makes the person wait: whoever may exclude is not skipped.

    Example::

        @hookimpl
        def should_exclude(person, context):
            if person.email.endswith("@competitor.example"):
                return Exclusion(reason="competitor", detail="a competitor's address")
    """


@hookspec
def on_registrant(registrant: Registrant, context: Context) -> Iterable[Effect] | None:
    """Return the effects of a registration (``registrant.status`` approved or cancelled), or None.

    A generator will do. If the hook raises, or yields anything but effects, all of its effects for
    this registration are dropped and reported; other plugins' effects are not touched.

    Example::

        @hookimpl
        def on_registrant(registrant, context):
            yield PropertyUpdate("lead_source_detail", registrant.occurrence.webinar.topic)
    """


@hookspec
def on_attendance(attendance: Attendance, context: Context) -> Iterable[Effect] | None:
    """Return the effects of one person's attendance of one settled occurrence, or None.

    Example::

        @hookimpl
        def on_attendance(attendance, context):
            if attendance.percent >= 80:
                yield PropertyUpdate("engaged_attendee", "true")
    """


@hookspec
def on_recording(recording: Recording, context: Context) -> Iterable[Effect] | None:
    """Return the effects of a recording that can be watched, or None; asked again if it changes.

    Asked once the occurrence's attendance is settled; ``context.contact`` and ``context.totals``
    are empty. Timeline events and call records name an audience: the engine finds its people,
    leaves out the excluded ones and sends page by page.

    Example::

        @hookimpl
        def on_recording(recording, context):
            yield TimelineEvent("recording", {"recording_url": recording.share_url}, "attended")
    """
