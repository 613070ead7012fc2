"""What the workflows' door is handed when it is put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import BoundedSemaphore, Lock

from sqlalchemy import Engine

from store.runs import Pool

PATIENCE_SECONDS = 3.0
"""HubSpot's own patience with an action is not documented; five seconds are safe to assume."""
WAITING_AT_ONCE = 3
"""Of a web process's eight threads; under load all others are told to wait for a completion."""


@dataclass(frozen=True, slots=True)
class ActionParts:
    """The door's needs, given by the composition root.

    ``database`` should give up quickly. ``ring`` wakes the workers of a pool. ``patience`` is for
    how many seconds a request waits for its outcome.
    """

    database: Engine
    hubspot_secret: str = field(repr=False)
    public_url: str
    ring: Callable[[Pool], None]
    patience: float = PATIENCE_SECONDS
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    places: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(WAITING_AT_ONCE))
    # One writer at a time: threads that compete for SQLite's lock starve each other.
    writes: Lock = field(default_factory=Lock)
