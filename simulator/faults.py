"""Planned misbehaviour: rules that make some calls fail, vanish or dawdle."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

KINDS = (
    "status",
    "refuse_before",
    "hang",
    "lost_answer",
    "cut_answer",
    "slow",
    "partial",
    "empty_success",
    "html",
)


@dataclass(slots=True)
class FaultRule:
    """Which calls are struck, and what befalls them.

    kind: `status` answers `status` and applies nothing; `refuse_before` closes the connection and
    applies nothing, `hang` does so after `seconds`; `lost_answer` applies the call and then closes
    the connection, `cut_answer` in the middle of the answer; `slow` waits `seconds` first;
    `partial` leaves out the second half of the inputs without a word; `empty_success` answers 200
    with empty results and applies nothing; `html` answers `status` with a page of HTML and applies
    nothing.
    A call is struck with probability `rate` (0-1, from a generator seeded with `seed`), and at most
    `times` times when that is given. `route_contains` looks at the path below the platform root.
    """

    platform: str
    kind: str
    method: str = ""
    route_contains: str = ""
    tenant: str = ""
    rate: float = 1.0
    times: int | None = None
    status: int = 500
    body: Any = None
    retry_after: str | None = None
    seconds: float = 0.0
    seed: int = 0
    struck: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault kind {self.kind!r}; use one of {', '.join(KINDS)}")
        self._random = random.Random(self.seed)

    def matches(self, platform: str, tenant: str, method: str, path: str) -> bool:
        """Whether a call is one of those this rule speaks of."""
        return (
            self.platform == platform
            and self.method.upper() in ("", method)
            and self.route_contains in path
            and self.tenant in ("", tenant)
        )

    def strikes(self) -> bool:
        """Throw the dice for one matching call and remember a hit."""
        if self.times is not None and self.struck >= self.times:
            return False
        if self.rate < 1.0 and self._random.random() >= self.rate:
            return False
        self.struck += 1
        return True

    def describe(self) -> dict[str, object]:
        """The rule as JSON."""
        names = [item.name for item in fields(self) if item.name != "_random"]
        return {name: getattr(self, name) for name in names}


class Faults:
    """The rules in force, oldest first; the first that strikes decides."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []

    def add(self, wanted: Mapping[str, Any]) -> FaultRule:
        """Add a rule from its JSON form; raises ValueError when it cannot be one."""
        try:
            rule = FaultRule(**wanted)
        except TypeError as error:
            raise ValueError(f"not a fault rule: {error}") from error
        with self._lock:
            self._rules.append(rule)
        return rule

    def choose(self, platform: str, tenant: str, method: str, path: str) -> FaultRule | None:
        """The rule that strikes this call, or None."""
        with self._lock:
            for rule in self._rules:
                if rule.matches(platform, tenant, method, path) and rule.strikes():
                    return rule
        return None

    def rules(self) -> list[FaultRule]:
        """The rules in force."""
        with self._lock:
            return list(self._rules)

    def clear(self) -> None:
        """Forget every rule."""
        with self._lock:
            self._rules.clear()
