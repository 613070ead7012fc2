"""The bell at the door: heard soon, never waited for, and never rung without end."""

from __future__ import annotations

import threading
from typing import Any

from webhooks.bell import Bell


class Tower:
    """What the bell reaches; ``is_broken`` makes it fail, ``gate`` makes it slow."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.failures = 0
        self.is_broken = False
        self.gate = threading.Event()
        self.gate.set()

    def ring(self, pool: Any) -> None:
        self.gate.wait(10)
        if self.is_broken:
            raise ConnectionError("Redis is away")
        self.heard.append(pool)

    def fail(self) -> None:
        self.failures += 1


def hang(tower: Tower, interval: float = 0.02) -> Bell:
    return Bell(tower.ring, on_failure=tower.fail, interval=interval)


def test_a_ring_is_heard_at_once(wait_until: Any) -> None:
    tower = Tower()
    hang(tower, interval=1).ring("live")
    wait_until(lambda: tower.heard == ["live"])


def test_a_slow_tower_makes_nobody_wait_F14(wait_until: Any) -> None:
    tower = Tower()
    tower.gate.clear()
    bell = hang(tower)
    for _ in range(1_000):
        bell.ring("live")
    assert tower.heard == []
    tower.gate.set()
    wait_until(lambda: tower.heard)


def test_many_rings_become_few_and_the_last_one_is_heard(wait_until: Any) -> None:
    tower = Tower()
    tower.gate.clear()
    bell = hang(tower)
    bell.ring("live")
    for _ in range(100):
        bell.ring("live")
        bell.ring("bulk")
    tower.gate.set()
    wait_until(lambda: "bulk" in tower.heard)
    bell.ring("live")
    before = len(tower.heard)
    wait_until(lambda: "live" in tower.heard[before:] or tower.heard.count("live") >= 2)
    assert len(tower.heard) < 10


def test_a_ring_that_fails_is_counted_and_the_next_one_goes_through(wait_until: Any) -> None:
    tower = Tower()
    tower.is_broken = True
    bell = hang(tower)
    bell.ring("live")
    wait_until(lambda: tower.failures == 1)
    tower.is_broken = False
    bell.ring("live")
    wait_until(lambda: tower.heard == ["live"])


def test_it_rings_again_after_it_fell_silent(wait_until: Any) -> None:
    tower = Tower()
    bell = hang(tower)
    for count in (1, 2, 3):
        bell.ring("live")
        wait_until(lambda count=count: len(tower.heard) == count)
        wait_until(lambda: bell._thread is None)
