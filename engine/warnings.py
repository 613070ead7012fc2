"""What a person should know about a webinar's sync: what it means, and what mends it.

The titles and causes are those HubSpot's help page for its own Zoom integration describes, so
support articles still apply; the reason codes beneath are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.effective import WhyNot
from engine.question_warnings import FormFacts, find_form_warnings
from engine.recording_warnings import RecordingFacts, find_causes

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
ActionName = Literal[
    "open_settings", "open_webinar_settings", "sync_now", "open_zoom", "show_people", "reconnect"
]

EXCLUDED_ADDRESSES: Mapping[str, str] = {
    "hubspot_user": "belong to users of the HubSpot account",
    "excluded_domain": "have a domain excluded in the settings",
    "invalid_email": "are not valid addresses",
    "secondary_email": "are secondary addresses of contacts",
}
"""The four reasons for which addresses are excluded from webinar sync, in words."""

_RECORDING_TITLE = "Webinar recording or transcript did not sync"

_NAMELESS = ("no_email", "unmatched")

_SWITCHES: Mapping[WhyNot, tuple[str, str, ActionName]] = {
    "global_off": (
        "Webinar sync is off for the whole account.",
        "An admin has to switch on webinar sync in Global settings first.",
        "open_settings",
    ),
    "host_not_selected": (
        "Webinars are synced for selected users, and this webinar's host is not one of them.",
        "Add the host to the selected users in Global settings, or choose all users.",
        "open_settings",
    ),
    "host_domain_excluded": (
        "The host's e-mail domain is in the list of excluded host domains.",
        "Remove the domain from Exclusions in Global settings.",
        "open_settings",
    ),
    "webinar_off": (
        "Sync is switched off for this webinar.",
        "Switch it on in the webinar's own settings.",
        "open_webinar_settings",
    ),
    "user_off": (
        "New webinars of this host are not synced by default.",
        "Switch on sync for this webinar, or new webinars in the host's user settings.",
        "open_webinar_settings",
    ),
    "recordings_global_off": (
        "Recordings and transcripts are off for the whole account.",
        "An admin has to switch on recordings in Global settings first.",
        "open_settings",
    ),
    "recordings_host_not_selected": (
        "Recordings are synced for selected users, and this webinar's host is not one of them.",
        "Add the host to the selected users in Global settings, or choose all users.",
        "open_settings",
    ),
    "recordings_domain_excluded": (
        "The host's e-mail domain is in the list of recording exclusions.",
        "Remove the domain from Recording exclusions in Global settings.",
        "open_settings",
    ),
    "recordings_off": (
        "Recordings are switched off for this webinar.",
        "Switch them on in the webinar's own settings.",
        "open_webinar_settings",
    ),
    "user_recordings_off": (
        "Recordings of this host's webinars are not synced.",
        "Switch on recordings for this webinar, or in the host's user settings.",
        "open_webinar_settings",
    ),
}


@dataclass(frozen=True, slots=True)
class Action:
    """The button that mends it: what it does, what it says, and the filters of a list it opens."""

    name: ActionName
    label: str
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SyncWarning:
    """One warning. ``occurrence_id`` is None where it concerns the whole webinar."""

    code: Code
    title: str
    meaning: str
    remedy: str
    count: int
    action: Action
    occurrence_id: str | None = None


@dataclass(frozen=True, slots=True)
class OccurrenceFacts:
    """What is stored about one occurrence.

    ``counts`` are people by (outcome, reason). ``zoom_people`` and ``report_rows`` are Zoom's own
    figures, None before the first complete read. ``is_read`` says that such a read was made after
    the end. ``rejected_writes`` counts refused writes that belong to no single person, such as the
    marketing event's.
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
    rejected_writes: int = 0
    recordings: RecordingFacts = field(default_factory=RecordingFacts)
    is_reduced: bool = False

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
        return [_about_zoom_events(webinar)]
    warnings = list(_about_switches(webinar))
    if webinar.why_not is None:
        warnings += _about_form(webinar.form)
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
        if webinar.why_not is None and webinar.why_recordings_not is None:
            warnings += _recordings(occurrence)
    return warnings


def _about_zoom_events(webinar: WebinarFacts) -> SyncWarning:
    return SyncWarning(
        "data_not_synced",
        "Some webinar data did not sync",
        "The webinar belongs to a Zoom Event, whose registrations Zoom keeps apart from webinars'.",
        "Nothing of it is synced. Schedule the next one as a webinar of its own in Zoom.",
        sum(occurrence.count("excluded", "zoom_events") for occurrence in webinar.occurrences),
        Action("open_zoom", "Open Zoom"),
    )


def _about_switches(webinar: WebinarFacts) -> Iterator[SyncWarning]:
    if webinar.why_not is not None:
        meaning, remedy, action = _SWITCHES[webinar.why_not]
        yield SyncWarning(
            "sync_disabled",
            "Some webinar data did not sync because the sync setting is disabled",
            meaning,
            f"{remedy} What is missing then syncs by itself.",
            sum(occurrence.count("excluded", "sync_off") for occurrence in webinar.occurrences),
            Action(action, "Open settings"),
        )
    elif webinar.why_recordings_not is not None:
        # Where nothing was recorded and nothing is to be, nobody misses anything.
        concerned = sum(occurrence.recordings.concerned for occurrence in webinar.occurrences)
        if concerned:
            meaning, remedy, action = _SWITCHES[webinar.why_recordings_not]
            yield SyncWarning(
                "recording_not_synced",
                _RECORDING_TITLE,
                meaning,
                f"{remedy} What is missing then syncs by itself.",
                concerned,
                Action(action, "Open settings"),
            )


def _about_form(form: FormFacts) -> Iterator[SyncWarning]:
    for found in find_form_warnings(form):
        action = Action(found.button, found.label)
        yield SyncWarning(found.code, found.title, found.meaning, found.remedy, found.count, action)


def _recordings(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    for cause in find_causes(occurrence.recordings):
        yield SyncWarning(
            "recording_not_synced",
            _RECORDING_TITLE,
            cause.meaning,
            cause.remedy,
            cause.count,
            Action(cause.button, cause.label),
            occurrence.occurrence_id,
        )


def _participants(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    if occurrence.is_series or not (occurrence.is_read and occurrence.report_rows == 0):
        return
    yield SyncWarning(
        "participants_missing",
        "Some participants did not sync",
        "Zoom has no participant information for this webinar: nobody joined, or Zoom's data has"
        " an error.",
        "Look at the webinar's attendance report in Zoom. If it lists people, use Sync now.",
        0,
        Action("open_zoom", "Open Zoom's report"),
        occurrence.occurrence_id,
    )


def _missing(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    nameless = occurrence.count("excluded", *_NAMELESS)
    # Before the figures are settled Zoom may count people its lists do not show yet.
    unexplained = abs(occurrence.remainder) if occurrence.is_settled else 0
    if not nameless and not unexplained:
        return
    causes = []
    if nameless:
        causes.append(f"Zoom gave no e-mail address for {_people(nameless)}.")
    if unexplained:
        causes.append(f"Zoom's own figure differs from ours by {_people(unexplained)}.")
    yield SyncWarning(
        "data_not_synced",
        "Some webinar data did not sync",
        " ".join(causes),
        "Switch on registration for the webinar in Zoom, so that every participant has an address."
        if nameless
        else "Use Sync now: it reads Zoom and HubSpot again and repairs what differs.",
        nameless + unexplained,
        Action("show_people", "Show these people", {"outcome": "excluded", "reason": "no_email"})
        if occurrence.count("excluded", "no_email")
        else Action(
            "show_people", "Show these people", {"outcome": "excluded", "reason": "unmatched"}
        )
        if nameless
        else Action("sync_now", "Sync now"),
        occurrence.occurrence_id,
    )


def _addresses(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    parts = {reason: occurrence.count("excluded", reason) for reason in EXCLUDED_ADDRESSES}
    count = sum(parts.values())
    if not count:
        return
    words = [
        f"{parts[reason]} {words}" for reason, words in EXCLUDED_ADDRESSES.items() if parts[reason]
    ]
    yield SyncWarning(
        "emails_excluded",
        "Some e-mail addresses have been excluded from webinar sync",
        f"Of the excluded addresses {', '.join(words)}.",
        "Nothing has to be done, unless you want to remove an exclusion. The list shows every"
        " address and the rule that excluded it.",
        count,
        Action("show_people", "Show the excluded addresses", {"outcome": "excluded"}),
        occurrence.occurrence_id,
    )


def _errors(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    failing = occurrence.count("failing")
    count = failing + occurrence.rejected_writes
    if not count and not occurrence.read_problem:
        return
    causes = []
    if occurrence.read_problem:
        causes.append(f"Zoom could not be read: {occurrence.read_problem.rstrip('.')}.")
    if failing:
        causes.append(f"HubSpot refused data of {_people(failing)}, or a plugin failed for them.")
    if occurrence.rejected_writes:
        causes.append("HubSpot refused the webinar's own record.")
    yield SyncWarning(
        "sync_error",
        "Some webinar data did not sync because of an error",
        " ".join(causes),
        "The list shows HubSpot's message for each person; mend its cause, then use Retry."
        if failing
        else "Check that the webinar still exists in Zoom, then use Sync now.",
        count,
        Action("show_people", "Show what failed", {"outcome": "failing"})
        if failing
        else Action("sync_now", "Sync now"),
        occurrence.occurrence_id,
    )


def _plugins(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    held = occurrence.count("waiting", "plugin_unavailable")
    if not held:
        return
    yield SyncWarning(
        "plugin_unavailable",
        "Some people wait for a plugin",
        f"A plugin that may exclude people cannot be asked, so {_people(held)} wait.",
        "Have the plugin mended and use Sync now, or switch it off under Plugins.",
        held,
        Action("open_settings", "Open plugins"),
        occurrence.occurrence_id,
    )


def _connection(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    waiting = occurrence.count("waiting", "reconnect")
    if not waiting:
        return
    yield SyncWarning(
        "reconnect",
        "Sync is waiting for a connection",
        f"HubSpot or Zoom no longer accepts our access, so {_people(waiting)} wait.",
        "Connect the account again; the work then goes on by itself.",
        waiting,
        Action("reconnect", "Reconnect"),
        occurrence.occurrence_id,
    )


def _reduced(occurrence: OccurrenceFacts) -> Iterable[SyncWarning]:
    if occurrence.is_reduced:
        yield SyncWarning(
            "attendance_reduced",
            "Attendance was read without Zoom's reports",
            "Whoever connected Zoom may not see usage reports, so people were matched by e-mail"
            " address alone, and when the webinar ended may be an estimate.",
            "Have it connected again by somebody whose Zoom role includes Usage Reports.",
            0,
            Action("reconnect", "Connect Zoom again"),
            occurrence.occurrence_id,
        )


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
