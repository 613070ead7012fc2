"""The rows of one session's report: stored page by page, counted and fingerprinted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping

from clients.errors import PageTokenExpired
from engine.read_problems import NOT_PROCESSED
from jobs.erased import hide_sessions
from jobs.slices import Slice
from schemas.base import Page
from schemas.zoom_reports import ParticipantRow
from store.registration_facts import ListRead
from store.runs import count_in_run
from store.session_facts import merge_sessions, session_key

DIGEST_SIZE = 2**64


@dataclass(frozen=True, slots=True)
class Part:
    """What one instance's report came to; ``problem`` says why it is not to be believed yet."""

    digest: int = 0
    rows: int = 0
    problem: str = ""
    is_reduced: bool = False


Source = Callable[[str], Iterator[Page[ParticipantRow]]]
"""A call that yields a session's joins: the report's, or the plain list's."""


def read_rows(
    slice_: Slice, source: Source, place: RowMapping, row: RowMapping, read: ListRead
) -> tuple[Part, int]:
    """Store the rows of an instance's report; what they came to, and Zoom's own count of them."""
    try:
        return _read_pages(slice_, source, place, row, read)
    except PageTokenExpired:
        # The token lives 15 minutes; rows stored before are stored again without harm.
        return _read_pages(slice_, source, place, row, read)


def _read_pages(
    slice_: Slice, source: Source, place: RowMapping, row: RowMapping, read: ListRead
) -> tuple[Part, int]:
    digest = seen = total = 0
    problem = ""
    for page in source(row["uuid"]):
        slice_.keep()
        total = page.total_records if page.total_records is not None else total
        seen += len(page.rows) + page.unreadable
        kept = [joined for joined in page.rows if not joined.is_waiting_room]
        if any(joined.left_at is None or joined.seconds == 0 for joined in kept):
            problem = NOT_PROCESSED
        digest = (digest + sum(_digest(joined) for joined in page.rows)) % DIGEST_SIZE
        with slice_.writing() as connection:
            sessions = [_session(joined, place, row, read) for joined in kept]
            hidden = hide_sessions(
                connection, slice_.runtime.sealer, row["portal_id"], place["id"], sessions
            )
            merge_sessions(connection, hidden)
            count_in_run(connection, slice_.run["id"], done=len(page.rows), total=len(page.rows))
    return Part(digest, seen, problem), total


def _digest(row: ParticipantRow) -> int:
    text = f"{row.registrant_id}|{row.user_email}|{row.user_id}|{row.joined_at}|{row.left_at}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _session(
    joined: ParticipantRow, place: RowMapping, row: RowMapping, read: ListRead
) -> dict[str, Any]:
    who = joined.user_id or joined.participant_user_id or joined.registrant_id or joined.name
    return {
        "occurrence_pk": place["id"],
        "instance_pk": row["id"],
        "row_key": session_key(who, joined.joined_at),
        "registrant_id": joined.registrant_id,
        "email": joined.user_email[:255],
        "zoom_user_id": joined.participant_user_id,
        "name": joined.name[:255],
        "joined_at": joined.joined_at,
        "left_at": joined.left_at,
        "seconds": joined.seconds,
        "read_number": read.number,
    }
