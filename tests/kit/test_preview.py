"""The preview says what a plugin would do for each person, and why not for others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest

from rollcall import (
    AuditEntry,
    CallRecord,
    ContactWanted,
    Effect,
    Exclusion,
    FollowUp,
    MarketingEventText,
    MarketingParticipation,
    PluginDescription,
    PropertyUpdate,
    TimelineEvent,
    hookimpl,
)
from rollcall.testing import NotAPlugin, format_preview, golden_webinar, preview
from rollcall_testkit.words import fingerprint, tell

EVERYDAY = golden_webinar("everyday")


class Plugin:
    """Has a say about everything."""

    @hookimpl
    def describe_plugin(self) -> PluginDescription:
        defaults = {"level": "gold"}
        return PluginDescription(name="say", title="Say", version="1.0.0", defaults=defaults)

    @hookimpl
    def should_exclude(self, person: Any) -> Exclusion | None:
        return Exclusion("stranger", "walked in") if person.identity == "report" else None

    @hookimpl
    def on_registrant(self, registrant: Any) -> Iterable[Effect]:
        yield AuditEntry(f"is {registrant.status}")

    @hookimpl
    def on_attendance(self, attendance: Any, context: Any) -> Iterable[Effect]:
        if attendance.percent < 10:
            raise RuntimeError("too short")
        yield PropertyUpdate("level", context.settings["level"])

    @hookimpl
    def on_recording(self, recording: Any) -> Iterable[Effect]:
        yield TimelineEvent("recording", {"url": recording.share_url}, "attended")


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("attends", ["audit log: is approved", "property level = 'gold'"]),
        ("no_show", ["audit log: is approved"]),
        ("cancels", ["audit log: is cancelled"]),
        ("walks_in", ["leave out: stranger (walked in)"]),
        ("telephones", ["left out by Rollcall: no_email"]),
        ("looks_in", ["audit log: is approved", "FAILED: raised RuntimeError at test_preview.py"]),
        (
            "recording 1",
            ["timeline event recording to everybody who attended, url='https://zoom.us/rec'"],
        ),
    ],
)
def test_B11_a_row_says_what_would_be_written(who: str, told: list[str]) -> None:
    rows = [row.what for row in preview(Plugin(), EVERYDAY) if row.who == who]
    lines = [re.sub(r"(?<=[.]py):[0-9]+$|(?<=us/rec)/share/golden", "", row) for row in rows]
    assert lines == told


def test_settings_are_those_of_a_portal() -> None:
    rows = preview(Plugin(), EVERYDAY, {"level": "silver"})
    assert PropertyUpdate("level", "silver") in [row.effect for row in rows]


def test_nobody_is_asked_about_registrations_that_wait_for_approval() -> None:
    rows = preview(Plugin(), golden_webinar("series"))
    assert [row.what for row in rows if row.who == "awaits_approval"] == ["nothing"]


def test_the_table_has_a_line_for_each_row_and_a_head() -> None:
    rows = preview(Plugin(), EVERYDAY)
    head, *lines = format_preview(rows).splitlines()
    assert head.split() == ["WHO", "HOOK", "WHAT"]
    assert len(lines) == len(rows)


def test_what_rollcall_would_not_load_is_refused_with_the_remedy() -> None:
    with pytest.raises(NotAPlugin, match="Add a @hookimpl function describe_plugin"):
        preview(object(), EVERYDAY)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ContactWanted(), "a contact"),
        (PropertyUpdate("a", "1", "if_empty"), "property a = '1', only if empty"),
        (MarketingParticipation("attend"), "marketing event: attend"),
        (
            CallRecord("Talk", "<p>", "registered"),
            "call record 'Talk' for everybody who registered",
        ),
        (MarketingEventText("Seen"), "marketing event's text 'Seen'"),
        (FollowUp("m:f", {"b": "2", "a": "1"}), "follow-up m:f, a='1', b='2'"),
        (Exclusion("vip", hold=True), "wait: vip"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_every_answer_has_words(answer: Effect | Exclusion, told: str) -> None:
    assert tell(answer) == told


def test_answers_that_differ_only_in_the_order_of_a_mapping_are_the_same() -> None:
    one, other = FollowUp("m:f", {"a": "1", "b": "2"}), FollowUp("m:f", {"b": "2", "a": "1"})
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(FollowUp("m:f", {"a": "1", "b": "3"}))
