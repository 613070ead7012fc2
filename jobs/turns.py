"""Whose turn it is: one worker of a pool at a portal, the longest waiting portal first.

Everything that waits is asked for in one query. A worker that sees more than it can do calls the
others, so that a crowd does not wait for the scheduler's next look.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from jobs.runtime import Runtime
from jobs.slices import SLICE_SECONDS
from jobs.stopping import is_told_to_stop
from store.database import reading
from store.leases import holding_lease
from store.registration_requests import next_request_at
from store.runs import Pool, next_ready_at, ready_portals, turn_of, waiting_portals

PORTALS = 50
LEASE_SECONDS = SLICE_SECONDS
"""It only keeps a portal from taking several workers of a pool, also while a single call hangs for
longer; what is written has a lease of its own."""

FAIR_SECONDS = 10.0
"""So long a portal's turn lasts at least, and no longer while others wait for a worker."""
LOOK_SECONDS = 2.0
PATIENCE = timedelta(seconds=2)
"""Whoever waits for less will be taken up by a worker that has nothing to do."""

Work = Callable[[Runtime, str, Pool], None]


class Stint:
    """A worker's time at a portal: a whole slice while nobody else waits, a fair turn otherwise."""

    def __init__(self, runtime: Runtime, pool: Pool) -> None:
        self._runtime, self._pool = runtime, pool
        began = time.monotonic()
        self.ends_at = began + SLICE_SECONDS
        self._look_at = began + FAIR_SECONDS
        self._do_others_wait = False

    def is_over(self) -> bool:
        """Whether nothing more is to be begun here."""
        return time.monotonic() >= self.ends_at or is_told_to_stop() or self.do_others_wait()

    def do_others_wait(self) -> bool:
        """Whether the fair turn is over and another portal waits for a worker."""
        now = time.monotonic()
        if not self._do_others_wait and now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            since = self._runtime.clock() - PATIENCE
            with reading(self._runtime.database) as connection:
                self._do_others_wait = bool(waiting_portals(connection, self._pool, since, 1))
        return self._do_others_wait

    def go_on(self) -> None:
        """Begin anew after a step that could not be cut short: what it brought is to be used."""
        now = time.monotonic()
        self.ends_at = max(self.ends_at, now + SLICE_SECONDS / 2)
        self._look_at = max(self._look_at, now + FAIR_SECONDS)


def work_for_next_portal(runtime: Runtime, pool: Pool, work: Work) -> bool:
    """Do ``work`` for the portal that waits longest and is nobody's yet; False when none waits."""
    with reading(runtime.database) as connection:
        portals = ready_portals(connection, pool, runtime.clock(), PORTALS)
    for position, portal_id in enumerate(portals):
        turn = turn_of(portal_id, pool)
        with holding_lease(runtime.database, turn, runtime.owner, seconds=LEASE_SECONDS) as held:
            if held is None:
                continue
            if left := len(portals) - position - 1:
                runtime.call(pool, left)
            work(runtime, portal_id, pool)
            return True
    return False


def seconds_until_ready(runtime: Runtime, pool: Pool) -> float | None:
    """How long until there is something to do that is nobody's yet; None when nothing comes."""
    with reading(runtime.database) as connection:
        moments = [next_ready_at(connection, pool)]
        if pool == "live":
            moments.append(next_request_at(connection))
    moment = min((moment for moment in moments if moment is not None), default=None)
    return None if moment is None else (moment - runtime.clock()).total_seconds()
