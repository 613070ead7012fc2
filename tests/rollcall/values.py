"""Contract values for tests: a settled webinar of one hour and people in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.dispatch import Question, RecordingQuestion
from plugins.registry import LoadedPlugin, load_plugin
from rollcall import (
    Attendance,
    ContactSnapshot,
    Context,
    Occurrence,
    Person,
    PluginDescription,
    Recording,
    Registrant,
    Tenant,
    Totals,
    Webinar,
    hookimpl,
)

START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
WEBINAR = Webinar(
    webinar_id="98765432101",
    account_id="zoom-account",
    topic="Spring launch",
    host_id="host-1",
    host_email="host@acme.example",
    public_url="https://zoom.us/webinar/register/WN_abc",
)
OCCURRENCE = Occurrence(
    "", WEBINAR, START, START, START + timedelta(hours=1), length_seconds=3600, is_settled=True
)


def person(email: str = "ada@example.com", **changes: Any) -> Person:
    values: dict[str, Any] = {
        "reference": f"ref-{email}",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "role": "attendee",
        "identity": "registration",
        "status": "approved",
    }
    return Person(email=email, **{**values, **changes})


def registrant(who: Person | None = None, status: Any = "approved", **changes: Any) -> Registrant:
    values: dict[str, Any] = {
        "occurrence": OCCURRENCE,
        "registered_at": START - timedelta(days=2),
        "cancelled_at": START - timedelta(days=1) if status == "cancelled" else None,
    }
    return Registrant(person=who or person(), status=status, **{**values, **changes})


def attendance(who: Person | None = None, **changes: Any) -> Attendance:
    values: dict[str, Any] = {
        "occurrence": OCCURRENCE,
        "first_join_at": START + timedelta(minutes=2),
        "last_leave_at": START + timedelta(minutes=49),
        "seconds": 2820,
        "percent": 100 * 2820 / 3600,
    }
    return Attendance(person=who or person(), **{**values, **changes})


def recording(**changes: Any) -> Recording:
    values: dict[str, Any] = {
        "occurrence": OCCURRENCE,
        "instance_uuid": "uuid==",
        "started_at": START,
        "duration_seconds": 3120,
        "share_url": "https://zoom.us/rec/share/xyz",
        "has_transcript": True,
    }
    return Recording(**{**values, **changes})


def context(
    *,
    tenant: Mapping[str, Any] | None = None,
    contact: Mapping[str, Any] | None = None,
    totals: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Context:
    return Context(
        tenant=Tenant(portal_id="42", **(tenant or {})),
        settings=settings or {},
        contact=ContactSnapshot(**(contact or {})),
        totals=Totals(**(totals or {})),
        now=START + timedelta(days=1),
    )


def question(email: str = "ada@example.com", **changes: Any) -> Question:
    who = changes.pop("person", None) or person(email)
    values: dict[str, Any] = {
        "registrant": registrant(who),
        "attendance": attendance(who),
        "context_base": context(),
    }
    return Question(person=who, **{**values, **changes})


def recording_question(**changes: Any) -> RecordingQuestion:
    return RecordingQuestion(recording(**changes), context())


def plugin(name: str, **hooks: Any) -> LoadedPlugin:
    """A partner's plugin made of functions; `plugin("x", on_attendance=f)`."""

    class Partner:
        pass

    partner = Partner()
    description = PluginDescription(name=name, title=name.title(), version="1.0.0")
    functions = {"describe_plugin": lambda: description, **hooks}
    for hook, function in functions.items():
        setattr(partner, hook, hookimpl(function))
    return load_plugin(partner)
