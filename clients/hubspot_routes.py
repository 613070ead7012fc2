"""What all parts of HubSpot's API share: dated routes, encoded parts, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from clients.transport import Transport
from schemas.base import Page

T = TypeVar("T")

DEFAULT_VERSION = "2026-03"
"""https://developers.hubspot.com/docs/developer-tooling/platform/versioning"""


class Routes:
    """Calls through one portal's transport; ``version`` takes the place of ``{v}`` in routes."""

    def __init__(self, transport: Transport, version: str = DEFAULT_VERSION) -> None:
        self._transport = transport
        self._version = version

    def take_permit(self) -> None:
        """Take the permit of one call ahead. Raises BudgetExhausted, NotAnswering."""
        self._transport.take_permit()

    def try_permit(self) -> bool:
        """Take the permit of one call if there is one at once; whether there was."""
        return self._transport.try_permit()

    def _call(
        self, method: str, route: str, parts: Mapping[str, str] | None = None, **options: Any
    ) -> Any:
        """Call a route whose ``{names}`` are filled with percent-encoded parts."""
        encoded = {name: quote(part, safe="") for name, part in (parts or {}).items()}
        path = route.format(v=self._version, **encoded)
        return self._transport.call(method, route, path=path, **options)

    def _pages(
        self,
        route: str,
        read: Callable[[Any], Page[T]],
        params: Mapping[str, Any],
        after: str = "",
        *,
        parts: Mapping[str, str] | None = None,
    ) -> Iterator[Page[T]]:
        while True:
            asked = {**params, "after": after} if after else params
            page = read(self._call("GET", route, parts, params=asked))
            yield page
            if not page.next_token or page.next_token == after:
                return
            after = page.next_token
