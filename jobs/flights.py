"""Several calls to HubSpot at once, paced by the portal's limiter, settled one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Generic, TypeVar

from jobs.slices import Slice
from rollcall.errors import Permanent

IN_FLIGHT = 8
"""Enough to be bound by HubSpot's limit of 110 calls in 10 s and not by its latency."""

LEAVE_TOGETHER = 3
"""So many permits are held at most while it is noted what leaves. HubSpot counts calls when they
come: those held back must stay within the twentieth of its limit that is never used."""
TOGETHER_SECONDS = 0.03
"""What left together comes back together: so long is waited for the rest, to settle all at once."""

B = TypeVar("B")
R = TypeVar("R")


class Flights(Generic[B, R]):
    """Sends batches: ``depart`` notes which leave, ``send`` calls, ``land`` notes the outcomes.

    ``depart`` and ``land`` run in the caller's thread and get whatever leaves or has come back at a
    time, so that one transaction does for all of it; ``send`` gets one batch, in another thread.
    ``land`` gets each batch with the answer or the error of its call, and may return batches to
    send instead (halves of a refused one).
    """

    def __init__(
        self,
        slice_: Slice,
        *,
        send: Callable[[B], R],
        land: Callable[[Sequence[tuple[B, R | Exception]]], Iterable[B]],
        depart: Callable[[Sequence[B]], None] | None = None,
    ) -> None:
        self._slice = slice_
        self._send = send
        self._land = land
        self._depart = depart

    def fly(self, batches: Iterable[B]) -> None:
        """Send them all. Raises what stopped it, after everything in the air has landed.

        An error that says to stop (try later, reconnect) is raised once its batch has landed; of
        several the first.
        """
        waiting = deque(batches)
        aloft: dict[Future[R], B] = {}
        stop: Exception | None = None
        with ThreadPoolExecutor(IN_FLIGHT) as crew:
            while aloft or (waiting and stop is None):
                try:
                    if waiting and stop is None and len(aloft) < IN_FLIGHT:
                        self._start(crew, waiting, aloft)
                    else:
                        waiting.extend(self._finish(aloft))
                except Exception as error:
                    stop = stop or error
        if stop is not None:
            raise stop

    def _start(
        self, crew: ThreadPoolExecutor, waiting: deque[B], aloft: dict[Future[R], B]
    ) -> None:
        """Let one batch leave, and a few with it if they may leave at this moment."""
        self._slice.keep()
        platforms, run = self._slice.runtime.platforms, self._slice.run
        platforms.take_permit(run["portal_id"], run["pool"])
        leaving = [waiting.popleft()]
        while (
            waiting
            and len(leaving) < min(LEAVE_TOGETHER, IN_FLIGHT - len(aloft))
            and platforms.try_permit(run["portal_id"], run["pool"])
        ):
            leaving.append(waiting.popleft())
        if self._depart is not None:
            self._depart(leaving)
        for batch in leaving:
            # With the context, so that what is logged over there names the run as well.
            aloft[crew.submit(copy_context().run, self._send, batch)] = batch

    def _finish(self, aloft: dict[Future[R], B]) -> list[B]:
        wait(aloft, return_when=FIRST_COMPLETED)
        done, _ = wait(aloft, TOGETHER_SECONDS)
        landed: list[tuple[B, R | Exception]] = []
        stop: Exception | None = None
        for future in done:
            batch = aloft.pop(future)
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            landed.append((batch, error if error is not None else future.result()))
            if error is not None and not isinstance(error, Permanent):
                stop = stop or error
        again = list(self._land(landed))
        if stop is not None:
            raise stop
        return again
