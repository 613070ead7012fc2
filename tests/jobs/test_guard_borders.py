"""F40, F42: what a plugin says concerns nobody else, and what it leaks stays in its process."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import psutil
import pytest

from engine.dispatch import Decision
from jobs.guard import Guard, GuardError
from plugins.registry import Registry
from rollcall import AuditEntry
from tests.jobs.test_guard import EXPECTED, good, landed
from tests.rollcall.values import plugin, question


def test_F40_no_answer_reaches_another_portal_or_another_person() -> None:
    """What is handed over names portal, person and occurrence; changed, it is put back."""

    def redirects(attendance: Any) -> list[object]:
        object.__setattr__(attendance.person, "reference", "ref-of-another-portal")
        object.__setattr__(attendance.occurrence.webinar, "account_id", "their-account")
        return [AuditEntry("for somebody else")]

    chunk = [question(f"p{number}@example.com") for number in range(3)]
    with Guard.start(Registry((plugin("bad", on_attendance=redirects), good()))) as guard:
        answer = guard.decide(chunk, {}, ["bad", "good"])
    assert [one.reference for one in answer.decisions] == [
        f"ref-p{n}@example.com" for n in range(3)
    ]
    assert landed(answer) == [[EXPECTED]] * 3


def test_F40_an_answer_about_others_than_were_asked_about_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forges(*chunk: object, **more: object) -> list[Decision]:
        return [Decision("ref-of-another-portal")]

    monkeypatch.setattr("jobs.guard_process.decide", forges)
    with Guard.start(Registry((good(),))) as guard, pytest.raises(GuardError, match="about others"):
        guard.decide([question()], {}, ["good"])


def test_F42_a_plugin_that_leaks_leaves_the_worker_as_it_was() -> None:
    """Ten thousand calls: memory, descriptors, threads and processes end with each chunk."""
    hoard: list[object] = []

    def leaks(attendance: object) -> list[object]:
        hoard.append(bytearray(20_000))
        if len(hoard) % 50 == 0:
            hoard.append(os.pipe())
            threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
        return []

    chunk = [question(f"p{number}@example.com") for number in range(500)]
    with Guard.start(Registry((plugin("leaky", on_attendance=leaks),))) as guard:
        processes = [psutil.Process(), psutil.Process(guard.pid)]

        def used() -> list[tuple[int, int, int]]:
            return [(one.num_fds(), one.num_threads(), len(one.children())) for one in processes]

        for _ in range(3):
            assert guard.decide(chunk, {}, ["leaky"]).suspects == ()
        before, memory = used(), [one.memory_info().rss for one in processes]
        for _ in range(17):
            assert guard.decide(chunk, {}, ["leaky"]).suspects == ()
        # Fewer would be the test run's own: a thread of an earlier test may end meanwhile.
        for now, was in zip(used(), before, strict=True):
            assert all(one <= other for one, other in zip(now, was, strict=True)), (now, was)
        grown = [one.memory_info().rss - was for one, was in zip(processes, memory, strict=True)]
    assert max(grown) < 8 * 1024 * 1024, "a leak of one call in twenty would be more"
    assert hoard == []
