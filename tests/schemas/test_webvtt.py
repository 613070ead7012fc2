"""Zoom's transcripts: who said what and when, whatever the file looks like."""

from __future__ import annotations

import pytest

from schemas.hubspot_calls import Utterance
from schemas.webvtt import UNKNOWN_SPEAKER, read_transcript

TWO = """WEBVTT

1
00:00:02.000 --> 00:00:06.500
Hanna Host: Welcome, everybody: here we are.

2
00:00:07.000 --> 00:00:12.250
Paul Panel: Thank you.

3
01:00:13.000 --> 01:00:17.000
Hanna Host: Questions?
"""


def test_each_cue_is_an_utterance_and_a_name_one_speaker() -> None:
    first, second, third = read_transcript(TWO)
    assert first == Utterance("1", "Hanna Host", "Welcome, everybody: here we are.", 2_000, 6_500)
    assert (second.speaker_id, second.speaker_name) == ("2", "Paul Panel")
    assert (third.speaker_id, third.start_ms, third.end_ms) == ("1", 3_613_000, 3_617_000)


def test_line_ends_of_another_system_are_read_alike() -> None:
    assert read_transcript(TWO.replace("\n", "\r\n")) == read_transcript(TWO)


@pytest.mark.parametrize(
    ("cue", "speaker", "words"),
    [
        pytest.param("just words", UNKNOWN_SPEAKER, "just words", id="no name"),
        pytest.param("at 10:30 we go on", UNKNOWN_SPEAKER, "at 10:30 we go on", id="a time"),
        pytest.param("Zoë: Grüß Gott", "Zoë", "Grüß Gott", id="letters of all kinds"),
        pytest.param("<v Ann>Ann: hello</v>", "Ann", "hello", id="markup"),
        pytest.param("Ann: two\nlines", "Ann", "two lines", id="two lines"),
    ],
)
def test_a_cue_may_look_otherwise(cue: str, speaker: str, words: str) -> None:
    (said,) = read_transcript(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{cue}\n")
    assert (said.speaker_name, said.text) == (speaker, words)


@pytest.mark.parametrize("text", ["", "WEBVTT\n", "<html>no</html>", "WEBVTT\n\n1\nno times\n"])
def test_what_holds_no_words_is_an_empty_transcript(text: str) -> None:
    assert read_transcript(text) == []


def test_an_empty_cue_is_left_out() -> None:
    assert read_transcript("WEBVTT\n\n00:01.000 --> 00:02.000\nAnn: \n") == []
