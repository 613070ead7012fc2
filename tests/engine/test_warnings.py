"""Warnings: each fact brings its own, with what it means, how to mend it, and a button."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from engine.effective import WhyNot
from engine.recording_warnings import RecordingFacts
from engine.warnings import OccurrenceFacts, SyncWarning, WebinarFacts, find_warnings


def occurrence(**values: Any) -> OccurrenceFacts:
    return OccurrenceFacts(
        **{
            "occurrence_id": "0",
            "is_series": False,
            "has_ended": True,
            "is_read": True,
            "is_settled": True,
            "counts": {},
            "report_rows": 9,
            **values,
        }
    )


def warnings(why: Any = None, why_recordings: Any = None, **values: Any) -> list[SyncWarning]:
    return find_warnings(WebinarFacts(why, why_recordings, (occurrence(**values),)))


def test_a_webinar_in_order_has_none() -> None:
    assert warnings(counts={("in_sync", ""): 9}, zoom_people=9) == []


@pytest.mark.parametrize(
    ("facts", "code", "count", "title"),
    [
        pytest.param(
            {"why": "global_off", "counts": {("excluded", "sync_off"): 4}},
            "sync_disabled",
            4,
            "Some webinar data did not sync because the sync setting is disabled",
            id="S24",
        ),
        pytest.param(
            {"why_recordings": "recordings_off", "recordings": RecordingFacts(is_expected=True)},
            "recording_not_synced",
            1,
            "Webinar recording or transcript did not sync",
            id="S25",
        ),
        pytest.param(
            {"report_rows": 0},
            "participants_missing",
            0,
            "Some participants did not sync",
            id="S26",
        ),
        pytest.param(
            {"counts": {("excluded", "no_email"): 2}},
            "data_not_synced",
            2,
            "Some webinar data did not sync",
            id="S27",
        ),
        pytest.param(
            {
                "counts": {
                    ("excluded", "hubspot_user"): 1,
                    ("excluded", "excluded_domain"): 2,
                    ("excluded", "invalid_email"): 3,
                    ("excluded", "secondary_email"): 4,
                    ("excluded", "role"): 50,
                }
            },
            "emails_excluded",
            10,
            "Some e-mail addresses have been excluded from webinar sync",
            id="S28",
        ),
        pytest.param(
            {"counts": {("failing", "rejected"): 2}},
            "sync_error",
            2,
            "Some webinar data did not sync because of an error",
            id="S29",
        ),
        pytest.param(
            {"counts": {("in_sync", ""): 8}, "zoom_people": 9},
            "data_not_synced",
            1,
            "Some webinar data did not sync",
            id="B02 one person unexplained",
        ),
        pytest.param(
            {"counts": {("waiting", "plugin_unavailable"): 5}},
            "plugin_unavailable",
            5,
            "Some people wait for a plugin",
            id="held by a plugin",
        ),
        pytest.param(
            {"counts": {("waiting", "reconnect"): 5}},
            "reconnect",
            5,
            "Sync is waiting for a connection",
            id="no connection",
        ),
    ],
)
def test_each_fact_brings_its_warning(
    facts: dict[str, Any], code: str, count: int, title: str
) -> None:
    (warning,) = warnings(**facts)
    assert (warning.code, warning.count, warning.title) == (code, count, title)
    assert warning.meaning
    assert warning.remedy
    assert warning.action.label


@pytest.mark.parametrize("why", get_args(WhyNot))
def test_S24_S25_every_switch_says_what_is_off_and_where_to_switch_it_on(why: WhyNot) -> None:
    is_recording = "recordings" in why
    there_is_one = RecordingFacts(states={"available": 1})
    (warning,) = warnings(None if is_recording else why, why, recordings=there_is_one)
    assert warning.code == ("recording_not_synced" if is_recording else "sync_disabled")
    assert warning.action.name in ("open_settings", "open_webinar_settings")


@pytest.mark.parametrize("why_recordings", ["recordings_global_off", None], ids=["off", "on"])
def test_S25_nothing_is_said_where_nothing_was_or_is_to_be_recorded(why_recordings: Any) -> None:
    assert warnings(None, why_recordings) == []


@pytest.mark.parametrize(
    ("facts", "words", "button"),
    [
        pytest.param(
            {"states": {"available": 1}, "without_participants": 1},
            "everybody who came is excluded",
            "open_settings",
            id="S25-2 no participants that sync",
        ),
        pytest.param(
            {"states": {"deleted": 1}}, "deleted in Zoom", "open_zoom", id="S25-3 deleted"
        ),
        pytest.param(
            {"states": {"trashed": 2}},
            "2 recordings are in Zoom's trash",
            "open_zoom",
            id="S25-3 trashed",
        ),
        pytest.param(
            {"states": {"unavailable": 1}}, "no longer listed", "open_zoom", id="S25-3 unavailable"
        ),
        pytest.param({"is_expected": True}, "no recording was found", "sync_now", id="S25-3 none"),
        pytest.param(
            {"is_expected": True, "is_over": False},
            "still processing",
            "sync_now",
            id="S25-4 expected",
        ),
        pytest.param(
            {"states": {"processing": 1}}, "still processing", "sync_now", id="S25-4 processing"
        ),
        pytest.param(
            {"states": {"available": 1}, "transcripts": {"processing": 1}},
            "still making the transcript",
            "sync_now",
            id="S25-4 transcript",
        ),
        pytest.param(
            {"is_expected": True, "problem": "scope missing"},
            "does not let us list",
            "reconnect",
            id="S25 not allowed",
        ),
        pytest.param(
            {"is_expected": True, "problem": "no", "problem_kind": "refused"},
            "refused to list",
            "sync_now",
            id="S25 refused",
        ),
        pytest.param(
            {
                "is_expected": True,
                "is_over": False,
                "problem": "503",
                "problem_kind": "unreachable",
            },
            "could not be asked",
            "sync_now",
            id="S25 not reachable, which is not processing",
        ),
        pytest.param(
            {"states": {"available": 1}, "without_participants": 1, "nobody_came": True},
            "no participants, so",
            "open_settings",
            id="S25-2 nobody came",
        ),
        pytest.param(
            {"states": {"available": 1}, "transcripts": {"gone": 1}},
            "transcript was removed",
            "open_zoom",
            id="S25-3 transcript",
        ),
        pytest.param(
            {"states": {"available": 1}, "is_audience_lost": True},
            "more than six months ago",
            "open_zoom",
            id="S25 Q8 who came is lost",
        ),
        pytest.param(
            {"states": {"available": 1}, "without_plugin": 1},
            "plugin",
            "open_settings",
            id="a plugin failed",
        ),
    ],
)
def test_S25_each_cause_is_told_apart(facts: dict[str, Any], words: str, button: str) -> None:
    (warning,) = warnings(recordings=RecordingFacts(**facts))
    assert warning.code == "recording_not_synced"
    assert words in warning.meaning
    assert warning.action.name == button
    assert warning.occurrence_id == "0"


def test_S25_a_recording_that_arrived_is_no_cause() -> None:
    there = RecordingFacts(states={"available": 1}, transcripts={"available": 1}, is_expected=True)
    assert warnings(recordings=there) == []


def test_S28_the_meaning_counts_each_of_the_four_reasons() -> None:
    counts = {("excluded", "hubspot_user"): 1, ("excluded", "invalid_email"): 3}
    (warning,) = warnings(counts=counts)
    assert "1 of users of the HubSpot account" in warning.meaning
    assert "3 not valid" in warning.meaning
    assert "secondary" not in warning.meaning


def test_B02_figures_that_are_not_settled_are_not_held_against_anybody() -> None:
    assert warnings(counts={("in_sync", ""): 8}, zoom_people=9, is_settled=False) == []


def test_S26_nothing_is_said_before_zoom_was_read_after_the_end() -> None:
    assert warnings(report_rows=0, is_read=False) == []


def test_a_problem_reading_zoom_is_told_in_its_words() -> None:
    (warning,) = warnings(read_problem="the webinar was not found")
    assert warning.code == "sync_error"
    assert "the webinar was not found" in warning.meaning


def test_S04_a_zoom_events_webinar_has_one_warning_and_no_others() -> None:
    facts = occurrence(counts={("excluded", "zoom_events"): 3}, report_rows=0)
    (told,) = find_warnings(WebinarFacts("global_off", None, (facts,), is_zoom_events=True))
    assert (told.code, told.count) == ("data_not_synced", 3)
    assert "Zoom Event" in told.meaning


def test_reduced_attendance_names_the_role_that_is_missing() -> None:
    (told,) = warnings(is_reduced=True, counts={("in_sync", ""): 9})
    assert (told.code, told.action.name) == ("attendance_reduced", "reconnect")
    assert "Usage Reports" in told.remedy
