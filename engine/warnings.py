"""What a person should know about a webinar's sync: what it means, and what mends it.

The titles and causes are those HubSpot's help page for its own Zoom integration describes, so
support articles still apply. They are only a presentation: beneath, every fact has one reason code
of ours and is told once, under one title.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.causes import ActionName, Cause, count_people
from engine.effective import WhyNot
from engine.plugin_warnings import Blamed, find_failed, find_held
from engine.question_warnings import FormFacts, find_unmapped, find_unread
from engine.reading_warnings import find_attendance_causes, find_list_causes, find_read_errors
from engine.recording_warnings import RecordingFacts, find_causes
from engine.switch_warnings import SWITCHES
from engine.write_warnings import (
    FAILURES,
    WriteFacts,
    find_failures,
    find_missing_records,
    find_outage,
    find_write_errors,
)

Code = Literal[
    "sync_disabled",
    "recording_not_synced",
    "participants_missing",
    "data_not_synced",
    "emails_excluded",
    "sync_error",
    "plugin_unavailable",
    "reconnect",
    "question_unmapped",
    "questions_unread",
    "attendance_reduced",
]
TITLES: Mapping[Code, str] = {
    "sync_disabled": "Some webinar data did not sync because the sync setting is disabled",
    "recording_not_synced": "Webinar recording or transcript did not sync",
    "participants_missing": "Some participants did not sync",
    "data_not_synced": "Some webinar data did not sync",
    "emails_excluded": "Some e-mail addresses have been excluded from webinar sync",
    "sync_error": "Some webinar data did not sync because of an error",
    "plugin_unavailable": "Some people wait for a plugin",
    "reconnect": "Sync is waiting for a connection",
    "attendance_reduced": "Attendance was read without Zoom's reports",
    "questions_unread": "The registration questions could not be read",
    "question_unmapped": "Contacts cannot be registered: a required question has no source",
}

EXCLUDED_ADDRESSES: Mapping[str, str] = {
    "hubspot_user": "of users of the HubSpot account",
    "excluded_domain": "with a domain excluded in the settings",
    "invalid_email": "not valid",
    "secondary_email": "secondary to a contact's own",
}
"""The four reasons for which addresses are excluded from webinar sync, in words."""

_CATCHES_UP = "What is missing then syncs by itself"


@dataclass(frozen=True, slots=True)
class Action:
    """The button that mends it: what it does, what it says, and the filters of a list it opens."""

    name: ActionName
    label: str
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SyncWarning:
    """One warning. ``occurrence_id`` is None where it concerns the whole webinar.

    ``code`` is the warning it is shown as, ``reason`` the fact: the code itself where that has but
    one.
    """

    code: Code
    title: str
    meaning: str
    remedy: str
    count: int
    action: Action
    occurrence_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class OccurrenceFacts:
    """What is stored about one occurrence.

    ``counts`` are people by (outcome, reason). ``zoom_people`` and ``report_rows`` are Zoom's own
    figures, None before the first complete read. ``has_ended``: by Zoom's word or by its schedule.
    ``is_read`` says that a complete read was made after the end. ``is_too_old``: it ended longer
    ago than Zoom keeps attendance reports, and was never settled. ``run_problem`` is why the newest
    run broke off, ``is_disconnected`` that it did for want of a connection. ``blamed`` are the
    plugins that people wait for or that failed for them, by that reason.
    """

    occurrence_id: str
    is_series: bool
    has_ended: bool
    is_read: bool
    is_settled: bool
    counts: Mapping[tuple[str, str], int]
    zoom_people: int | None = None
    report_rows: int | None = None
    read_problem: str = ""
    is_too_old: bool = False
    run_problem: str = ""
    is_disconnected: bool = False
    writes: WriteFacts = field(default_factory=WriteFacts)
    recordings: RecordingFacts = field(default_factory=RecordingFacts)
    is_reduced: bool = False
    blamed: Mapping[str, Blamed] = field(default_factory=dict)

    def count(self, outcome: str, *reasons: str) -> int:
        """People with this outcome, and one of the reasons if any are given."""
        return sum(
            people
            for (name, reason), people in self.counts.items()
            if name == outcome and (not reasons or reason in reasons)
        )

    @property
    def remainder(self) -> int:
        """Zoom's people that no outcome accounts for; 0 while Zoom's figure is not known."""
        if self.zoom_people is None:
            return 0
        return self.zoom_people - sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class WebinarFacts:
    """What is stored about a webinar; ``why_*`` name the first switch that is off."""

    why_not: WhyNot | None
    why_recordings_not: WhyNot | None
    occurrences: tuple[OccurrenceFacts, ...]
    form: FormFacts = field(default_factory=FormFacts)
    is_zoom_events: bool = False


def find_warnings(webinar: WebinarFacts) -> list[SyncWarning]:
    """Every warning there is cause for: the webinar's own first, then occurrence by occurrence."""
    if webinar.is_zoom_events:
        return list(_about_zoom_events(webinar))
    warnings = list(_about_switches(webinar))
    if webinar.why_not is not None:
        # Nothing is read or written: whatever else is known of it is of yesterday.
        return warnings
    warnings += _tell("questions_unread", find_unread(webinar.form), None)
    warnings += _tell("question_unmapped", find_unmapped(webinar.form), None)
    for occurrence in webinar.occurrences:
        for find in (
            _participants,
            _missing,
            _addresses,
            _errors,
            _plugins,
            _connection,
            _reduced,
        ):
            warnings += find(occurrence)
        if webinar.why_recordings_not is None:
            warnings += _recordings(occurrence)
    return warnings


def _about_zoom_events(webinar: WebinarFacts) -> Iterator[SyncWarning]:
    cause = Cause(
        "zoom_events",
        "The webinar belongs to a Zoom Event, whose registrations Zoom keeps apart from webinars'.",
        "Nothing of it is synced. Schedule the next one as a webinar of its own in Zoom.",
        sum(occurrence.count("excluded", "zoom_events") for occurrence in webinar.occurrences),
        "open_zoom",
        "Open Zoom",
    )
    return _tell("data_not_synced", [cause], None)


def _tell(code: Code, causes: Iterable[Cause], occurrence_id: str | None) -> Iterator[SyncWarning]:
    for cause in causes:
        yield SyncWarning(
            code,
            TITLES[code],
            cause.meaning,
            cause.remedy,
            cause.count,
            Action(cause.button, cause.label, cause.filters),
            occurrence_id,
            cause.reason,
        )


# --- the webinar's own ---------------------------------------------------------------------------


def _about_switches(webinar: WebinarFacts) -> Iterator[SyncWarning]:
    if webinar.why_not is not None:
        count = sum(place.count("excluded", "sync_off") for place in webinar.occurrences)
        too_old = sum(place.is_too_old for place in webinar.occurrences)
        ending = f"{_CATCHES_UP}.{_horizon(too_old, len(webinar.occurrences))}"
        yield from _tell("sync_disabled", [_about_switch(webinar.why_not, count, ending)], None)
    elif webinar.why_recordings_not is not None:
        # Where nothing was recorded and nothing is to be, nobody misses anything.
        count = sum(place.recordings.concerned for place in webinar.occurrences)
        if count:
            cause = _about_switch(webinar.why_recordings_not, count, f"{_CATCHES_UP}.")
            yield from _tell("recording_not_synced", [cause], None)


def _about_switch(why: WhyNot, count: int, ending: str) -> Cause:
    meaning, remedy, button = SWITCHES[why]
    return Cause(why, meaning, f"{remedy} {ending}", count, button, "Open settings")


def _horizon(too_old: int, dates: int) -> str:
    """How far back attendance can be had, where that matters."""
    if not too_old:
        return ""
    which = "The webinar" if dates == 1 else "1 date" if too_old == 1 else f"{too_old} dates"
    return (
        f" {which} ended more than six months ago, and Zoom keeps attendance reports no longer than"
        " that: registrants only, who came is lost."
    )


# --- occurrence by occurrence --------------------------------------------------------------------


def _participants(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    if occurrence.is_series:
        return ()
    causes = find_attendance_causes(
        problem=occurrence.read_problem,
        nobody_joined=occurrence.is_read and occurrence.report_rows == 0,
        is_over=occurrence.has_ended,
        is_too_old=occurrence.is_too_old,
        people=sum(occurrence.count(name) for name in ("in_sync", "waiting", "failing")),
    )
    return _tell("participants_missing", causes, occurrence.occurrence_id)


def _missing(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    causes = [
        *_about_nameless(occurrence),
        *find_missing_records(occurrence.writes),
        *find_list_causes(
            occurrence.read_problem, occurrence.remainder, is_settled=occurrence.is_settled
        ),
    ]
    return _tell("data_not_synced", causes, occurrence.occurrence_id)


def _about_nameless(occurrence: OccurrenceFacts) -> Iterator[Cause]:
    without, unmatched = (occurrence.count("excluded", name) for name in ("no_email", "unmatched"))
    remedy = "Switch on registration for the webinar in Zoom: then every participant has an address"
    if without:
        yield Cause(
            "no_email",
            f"Zoom gave no e-mail address for {count_people(without)}.",
            f"{remedy}.",
            without,
            "show_people",
            "Show these people",
            {"outcome": "excluded", "reason": "no_email"},
        )
    if unmatched:
        yield Cause(
            "unmatched",
            f"Zoom knows {count_people(unmatched)} by an id alone, and no registration has it.",
            f"{remedy}. Whom you know can be matched by hand.",
            unmatched,
            "show_people",
            "Show these people",
            {"outcome": "excluded", "reason": "unmatched"},
        )


def _addresses(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    counted = {reason: occurrence.count("excluded", reason) for reason in EXCLUDED_ADDRESSES}
    parts = {reason: count for reason, count in counted.items() if count}
    if not parts:
        return ()
    words = [f"{count} {EXCLUDED_ADDRESSES[reason]}" for reason, count in parts.items()]
    cause = Cause(
        "emails_excluded",
        f"Excluded addresses: {', '.join(words)}.",
        "Nothing has to be done, unless you want to remove an exclusion. The list shows every"
        " address and the rule that excluded it.",
        sum(parts.values()),
        "show_people",
        "Show the excluded addresses",
        {"outcome": "excluded", "reason": ",".join(parts)},
    )
    return _tell("emails_excluded", [cause], occurrence.occurrence_id)


def _errors(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    causes = [
        *find_read_errors(occurrence.read_problem),
        *find_failures(
            occurrence.writes,
            {name: occurrence.count("failing", name) for name in FAILURES},
        ),
        *find_failed(
            occurrence.count("failing", "plugin_failed"),
            occurrence.blamed.get("plugin_failed", {}),
        ),
        *find_write_errors(occurrence.writes),
        *find_outage(occurrence.count("waiting", "retrying")),
        *_about_run(occurrence),
    ]
    return _tell("sync_error", causes, occurrence.occurrence_id)


def _about_run(occurrence: OccurrenceFacts) -> Iterator[Cause]:
    # A connection that is missing, and an event that was refused, are told of by themselves.
    is_told = (
        occurrence.is_disconnected
        or occurrence.count("waiting", "reconnect")
        or occurrence.writes.has_no_event
    )
    if occurrence.run_problem and not is_told:
        yield Cause(
            "run_failed",
            f"The last sync broke off: {occurrence.run_problem.rstrip('.')}.",
            "It is tried again by itself in a while; Sync now does so at once.",
            0,
            "sync_now",
            "Sync now",
        )


def _plugins(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    held = occurrence.count("waiting", "plugin_unavailable")
    causes = find_held(held, occurrence.blamed.get("plugin_unavailable", {}))
    return _tell("plugin_unavailable", causes, occurrence.occurrence_id)


def _connection(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    waiting = occurrence.count("waiting", "reconnect")
    if not waiting and not occurrence.is_disconnected:
        return ()
    what = f"{count_people(waiting)} wait" if waiting else "nothing new is read or written"
    cause = Cause(
        "reconnect",
        f"HubSpot or Zoom no longer accepts our access, so {what}.",
        "Connect the account again; the work then goes on by itself.",
        waiting,
        "reconnect",
        "Reconnect",
    )
    return _tell("reconnect", [cause], occurrence.occurrence_id)


def _reduced(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    if not occurrence.is_reduced:
        return ()
    cause = Cause(
        "attendance_reduced",
        "Whoever connected Zoom may not see usage reports, so people were matched by e-mail address"
        " alone, and when the webinar ended may be an estimate.",
        "Have it connected again by somebody whose Zoom role includes Usage Reports.",
        0,
        "reconnect",
        "Connect Zoom again",
    )
    return _tell("attendance_reduced", [cause], occurrence.occurrence_id)


def _recordings(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    causes = find_causes(occurrence.recordings)
    return _tell("recording_not_synced", causes, occurrence.occurrence_id)
