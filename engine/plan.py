"""From what plugins want to ledger rows: kinds, keys, payloads, hashes and batches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

PARTICIPATION_KINDS = ("register", "cancel", "attend")
APP_EVENT_KINDS = ("app_registered", "app_attended", "app_recording")
AUDIENCE_KINDS = ("call_contact", "app_recording")
"""What a recording brings each person of its audience."""
CALL_KINDS = ("call", "transcript")
FOLLOW_UP = "follow_up"
"""A plugin's own I/O: nothing HubSpot holds, so no run sends it or waits for it."""
IMMUTABLE_KINDS = frozenset({"register", "cancel", "attend", *APP_EVENT_KINDS})
"""Once applied these are never sent again; a later change is recorded as ``cannot_change``."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SHORTEST_STAY = timedelta(seconds=1)

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WantedEffect:
    """One row the ledger should hold: deterministic key, payload, and the hash of the payload."""

    key: str
    kind: str
    payload: Mapping[str, Any]
    plugin: str = ""
    plugin_version: str = ""
    payload_hash: str = field(init=False)
    """Equal for equal payloads, whatever the order of their keys."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "payload_hash", hash_payload(self.payload))


def hash_payload(payload: Mapping[str, Any]) -> str:
    """SHA-256 of the payload in its canonical form."""
    return hashlib.sha256(_canonical(payload).encode()).hexdigest()


UNDOES = "undoes"
"""In a payload: the key of the effect that HubSpot no longer holds once it holds this one."""
NOTHING_HASH = hash_payload({})
"""Of an effect of which nothing is wanted any more."""


def effect_key(kind: str, *parts: str | int) -> str:
    """The key of one effect: readable kind, and a hash of what makes it that effect.

    Made from the occurrence and the address, never from a session's UUID or a registrant id, so a
    restarted webinar or a second registration does not make a second effect.
    """
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
    return f"{kind}:{digest[:40]}"


def marketing_event_id(webinar_id: str, occurrence_id: str) -> str:
    """The external id of an occurrence's marketing event."""
    return f"{webinar_id}-{occurrence_id or '0'}"


def call_external_id(webinar_id: str, occurrence_id: str, started_at: datetime) -> str:
    """The external id of the call record of one session; a restarted webinar has two."""
    seconds = int(started_at.timestamp())
    return f"{marketing_event_id(webinar_id, occurrence_id)}-{seconds}"


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, as HubSpot's ``interactionDateTime`` wants them."""
    # Whole numbers only: a float of seconds is off by one now and then.
    return (moment - _EPOCH) // _MILLISECOND


def participation_payload(
    state: str,
    *,
    registered_at: datetime | None,
    cancelled_at: datetime | None,
    first_join_at: datetime | None,
    last_leave_at: datetime | None,
) -> dict[str, Any] | None:
    """Moments of a participation in ms; None when the moment it stands for is not known.

    HubSpot stores nothing for a stay under one second, so such a stay is lengthened to one.
    """
    if state == "register" and registered_at is not None:
        return {"at": to_milliseconds(registered_at)}
    if state == "cancel" and cancelled_at is not None:
        return {"at": to_milliseconds(cancelled_at)}
    if state == "attend" and first_join_at is not None and last_leave_at is not None:
        left = max(last_leave_at, first_join_at + _SHORTEST_STAY)
        return {
            "at": to_milliseconds(left),
            "joined_at": to_milliseconds(first_join_at),
            "left_at": to_milliseconds(left),
        }
    return None


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most ``size``."""
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def halves(items: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """The items in two halves, to find the one a whole batch was refused for."""
    middle = len(items) // 2
    return items[:middle], items[middle:]
