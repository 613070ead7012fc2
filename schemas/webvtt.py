"""Zoom's transcripts: WebVTT, each cue beginning with the speaker's name and a colon.

https://www.w3.org/TR/webvtt1/
"""

from __future__ import annotations

import re

from schemas.hubspot_calls import Utterance

UNKNOWN_SPEAKER = "Unknown speaker"
_TIMING = re.compile(
    r"(?:(\d+):)?(\d{2}):(\d{2})[.,](\d{3})\s+-->\s+(?:(\d+):)?(\d{2}):(\d{2})[.,](\d{3})"
)
_SPEAKER = re.compile(r"([^:<>]{1,80}):(?:\s+(.*))?", re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")


def read_transcript(text: str) -> list[Utterance]:
    """The utterances in order, without empty cues; a name is one speaker throughout."""
    speakers: dict[str, str] = {}
    utterances = []
    for block in re.split(r"\n{2,}", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip().split("\n")
        place = next((n for n, line in enumerate(lines) if _TIMING.match(line.strip())), None)
        if place is None:
            continue
        timing = _TIMING.match(lines[place].strip())
        assert timing is not None
        name, words = _split(" ".join(lines[place + 1 :]))
        if words:
            speaker_id = speakers.setdefault(name, str(len(speakers) + 1))
            start, end = _milliseconds(timing.groups()[:4]), _milliseconds(timing.groups()[4:])
            utterances.append(Utterance(speaker_id, name, words, start, max(start, end)))
    return utterances


def _split(said: str) -> tuple[str, str]:
    """Who said it, and what."""
    plain = _TAG.sub("", said).strip()
    found = _SPEAKER.fullmatch(plain)
    if found is None:
        return UNKNOWN_SPEAKER, plain
    return found[1].strip(), (found[2] or "").strip()


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
