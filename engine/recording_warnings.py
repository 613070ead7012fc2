"""Why a recording or transcript did not sync: each cause told apart, with what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.causes import ActionName, Cause
from engine.plugin_warnings import REMEDY
from engine.recordings import FileState, TranscriptState

ListProblem = Literal["not_allowed", "refused", "unreachable"]
"""Why Zoom did not list the recordings: no right to, refused for another reason, or in trouble."""

_GONE: Mapping[FileState, tuple[str, str, str]] = {
    "trashed": (
        "recording_trashed",
        "in Zoom's trash",
        "Recover it from the trash within 30 days; it then comes back by itself.",
    ),
    "deleted": (
        "recording_deleted",
        "deleted in Zoom",
        "Nothing has to be done. Should Zoom have it again, it comes back by itself.",
    ),
    "unavailable": (
        "recording_unlisted",
        "no longer listed by Zoom",
        "Look for it in Zoom, in the trash as well. If it is there, use Sync now.",
    ),
}
_UNLISTED: Mapping[ListProblem, tuple[str, str, ActionName, str]] = {
    "not_allowed": (
        "Zoom does not let us list the recordings",
        "Have a Zoom administrator grant the permission, then connect Zoom again.",
        "reconnect",
        "Reconnect",
    ),
    "refused": (
        "Zoom refused to list the recordings",
        "Look whether Zoom itself shows them, then use Sync now.",
        "sync_now",
        "Sync now",
    ),
    "unreachable": (
        "Zoom could not be asked for the recordings",
        "They are listed again in a few minutes by themselves; Sync now does so at once.",
        "sync_now",
        "Sync now",
    ),
}
_BY_ITSELF = "It arrives by itself; Sync now looks for it at once."


def write_list_problem(kind: ListProblem, words: str) -> str:
    """Kind and words as one text, as they are stored."""
    return f"{kind}: {words}"


def read_list_problem(text: str) -> tuple[ListProblem, str]:
    """Kind and words of a stored text; the words are "" when there is no problem."""
    kind, _, words = text.partition(": ")
    return next((one for one in _UNLISTED if one == kind), "refused"), words


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """What is stored of one occurrence's recordings.

    ``is_expected``: the webinar records to Zoom's cloud by itself, and has ended. ``is_over``: no
    further list is due. ``problem`` is what Zoom answered in place of a list, "" when it listed,
    and ``problem_kind`` what sort of answer that was. ``nobody_came``: Zoom's report is empty.
    ``is_audience_lost``: who came cannot be known any more.
    """

    is_expected: bool = False
    is_over: bool = True
    states: Mapping[FileState, int] = field(default_factory=dict)
    transcripts: Mapping[TranscriptState, int] = field(default_factory=dict)
    without_participants: int = 0
    without_plugin: int = 0
    problem: str = ""
    problem_kind: ListProblem = "not_allowed"
    nobody_came: bool = False
    is_audience_lost: bool = False

    @property
    def concerned(self) -> int:
        """Recordings there are, or one that is expected."""
        return sum(self.states.values()) or int(self.is_expected)


def find_causes(facts: RecordingFacts) -> Iterator[Cause]:
    """Every cause there is for an occurrence whose recordings are switched on."""
    if facts.problem and facts.concerned:
        words, remedy, button, label = _UNLISTED[facts.problem_kind]
        yield Cause(
            f"recordings_{facts.problem_kind}",
            f"{words}: {facts.problem.rstrip('.')}.",
            remedy,
            facts.concerned,
            button,
            label,
        )
    yield from _about_audience(facts)
    yield from _about_absent(facts)
    yield from _about_transcripts(facts)
    if facts.without_plugin:
        yield Cause(
            "plugin_failed",
            "A plugin that decides about recordings failed.",
            REMEDY,
            facts.without_plugin,
            "open_settings",
            "Open plugins",
        )


def _about_audience(facts: RecordingFacts) -> Iterator[Cause]:
    choose = "Choose the marketing event as the place for recordings, if you want it all the same."
    if facts.without_participants:
        who = (
            "The webinar had no participants"
            if facts.nobody_came
            else "The webinar had no participants that sync: everybody who came is excluded"
        )
        yield Cause(
            "no_participants" if facts.nobody_came else "no_synced_participants",
            f"{who}, so no contact can have the recording.",
            choose,
            facts.without_participants,
            "open_settings",
            "Open settings",
        )
    if facts.is_audience_lost and facts.states.get("available"):
        yield Cause(
            "audience_lost",
            "The webinar ended more than six months ago, and Zoom no longer says who came: no"
            " contact can have the recording.",
            "Nothing brings the attendance report back; the recording stays in Zoom.",
            facts.states["available"],
            "open_zoom",
            "Open Zoom's recordings",
        )


def _about_absent(facts: RecordingFacts) -> Iterator[Cause]:
    for state, (reason, words, remedy) in _GONE.items():
        count = facts.states.get(state, 0)
        if count:
            which = "A recording is" if count == 1 else f"{count} recordings are"
            yield Cause(
                reason,
                f"{which} {words}. HubSpot no longer shows its link and text.",
                remedy,
                count,
                "open_zoom",
                "Open Zoom's recordings",
            )
    processing = facts.states.get("processing", 0)
    is_missing = facts.is_expected and not facts.states and not facts.problem
    if processing or (is_missing and not facts.is_over):
        yield Cause(
            "recording_processing",
            "Zoom is still processing the recording.",
            _BY_ITSELF,
            max(processing, 1),
            "sync_now",
            "Sync now",
        )
    elif is_missing:
        yield Cause(
            "recording_not_found",
            "Zoom records this webinar by itself, and no recording was found.",
            "Look for it in Zoom. If it is there, use Sync now.",
            1,
            "sync_now",
            "Sync now",
        )


def _about_transcripts(facts: RecordingFacts) -> Iterator[Cause]:
    if facts.transcripts.get("processing"):
        yield Cause(
            "transcript_processing",
            "Zoom is still making the transcript.",
            _BY_ITSELF,
            facts.transcripts["processing"],
            "sync_now",
            "Sync now",
        )
    if facts.transcripts.get("gone"):
        yield Cause(
            "transcript_gone",
            "The recording is there, and its transcript was removed in Zoom. HubSpot no longer has"
            " the text.",
            "Recover it from Zoom's trash within 30 days; it then comes back by itself.",
            facts.transcripts["gone"],
            "open_zoom",
            "Open Zoom's recordings",
        )
