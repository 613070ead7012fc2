"""What notices and lists of a recording add up to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.recordings import FileMoments, fold_file, fold_recording

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def file(file_type: str = "MP4", **minutes: Any) -> FileMoments:
    moments = {
        name: at(value) if name.endswith("_at") else value for name, value in minutes.items()
    }
    return FileMoments(file_type, **moments)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        pytest.param({}, "processing", id="named, not finished"),
        pytest.param({"completed_at": 1}, "available", id="completed"),
        pytest.param({"listed_at": 1}, "available", id="listed"),
        pytest.param({"completed_at": 1, "trashed_at": 2}, "trashed", id="trashed"),
        pytest.param({"completed_at": 9, "trashed_at": 2}, "trashed", id="announced again since"),
        pytest.param({"trashed_at": 2, "recovered_at": 3}, "available", id="recovered"),
        pytest.param({"trashed_at": 4, "recovered_at": 3}, "trashed", id="trashed once more"),
        pytest.param({"trashed_at": 2, "deleted_at": 3}, "deleted", id="deleted"),
        pytest.param({"deleted_at": 3, "listed_at": 3}, "deleted", id="the notice beats its tie"),
        pytest.param({"trashed_at": 2, "listed_at": 3}, "available", id="listed after the bin"),
        pytest.param(
            {"deleted_at": 2, "recovered_at": 3, "trashed_at": 4}, "trashed", id="back, then trash"
        ),
        pytest.param(
            {"listed_at": 1, "missed_at": 2, "missed_reads": 1}, "available", id="missed once"
        ),
        pytest.param(
            {"listed_at": 1, "missed_at": 3, "missed_reads": 2}, "unavailable", id="missed twice"
        ),
        pytest.param(
            {"completed_at": 4, "missed_at": 3, "missed_reads": 2}, "available", id="heard of since"
        ),
    ],
)
def test_S25_the_state_of_a_file(said: dict[str, Any], state: str) -> None:
    assert fold_file(file(**said)) == state


def test_a_recording_is_available_as_long_as_anything_of_it_plays() -> None:
    gone = file(completed_at=1, deleted_at=2)
    assert fold_recording([gone, file("M4A", completed_at=1)]).state == "available"
    assert fold_recording([gone]).state == "deleted"
    assert fold_recording([]).state == "processing"


def test_a_transcript_without_the_recording_makes_none() -> None:
    folded = fold_recording([file("TRANSCRIPT", completed_at=1, file_id="t")])
    assert (folded.state, folded.transcript_state) == ("processing", "available")


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (None, "missing"),
        ({}, "processing"),
        ({"listed_at": 1}, "available"),
        ({"listed_at": 1, "trashed_at": 2}, "gone"),
    ],
    ids=["never heard of", "in the making", "there", "in the bin"],
)
def test_S29_the_state_of_the_transcript(said: dict[str, Any] | None, state: str) -> None:
    texts = [] if said is None else [file("TRANSCRIPT", file_id="t", **said)]
    folded = fold_recording([file(completed_at=1), *texts])
    assert folded.transcript_state == state
    assert (folded.transcript is not None) == (state == "available")


def test_a_file_one_list_lacks_is_doubtful_until_another_one_tells() -> None:
    once = file(listed_at=1, missed_at=2, missed_reads=1)
    assert fold_recording([once]).is_doubtful
    assert not fold_recording([file(listed_at=1, missed_at=3, missed_reads=2)]).is_doubtful
    assert not fold_recording([file(listed_at=4, missed_at=3, missed_reads=1)]).is_doubtful
