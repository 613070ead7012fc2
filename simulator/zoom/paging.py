"""Pages: `page_size` and a `next_page_token` that lives 15 minutes and fits one query only.

https://developers.zoom.us/docs/api/using-zoom-apis/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulator.zoom.errors import ZoomError, invalid

if TYPE_CHECKING:
    from simulator.zoom.calls import ZoomCall
    from simulator.zoom.state import ZoomState

DEFAULT_PAGE = 30
LARGEST_PAGE = 300


def page_of(
    call: ZoomCall, everything: Sequence[Any], query_key: str, largest: int = LARGEST_PAGE
) -> tuple[Sequence[Any], dict[str, Any]]:
    """One page of a list and the paging fields of its answer.

    The list is not frozen: people who come or go between two pages shift it, as nothing is
    promised. `query_key` says which query the token belongs to. Raises ZoomError 300 for a bad
    size and for a token that is expired or of another query.
    """
    size = page_size(call, largest)
    token = call.query.get("next_page_token", "")
    offset = _read_token(call.state, token, query_key) if token else 0
    rest = len(everything) > offset + size
    fields = {
        "page_size": size,
        "page_count": -(-len(everything) // size),
        "total_records": len(everything),
        "next_page_token": _make_token(call.state, offset + size, query_key) if rest else "",
    }
    return everything[offset : offset + size], fields


def page_size(call: ZoomCall, largest: int) -> int:
    """The wanted page size."""
    text = call.query.get("page_size", str(DEFAULT_PAGE))
    if not text.isdigit() or not 1 <= int(text) <= largest:
        raise invalid(("page_size", f"The page size must be between 1 and {largest}."))
    return int(text)


def is_first_page(call: ZoomCall) -> bool:
    """Whether the call begins a list."""
    return not call.query.get("next_page_token")


def _seal(state: ZoomState, text: str, query_key: str) -> str:
    message = f"{text}|{query_key}".encode()
    return hmac.new(state.page_secret.encode(), message, hashlib.sha256).hexdigest()[:20]


def _make_token(state: ZoomState, offset: int, query_key: str) -> str:
    expires = state.now().timestamp() + float(state.switch("page_token_seconds"))
    text = f"{offset}.{int(expires * 1000)}"
    sealed = f"{text}.{_seal(state, text, query_key)}"
    return base64.urlsafe_b64encode(sealed.encode()).decode().rstrip("=")


def _read_token(state: ZoomState, token: str, query_key: str) -> int:
    refused = ZoomError(400, 300, "The next page token is invalid or expired.")
    try:
        padded = token + "=" * (-len(token) % 4)
        offset, expires, seal = base64.urlsafe_b64decode(padded).decode().split(".")
        fits = hmac.compare_digest(seal, _seal(state, f"{offset}.{expires}", query_key))
        if not fits or state.now().timestamp() * 1000 > int(expires):
            raise refused
        return int(offset)
    except ValueError as error:
        raise refused from error
