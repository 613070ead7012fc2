"""Why a recording or transcript did not sync: each cause told apart, with what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.recordings import FileState, TranscriptState

ButtonName = Literal["open_settings", "sync_now", "open_zoom", "reconnect"]

_GONE: Mapping[FileState, str] = {
    "trashed": "is in Zoom's trash",
    "deleted": "was deleted in Zoom",
    "unavailable": "is no longer listed by Zoom",
}
_BY_ITSELF = "It arrives by itself; Sync now looks for it at once."


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """What is stored of one occurrence's recordings.

    ``is_expected``: the webinar records to Zoom's cloud by itself, and has ended. ``is_over``: no
    further list is due. ``problem`` is what Zoom answered in place of a list, "" when it listed.
    """

    is_expected: bool = False
    is_over: bool = True
    states: Mapping[FileState, int] = field(default_factory=dict)
    transcripts: Mapping[TranscriptState, int] = field(default_factory=dict)
    without_participants: int = 0
    without_plugin: int = 0
    problem: str = ""

    @property
    def concerned(self) -> int:
        """Recordings there are, or one that is expected."""
        return sum(self.states.values()) or int(self.is_expected)


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, how to mend it, the button that does, and how many recordings it concerns."""

    meaning: str
    remedy: str
    button: ButtonName
    label: str
    count: int


def find_causes(facts: RecordingFacts) -> Iterator[Cause]:
    """Every cause there is for an occurrence whose recordings are switched on."""
    known = sum(facts.states.values())
    if facts.problem and facts.concerned:
        yield Cause(
            f"Zoom does not let us list the recordings: {facts.problem.rstrip('.')}.",
            "Have a Zoom administrator grant the permission, then connect Zoom again.",
            "reconnect",
            "Reconnect",
            facts.concerned,
        )
    if facts.without_participants:
        yield Cause(
            "The webinar had no participants that sync, so no contact can have the recording.",
            "Choose the marketing event as the place for recordings, if you want it all the same.",
            "open_settings",
            "Open settings",
            facts.without_participants,
        )
    yield from _about_absent(facts, known)
    if facts.without_plugin:
        yield Cause(
            "A plugin that decides about recordings failed.",
            "Have the plugin mended and use Sync now, or switch it off under Plugins.",
            "open_settings",
            "Open plugins",
            facts.without_plugin,
        )


def _about_absent(facts: RecordingFacts, known: int) -> Iterator[Cause]:
    gone = {state: facts.states[state] for state in _GONE if facts.states.get(state)}
    if gone:
        told = ", ".join(f"{count} {_GONE[state]}" for state, count in gone.items())
        yield Cause(
            f"A recording is unavailable: {told}. Its link and text were taken out of HubSpot.",
            "Recover it from Zoom's trash within 30 days; it then comes back by itself.",
            "open_zoom",
            "Open Zoom's recordings",
            sum(gone.values()),
        )
    processing = facts.states.get("processing", 0)
    if processing or (facts.is_expected and not known and not facts.is_over):
        yield Cause(
            "Zoom is still processing the recording.",
            _BY_ITSELF,
            "sync_now",
            "Sync now",
            max(processing, 1),
        )
    elif facts.is_expected and not known and not facts.problem:
        yield Cause(
            "Zoom records this webinar by itself, and no recording was found.",
            "Look for it in Zoom. If it is there, use Sync now.",
            "sync_now",
            "Sync now",
            1,
        )
    if facts.transcripts.get("processing"):
        yield Cause(
            "Zoom is still making the transcript.",
            _BY_ITSELF,
            "sync_now",
            "Sync now",
            facts.transcripts["processing"],
        )
