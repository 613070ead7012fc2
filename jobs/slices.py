"""A slice: one stretch of work on one run under one lease, kept short so that others get a turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping

from jobs.runtime import Runtime
from jobs.stopping import is_told_to_stop
from rollcall.errors import Retryable
from store.database import writing
from store.leases import Lease, check_lease, release_lease, renew_lease, take_lease

LEASE_SECONDS = 30.0
"""So long a killed process keeps others waiting. Steps are shorter, or renew the lease between."""
SLICE_SECONDS = 30.0
READ_SECONDS = 600.0
"""A read cut short would begin again from its first page, so it may outlast its slice by far."""


class LeaseTaken(Retryable):
    """Somebody else is at it: this run waits a moment and looks again."""


class SliceOver(Retryable):
    """The slice has lasted long enough: the run goes on in the next one."""


@dataclass(slots=True)
class Turn:
    """A stretch of work under a held lease, and when it has to end.

    ``is_to_yield`` says whether others wait for this worker meanwhile.
    """

    runtime: Runtime
    lease: Lease
    ends_at: float
    is_to_yield: Callable[[], bool] = field(default=lambda: False, kw_only=True)
    _renewed_at: float = field(default_factory=time.monotonic, kw_only=True)

    def keep(self) -> None:
        """Call between steps: renews the lease in time. Raises LeaseLost, SliceOver."""
        now = time.monotonic()
        if now >= self.ends_at or is_told_to_stop() or self.is_to_yield():
            raise SliceOver("this slice is over; the next one goes on here", retry_after=0.0)
        if now - self._renewed_at > LEASE_SECONDS / 4:
            renew_lease(self.runtime.database, self.lease, seconds=LEASE_SECONDS)
            self._renewed_at = now

    @contextmanager
    def reading_through(self) -> Iterator[None]:
        """Outlast the slice, whoever waits, for a read that is lost unless it gets to its end."""
        before = self.ends_at, self.is_to_yield
        self.ends_at, self.is_to_yield = time.monotonic() + READ_SECONDS, lambda: False
        try:
            yield
        finally:
            self.ends_at, self.is_to_yield = before

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of the lease's holder. Raises LeaseLost, nothing written, when overtaken.

        Whoever froze with a call on its way may wake long after another took over.
        """
        with writing(self.runtime.database) as connection:
            check_lease(connection, self.lease)
            yield connection


@dataclass(slots=True)
class Slice(Turn):
    """A turn at one run."""

    run: RowMapping


@contextmanager
def slice_under(
    runtime: Runtime,
    run: RowMapping,
    name: str,
    ends_at: float,
    is_to_yield: Callable[[], bool] = lambda: False,
) -> Iterator[Slice]:
    """A slice under the lease ``name``. Raises LeaseTaken when somebody else holds it."""
    held = take_lease(runtime.database, name, runtime.owner, seconds=LEASE_SECONDS)
    if held is None:
        raise LeaseTaken(f"{name} is being worked on elsewhere", retry_after=0.5)
    try:
        yield Slice(runtime, held, ends_at, run, is_to_yield=is_to_yield)
    finally:
        release_lease(runtime.database, held)
