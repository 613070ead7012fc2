"""Noting wishes in the ledger, knowing what an earlier installation of the portal was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from jobs.slices import Slice
from store.ledger import Wish, WishCounts, record_wishes
from store.past_effects import recall_effects


def want_effects(connection: Connection, slice_: Slice, wishes: Sequence[Wish]) -> WishCounts:
    """Note what the slice's run wants; see :func:`store.ledger.record_wishes`.

    New effects that were sent before the portal left and came back are not planned again.
    """
    runtime, run = slice_.runtime, slice_.run
    counts = record_wishes(
        connection, run["portal_id"], wishes, run_id=run["id"], now=runtime.clock()
    )
    if not counts.planned:
        return counts
    keys = [wish.effect.key for wish in wishes]
    recalled = recall_effects(connection, runtime.sealer, run["portal_id"], keys)
    return replace(counts, planned=counts.planned - recalled, unchanged=counts.unchanged + recalled)
