"""What was called: every request to a simulated platform, counted and listed."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime

KEPT_CALLS = 50_000
"""Single calls kept for listing; the counts are never cut."""

NO_ANSWER = 0
"""Status of a call whose connection was closed before anything was applied."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who called which route, what was answered, and which fault struck, if any.

    `tenant` is the portal id or Zoom account id, empty when the caller could not be told.
    `lost` means the change was applied and the answer thrown away.
    """

    at: datetime
    platform: str
    tenant: str
    method: str
    route: str
    path: str
    status: int
    is_write: bool
    fault: str = ""
    lost: bool = False


class Journal:
    """Counts and lists platform calls; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._counts: Counter[tuple[str, str, str, str, int, bool]] = Counter()

    def record(self, call: Call) -> None:
        """Add one call."""
        key = (call.platform, call.tenant, call.method, call.route, call.status, call.is_write)
        with self._lock:
            self._calls.append(call)
            self._counts[key] += 1

    def calls(self, platform: str = "", tenant: str = "") -> list[Call]:
        """The kept calls, oldest first, of one platform and tenant or of all."""
        with self._lock:
            kept = list(self._calls)
        return [
            call for call in kept if platform in ("", call.platform) and tenant in ("", call.tenant)
        ]

    def summary(self, platform: str = "", tenant: str = "") -> dict[str, object]:
        """`{calls: [{method, route, status, count}], total, rate_limited, writes}`.

        `writes` counts accepted calls that may change something, not the records in them.
        """
        with self._lock:
            counts = dict(self._counts)
        grouped: Counter[tuple[str, str, int]] = Counter()
        writes = 0
        for (its_platform, its_tenant, method, route, status, is_write), count in counts.items():
            if platform not in ("", its_platform) or tenant not in ("", its_tenant):
                continue
            grouped[method, route, status] += count
            writes += count if is_write and 200 <= status < 300 else 0
        return {
            "calls": [
                {"method": method, "route": route, "status": status, "count": count}
                for (method, route, status), count in sorted(grouped.items())
            ],
            "total": sum(grouped.values()),
            "rate_limited": sum(n for (_, _, status), n in grouped.items() if status == 429),
            "writes": writes,
        }

    def clear(self) -> None:
        """Forget every call."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()
