"""What a replay could not know: it decides from what is stored and asks Zoom nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping

from engine.timing import scheduled_end
from store.ledger_reading import count_unfinished
from store.webinar_facts import find_occurrence

WITHDRAW_AGAIN = (
    "The settings changed while this run went on, so it stopped withdrawing. What it had planned"
    " by then still goes; look at a dry run under the new settings and withdraw again."
)
NEVER_READ = (
    "Zoom's lists were never read whole for this date: only people whom notices told of are known."
)
NOT_SETTLED = (
    "Zoom's attendance report of this date is not stored in its final form, so nobody's attendance"
    " is planned yet."
)
NO_WORDS = "A transcript that was never fetched from Zoom is left to the next ordinary sync."


def what_was_never_stored(connection: Connection, run: RowMapping, now: datetime) -> str:
    """Sentences about what the run's occurrence lacks; "" when everything it needs is stored."""
    place = find_occurrence(connection, run["occurrence_pk"])
    ends_at = place["ended_at"] or scheduled_end(place["start_at"], place["duration_seconds"])
    is_over = ends_at is not None and ends_at < now
    lacks = {
        NEVER_READ: place["read_at"] is None,
        NOT_SETTLED: is_over and place["settled_at"] is None and not place["is_series"],
        NO_WORDS: bool(count_unfinished(connection, place["id"], "transcript")),
    }
    return " ".join(sentence for sentence, is_lacking in lacks.items() if is_lacking)
