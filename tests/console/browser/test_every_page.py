"""What every page owes everybody: no barriers, no complaints, no scrolling sideways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.console.browser.support import NARROW, WIDE, Person, find_barriers, is_cut_off, links_of

PLACES = {
    f"/console/{place}"
    for place in (
        *("", "webinars", "unmatched", "backfills", "health", "accounts", "settings"),
        *(f"settings/{page}" for page in ("exclusions", "questions", "plugins")),
    )
}
"""Where the walk comes by in any case."""
LOOKS = [
    pytest.param({"size": WIDE}, id="wide, light"),
    pytest.param({"size": NARROW, "dark": True}, id="375 px wide, dark"),
]


@pytest.mark.parametrize("look", LOOKS)
def test_whatever_can_be_reached_from_home_is_there_and_has_no_barriers(
    anna: Callable[..., Person], look: dict[str, object]
) -> None:
    at = anna(**look)
    seen: set[str] = set()
    waiting = ["/console/"]
    barriers: dict[str, list[str]] = {}
    while waiting:
        path = waiting.pop()
        kind = path.split("?")[0]
        if kind in seen:
            continue
        seen.add(kind)
        page = at.go(path)
        found = find_barriers(page) + (["wider than the screen"] if is_cut_off(page) else [])
        if found:
            barriers[path] = found
        waiting += [link for link in links_of(page) if link.split("?")[0] not in seen]
    assert barriers == {}
    assert seen >= PLACES
