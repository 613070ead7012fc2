"""What the tests of the clients share: counted permits, two tokens, remembered naps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
import responses

from clients.errors import NotAnswering
from clients.limiter import Bucket
from clients.policy import Platform
from clients.transport import Transport, open_session

HUBSPOT, ZOOM = "https://hubspot.example", "https://zoom.example/v2"


@dataclass
class CountedPermits:
    """Always gives a permit, and remembers everything it was told."""

    taken: list[Bucket] = field(default_factory=list)
    pauses: list[tuple[Bucket, float]] = field(default_factory=list)
    learnt: list[tuple[Bucket, int, float]] = field(default_factory=list)
    met: list[Literal["answer", "failure"]] = field(default_factory=list)
    outage: NotAnswering | None = None

    def try_acquire(self, bucket: Bucket) -> float:
        self.taken.append(bucket)
        return 0.0

    def acquire(self, bucket: Bucket) -> None:
        self.taken.append(bucket)

    def pause(self, bucket: Bucket, seconds: float) -> None:
        self.pauses.append((bucket, seconds))

    def learn(self, bucket: Bucket, limit: int, window: float) -> None:
        self.learnt.append((bucket, limit, window))

    def note_answer(self) -> None:
        self.met.append("answer")

    def note_failure(self) -> NotAnswering | None:
        self.met.append("failure")
        return self.outage


@dataclass
class Tokens:
    """Hands out a stale token first and a fresh one after a refresh."""

    refreshes: int = 0

    def token(self) -> str:
        return "stale-token"

    def refresh(self) -> str:
        self.refreshes += 1
        return f"fresh-token-{self.refreshes}"


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    """The network, as far as the test declares it; each declared answer must be asked for."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def permits() -> CountedPermits:
    return CountedPermits()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def naps() -> list[float]:
    """The seconds the transport wanted to sleep."""
    return []


@pytest.fixture
def make_transport(
    permits: CountedPermits, tokens: Tokens, naps: list[float]
) -> Callable[..., Transport]:
    """Build a transport to an invented host: ``make_transport("zoom", base_url=...)``."""

    def make(platform: Platform, base_url: str = "") -> Transport:
        return Transport(
            platform,
            base_url or (HUBSPOT if platform == "hubspot" else ZOOM),
            "4711",
            token=tokens.token,
            refresh=tokens.refresh,
            budget=permits,
            session=open_session(),
            sleep=naps.append,
        )

    return make
