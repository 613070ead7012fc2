"""What a portal that left was sent, as keyed hashes: enough to send nothing twice when it returns.

Only effects HubSpot would hold twice are remembered. Contacts are looked up anyway, and marketing
events have our own id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update

from engine.plan import CALL_KINDS, IMMUTABLE_KINDS
from store.gone import ensure_hash, find_hash
from store.ledger_reading import CHUNK, effects_by_key
from store.sealing import Sealer
from store.statements import upsert
from store.tables import effect, past_effect

KEPT_FOR = timedelta(days=90)
EARLIER = "earlier"
"""Stands for the hash of a payload that is known to differ, and is known no further."""


def remember_effects(
    connection: Connection,
    sealer: Sealer,
    portal_id: str,
    rows: Iterable[RowMapping],
    now: datetime,
) -> None:
    """Keep hashes of these ledger rows, where HubSpot holds them or may hold them."""
    kept = [
        row
        for row in rows
        if (row["kind"] in IMMUTABLE_KINDS and row["applied_hash"])
        or (row["kind"] in CALL_KINDS and (row["applied_hash"] or row["attempts"]))
    ]
    if not kept:
        return
    keyed = ensure_hash(connection, sealer, portal_id)
    fresh = [
        {
            "portal_id": portal_id,
            "digest": keyed.of_text(row["key"]),
            "payload_digest": (
                keyed.of_text(row["applied_hash"]) if row["kind"] in IMMUTABLE_KINDS else ""
            ),
            "applied_at": row["applied_at"],
            "until": now + KEPT_FOR,
        }
        for row in kept
    ]
    changing = ["payload_digest", "applied_at", "until"]
    upsert(connection, past_effect, fresh, ["portal_id", "digest"], changing)


def recall_effects(
    connection: Connection, sealer: Sealer, portal_id: str, keys: Sequence[str]
) -> int:
    """Take effects just planned for sent when an earlier installation sent them; how many.

    What cannot change is applied (or ``cannot_change``, when it was sent otherwise); a call record
    is looked for in HubSpot first.
    """
    past = select(past_effect.c.digest).where(past_effect.c.portal_id == portal_id).limit(1)
    if connection.execute(past).first() is None:
        return 0
    keyed = find_hash(connection, sealer, portal_id)
    assert keyed is not None, f"portal {portal_id} has hashes but no key"
    recalled = 0
    for start in range(0, len(keys), CHUNK):
        rows = {
            keyed.of_text(key): row
            for key, row in effects_by_key(
                connection, portal_id, keys[start : start + CHUNK]
            ).items()
            if row["state"] == "planned" and not row["applied_hash"] and not row["attempts"]
        }
        found = connection.execute(
            select(past_effect).where(
                past_effect.c.portal_id == portal_id, past_effect.c.digest.in_(list(rows))
            )
        ).mappings()
        for known in found.all():
            row = rows[known["digest"]]
            is_same = known["payload_digest"] == keyed.of_text(row["wanted_hash"])
            values = _recalled(row, known, is_same=is_same)
            connection.execute(update(effect).where(effect.c.id == row["id"]).values(**values))
            recalled += 1
    return recalled


def _recalled(row: RowMapping, known: RowMapping, *, is_same: bool) -> dict[str, Any]:
    if not known["payload_digest"]:
        return {"state": "unconfirmed", "attempts": 1}
    return {
        "state": "applied" if is_same else "cannot_change",
        "applied": row["wanted"] if is_same else {},
        "applied_hash": row["wanted_hash"] if is_same else EARLIER,
        "applied_at": known["applied_at"],
    }


def prune_past_effects(connection: Connection, now: datetime) -> int:
    """Forget hashes whose time is up; how many."""
    return connection.execute(delete(past_effect).where(past_effect.c.until < now)).rowcount
