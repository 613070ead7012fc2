"""A replay says what it could not know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import RowMapping

from engine.plan import WantedEffect
from jobs.replays import NEVER_READ, NO_WORDS, NOT_SETTLED, what_was_never_stored
from jobs.runtime import Runtime
from store.database import writing
from store.ledger import Wish, record_wishes
from store.runs import find_run, open_run
from store.webinar_facts import change_occurrence
from tests.jobs.conftest import NOW, PORTAL

HOURS_AGO = NOW - timedelta(hours=3)
READ, SETTLED = {"read_at": NOW}, {"settled_at": NOW}
OVER = {"start_at": HOURS_AGO, "duration_seconds": 3600, "ended_at": NOW - timedelta(hours=2)}


@pytest.mark.parametrize(
    ("facts", "has_transcript", "lacks"),
    [
        ({}, False, [NEVER_READ]),
        (READ, False, []),
        (READ | OVER | SETTLED, False, []),
        (READ | OVER, False, [NOT_SETTLED]),
        (READ | OVER | {"is_series": True}, False, []),
        (OVER, False, [NEVER_READ, NOT_SETTLED]),
        (READ | OVER | SETTLED, True, [NO_WORDS]),
    ],
    ids=[
        *("never read", "to come", "settled", "not settled", "a whole series"),
        *("neither read nor settled", "a transcript never fetched"),
    ],
)
def test_B09_what_was_never_stored_is_said(
    runtime: Runtime,
    place: RowMapping,
    facts: dict[str, Any],
    has_transcript: bool,
    lacks: list[str],
) -> None:
    with writing(runtime.database) as to:
        run_id = open_run(
            to, occurrence_pk=place["id"], trigger="replay", pool="bulk", now=NOW, is_replay=True
        )
        if facts:
            change_occurrence(to, place["id"], **facts)
        if has_transcript:
            wanted = WantedEffect("transcript:1", "transcript", {"file": "f", "call": "1"})
            wish = Wish(wanted, occurrence_pk=place["id"])
            record_wishes(to, PORTAL, [wish], run_id=run_id, now=NOW)
        said = what_was_never_stored(to, find_run(to, run_id), NOW)
    assert said == " ".join(lacks)
