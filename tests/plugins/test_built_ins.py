"""What the built-in behaviours ask for: contacts, properties, participation, timeline, audit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType
from typing import Any, ClassVar

import pytest

from plugins import (
    audit,
    contacts,
    marketing_events,
    property_updates,
    recordings,
    timeline_events,
)
from rollcall import (
    AuditEntry,
    CallRecord,
    ContactWanted,
    MarketingEventText,
    MarketingParticipation,
    PropertyUpdate,
    TimelineEvent,
)
from tests.rollcall.values import (
    OCCURRENCE,
    START,
    attendance,
    context,
    recording,
    registrant,
)

KNOWN = {"contact": {"contact_id": "7", "match": "primary"}}
STRANGER: dict[str, Any] = {}
URL = "https://zoom.us/webinar/register/WN_abc"


def properties(effects: Iterable[object]) -> dict[str, str]:
    return {effect.name: effect.value for effect in effects if isinstance(effect, PropertyUpdate)}


class TestContacts:
    def test_whoever_registers_or_comes_becomes_a_contact(self) -> None:
        assert list(contacts.on_registrant(registrant())) == [ContactWanted()]
        assert list(contacts.on_attendance(attendance())) == [ContactWanted()]

    def test_nobody_becomes_a_contact_by_cancelling_or_by_coming_too_late(self) -> None:
        assert list(contacts.on_registrant(registrant(status="cancelled"))) == []
        assert list(contacts.on_attendance(attendance(seconds=0, percent=0.0))) == []


class TestPropertyUpdates:
    def test_S33_S34_a_registration_counts_and_names_the_webinar(self) -> None:
        given = context(totals={"registrations": 3, "last_registered_url": URL})
        assert properties(property_updates.on_registrant(registrant(), given)) == {
            "rollcall_registration_count": "3",
            "rollcall_last_registered_webinar": URL,
        }

    @pytest.mark.parametrize(
        ("average", "text"),
        [(78.333, "78.3"), (100.0, "100"), (50.04, "50"), (0.0, "0"), (66.66, "66.7"), (None, "")],
    )
    def test_S32_the_average_has_one_decimal_at_most(
        self, average: float | None, text: str
    ) -> None:
        given = context(totals={"attendances": 2, "average_percent": average})
        assert properties(property_updates.on_attendance(attendance(), given)) == {
            "rollcall_attendance_count": "2",
            "rollcall_average_attendance_percent": text,
        }

    @pytest.mark.parametrize(
        ("url", "stored"),
        [
            (URL, URL),
            ("https://zoom.us/w/9?tk=secret", "https://zoom.us/w/9"),
            ("https://zoom.us/w/9?a=1&TK=secret&pwd=2#tk=x", "https://zoom.us/w/9?a=1&pwd=2"),
        ],
    )
    def test_S33_B12_Q5_no_property_gets_a_personal_token(self, url: str, stored: str) -> None:
        given = context(totals={"registrations": 1, "last_registered_url": url})
        values = properties(property_updates.on_registrant(registrant(), given))
        assert values["rollcall_last_registered_webinar"] == stored

    def test_S34_a_cancellation_recounts_a_contact_that_exists(self) -> None:
        cancelled = registrant(status="cancelled")
        known = context(**KNOWN, totals={"registrations": 0})
        assert properties(property_updates.on_registrant(cancelled, known)) == {
            "rollcall_registration_count": "0",
            "rollcall_last_registered_webinar": "",
        }
        assert list(property_updates.on_registrant(cancelled, context())) == []

    def test_S35_somebody_who_came_too_late_is_no_reason_for_properties(self) -> None:
        nobody = attendance(seconds=0, percent=0.0)
        assert list(property_updates.on_attendance(nobody, context())) == []


class TestMarketingEvents:
    @pytest.mark.parametrize(
        ("status", "given", "state"),
        [
            ("approved", STRANGER, "register"),
            ("approved", KNOWN, "register"),
            ("cancelled", KNOWN, "cancel"),
            ("cancelled", STRANGER, None),
        ],
    )
    def test_a_registration_becomes_a_state_of_the_event(
        self, status: str, given: dict[str, Any], state: Any
    ) -> None:
        effects = list(marketing_events.on_registrant(registrant(status=status), context(**given)))
        assert effects == ([] if state is None else [MarketingParticipation(state)])

    def test_only_somebody_who_was_there_attends(self) -> None:
        assert list(marketing_events.on_attendance(attendance())) == [
            MarketingParticipation("attend")
        ]
        assert list(marketing_events.on_attendance(attendance(seconds=0))) == []


class TestTimelineEvents:
    def test_S38_a_registration_names_the_webinar(self) -> None:
        (event,) = timeline_events.on_registrant(registrant())
        assert event == TimelineEvent(
            "registered",
            {
                "webinar_id": "98765432101",
                "webinar_name": "Spring launch",
                "webinar_start": "2026-03-03T10:00:00Z",
            },
        )

    def test_S37_S39_attendance_says_when_and_how_long(self) -> None:
        (event,) = timeline_events.on_attendance(attendance())
        assert isinstance(event, TimelineEvent)
        assert event.type == "attended"
        assert event.properties == {
            "webinar_id": "98765432101",
            "webinar_name": "Spring launch",
            "webinar_start": "2026-03-03T10:00:00Z",
            "joined_at": "2026-03-03T10:02:00Z",
            "left_at": "2026-03-03T10:49:00Z",
            "duration_seconds": "2820",
            "duration_percent": "78.3",
        }

    def test_S39_a_webinar_without_fixed_time_starts_when_it_started(self) -> None:
        occurrence = replace(OCCURRENCE, scheduled_at=None, started_at=START)
        (event,) = timeline_events.on_attendance(attendance(occurrence=occurrence))
        assert isinstance(event, TimelineEvent)
        assert event.properties["webinar_start"] == "2026-03-03T10:00:00Z"
        unknown = replace(OCCURRENCE, scheduled_at=None, started_at=None)
        (event,) = timeline_events.on_registrant(registrant(occurrence=unknown))
        assert isinstance(event, TimelineEvent)
        assert "webinar_start" not in event.properties

    def test_nothing_is_told_of_cancelling_or_of_coming_too_late(self) -> None:
        assert list(timeline_events.on_registrant(registrant(status="cancelled"))) == []
        assert list(timeline_events.on_attendance(attendance(seconds=0))) == []

    @pytest.mark.parametrize("audience", ["attended", "registered"])
    def test_S36_a_recording_goes_to_the_audience_the_portal_chose(self, audience: str) -> None:
        given = context(settings={"recording_audience": audience})
        (event,) = timeline_events.on_recording(recording(), given)
        assert isinstance(event, TimelineEvent)
        assert (event.type, event.audience) == ("recording", audience)
        assert event.properties["recording_url"] == "https://zoom.us/rec/share/xyz"
        assert event.properties["webinar_name"] == "Spring launch"

    def test_S36_a_recording_nobody_can_open_yet_is_not_announced(self) -> None:
        given = context(settings={"recording_audience": "attended"})
        assert list(timeline_events.on_recording(recording(share_url=""), given)) == []


class TestRecordings:
    GIVEN: ClassVar[dict[str, Any]] = {"transcript": True, "player": False}

    def ask(self, target: str = "call", **changes: Any) -> list[object]:
        given = context(tenant={"recording_target": target}, settings=self.GIVEN)
        return list(recordings.on_recording(recording(**changes), given))

    def test_S31_a_call_record_of_those_who_came_holds_the_link(self) -> None:
        (call,) = self.ask()
        assert isinstance(call, CallRecord)
        assert (call.title, call.audience) == ("Recording: Spring launch", "attended")
        assert 'href="https://zoom.us/rec/share/xyz"' in call.body
        assert (call.with_transcript, call.with_player) == (True, False)

    def test_what_people_typed_cannot_become_markup(self) -> None:
        webinar = replace(OCCURRENCE.webinar, topic="<script>alert('&')</script>")
        (call,) = self.ask(occurrence=replace(OCCURRENCE, webinar=webinar))
        assert isinstance(call, CallRecord)
        assert "<script>" not in call.body

    def test_Q10_the_marketing_event_may_say_it_instead(self) -> None:
        (text,) = self.ask("marketing_event")
        assert text == MarketingEventText(
            "Recording of 2026-03-03 10:00 UTC: https://zoom.us/rec/share/xyz"
        )
        assert self.ask("marketing_event", share_url="") == []


class TestAudit:
    @pytest.mark.parametrize(
        ("effects", "message"),
        [
            (audit.on_registrant(registrant()), "Registered 2026-03-01 10:00 UTC."),
            (
                audit.on_registrant(registrant(status="cancelled")),
                "Cancelled the registration 2026-03-02 10:00 UTC.",
            ),
            (audit.on_registrant(registrant(registered_at=None)), "Registered."),
            (
                audit.on_attendance(attendance()),
                (
                    "Attended 47 min (78 % of the webinar),"
                    " from 2026-03-03 10:02 UTC to 2026-03-03 10:49 UTC."
                ),
            ),
            (
                audit.on_attendance(attendance(seconds=0)),
                "Opened the webinar but was not there while it ran.",
            ),
            (
                audit.on_recording(recording()),
                "A recording of 52 min is available, with a transcript.",
            ),
            (
                audit.on_recording(recording(duration_seconds=3720, has_transcript=False)),
                "A recording of 1 h 2 min is available, without a transcript.",
            ),
        ],
        ids=[
            "registered",
            "cancelled",
            "undated",
            "attended",
            "late",
            "recording",
            "no transcript",
        ],
    )
    def test_what_happened_is_said_in_plain_words(
        self, effects: Iterable[object], message: str
    ) -> None:
        assert list(effects) == [AuditEntry(message)]


@pytest.mark.parametrize(
    "module",
    [contacts, property_updates, marketing_events, timeline_events, recordings, audit],
)
def test_every_built_in_behaviour_describes_itself(module: ModuleType) -> None:
    assert module.describe_plugin().name == module.__name__.removeprefix("plugins.")
