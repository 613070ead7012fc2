"""Recordings in the store: facts merge in any order, lists count absences, people are found."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from engine.recordings import FileMoments
from store.recording_facts import (
    describe_recording,
    ensure_recording,
    find_recording,
    fold_stored,
    merge_list,
    merge_moments,
)
from store.tables import portal

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
PORTAL = "4242"


@pytest.fixture
def connection(connection: Connection) -> Connection:
    connection.execute(portal.insert().values(portal_id=PORTAL, capabilities={}, created_at=NOON))
    return connection


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def state(connection: Connection, uuid: str = "u") -> tuple[str, str]:
    row = find_recording(connection, PORTAL, uuid)
    assert row is not None
    (folded,) = fold_stored(connection, [row])
    return folded.state.state, folded.state.transcript_state


def test_B04_notices_in_any_order_and_repetition_come_to_the_same(connection: Connection) -> None:
    video, words = FileMoments("MP4", "v"), FileMoments("TRANSCRIPT", "t")
    said: list[tuple[FileMoments, str, int]] = [
        (video, "completed_at", 1),
        (video, "trashed_at", 3),
        (video, "recovered_at", 4),
        (words, "completed_at", 2),
    ]
    for number, order in enumerate(itertools.permutations(said)):
        uuid = f"session-{number}"
        for file, name, minute in [*order, *order]:
            row = ensure_recording(connection, PORTAL, uuid)
            moment: dict[str, Any] = {name: at(minute)}
            merge_moments(connection, row, [FileMoments(file.file_type, file.file_id, **moment)])
        assert state(connection, uuid) == ("available", "available")


def test_a_notice_that_names_no_file_concerns_those_told_of_later_too(
    connection: Connection,
) -> None:
    row = ensure_recording(connection, PORTAL, "u")
    merge_moments(connection, row, (), {"trashed_at": at(5)})
    merge_moments(connection, row, [FileMoments("MP4", "v", completed_at=at(1))])
    assert state(connection) == ("trashed", "missing")


def test_a_file_first_named_without_its_type_gets_it_later(connection: Connection) -> None:
    row = ensure_recording(connection, PORTAL, "u")
    merge_moments(connection, row, [FileMoments("", "v", trashed_at=at(5))])
    assert state(connection)[0] == "processing"
    merge_moments(connection, row, [FileMoments("MP4", "v", completed_at=at(1))])
    assert state(connection)[0] == "trashed"


def test_S25_a_recording_two_lists_lack_is_unavailable_and_one_that_returns_is_not(
    connection: Connection,
) -> None:
    row = ensure_recording(connection, PORTAL, "u")
    merge_list(connection, row, [FileMoments("MP4", "v", listed_at=at(1))], at(1))
    seen = [state(connection)[0]]
    for minute in (2, 3):
        merge_list(connection, row, (), at(minute))
        seen.append(state(connection)[0])
    merge_list(connection, row, [FileMoments("MP4", "v", listed_at=at(4))], at(4))
    assert [*seen, state(connection)[0]] == ["available", "available", "unavailable", "available"]


def test_older_words_do_not_replace_newer_ones(connection: Connection) -> None:
    for minute, url in ((5, "new"), (3, "old"), (6, "")):
        row = ensure_recording(connection, PORTAL, "u")
        describe_recording(connection, row, at(minute), share_url=url)
    found = find_recording(connection, PORTAL, "u")
    assert found is not None
    assert found["share_url"] == "new"
