"""Pages that are fetched while those before them are stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


class ReadAhead(Generic[T]):
    """The items of an iterator, at most ``depth`` of them fetched before they are asked for.

    It starts at once, in a thread of its own; what the iterator raises is raised where its item was
    to come. Use as a context manager: a fetch still on its way when the block ends is waited for.
    """

    def __init__(self, items: Iterator[T], depth: int = 1) -> None:
        self._items = items
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reads ahead")
        self._coming = deque(self._fetch() for _ in range(depth))

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        found = self._coming.popleft().result()
        # Behind the end there is only more of it: asking again does no harm.
        self._coming.append(self._fetch())
        if not found:
            raise StopIteration
        return found[0]

    def _fetch(self) -> Future[tuple[T, ...]]:
        # With the context, so that what is logged over there names the run as well.
        return self._reader.submit(copy_context().run, self._next)

    def _next(self) -> tuple[T, ...]:
        for item in self._items:
            return (item,)
        return ()

    def __enter__(self) -> ReadAhead[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._reader.shutdown(cancel_futures=True)
