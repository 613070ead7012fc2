"""F37-F42, P11: whatever a plugin does, three times in a row pause it, and it alone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from engine.dispatch import Decision
from jobs.asking import ask_plugins, installed_versions, retry_new_versions
from jobs.gathering import Rules
from jobs.guard import Guard
from jobs.runtime import Runtime
from plugins.registry import LoadedPlugin, Registry
from rollcall import AuditEntry
from schemas.tenant_settings import Settings
from store.database import reading, writing
from store.plugin_health import OFFENCES, read_troubles
from store.tables import portal
from tests.jobs.conftest import NOW
from tests.rollcall.values import context, plugin, question, recording_question

OURS, THEIRS = "42", "77"
SHORT, LONG = 0.5, 30.0
"""Seconds; the short patience is for what hangs, since a busy machine may keep others waiting."""
EXPECTED = AuditEntry("attended")


@dataclass
class Asking:
    """One worker after the other asks plugins about two people of a portal."""

    runtime: Runtime
    stack: ExitStack

    def start(self, *plugins: LoadedPlugin, patience: float = LONG) -> None:
        """Begin a worker with these plugins, with a guard of its own."""
        registry = Registry(plugins)
        guard = self.stack.enter_context(Guard.start(registry, patience=patience))
        self.runtime = replace(self.runtime, registry=registry, guard=guard)

    def ask(self, portal_id: str = OURS, people: int = 2, **rules: Any) -> list[Decision]:
        """What is decided about so many people."""
        base = context()
        tenant = replace(base.tenant, portal_id=portal_id)
        questions = [
            question(f"p{number}@x.no", context_base=replace(base, tenant=tenant))
            for number in range(people)
        ]
        return ask_plugins(self.runtime, questions, self.rules(**rules))

    def rules(self, **changes: Any) -> Rules:
        """Everything installed is on."""
        order = tuple(installed_versions(self.runtime.registry))
        empty: frozenset[str] = frozenset()
        return replace(Rules(1, Settings(), order, empty, {}, {}, True), **changes)

    def is_paused(self, portal_id: str = OURS) -> bool:
        """Whether the plugin `bad` is."""
        versions = installed_versions(self.runtime.registry)
        with reading(self.runtime.database) as connection:
            trouble = read_troubles(connection, portal_id, versions).get("bad")
        return trouble is not None and trouble.paused_at is not None


@pytest.fixture
def asking(runtime: Runtime, database: Engine) -> Iterator[Asking]:
    """Two portals, and no worker yet."""
    with writing(database) as to:
        for portal_id in (OURS, THEIRS):
            row = {"portal_id": portal_id, "capabilities": {}, "created_at": NOW}
            to.execute(portal.insert().values(row))
    with ExitStack() as stack:
        yield Asking(runtime, stack)


def good() -> LoadedPlugin:
    return plugin("good", on_attendance=lambda attendance: [EXPECTED])


def _raises(*_: object) -> Any:
    raise RuntimeError("a bug of the partner's")


def _sleeps(*_: object) -> Any:
    time.sleep(3600)


def _spoils(subject: Any) -> Any:
    object.__setattr__(getattr(subject, "person", subject), "email", "somebody@else.example")


def _hoards(*_: object) -> Any:
    return [bytes(50_000_000) for _ in range(100)]


KINDS = {
    "F37 raises": (_raises, "raised RuntimeError"),
    "F38 F39 hangs": (_sleeps, "gave no sign of life"),
    "F40 returns rubbish": (lambda *_: 42, "returned int"),
    "F40 returns 10 MB": (lambda *_: [AuditEntry("x" * 10_000_000)], "more than 64 KiB"),
    "F41 changes what it is handed": (_spoils, "changed the values"),
    "F42 exits": (lambda *_: os._exit(3), "ended its process"),
}


HOARDS = pytest.param(
    _hoards,
    "MemoryError",
    id="F42 hoards memory",
    marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits address space"),
)


@pytest.mark.parametrize(
    ("misbehaves", "what"),
    [*(pytest.param(*kind, id=name) for name, kind in KINDS.items()), HOARDS],
)
def test_P11_each_kind_is_paused_after_three_chunks_and_the_others_effects_land(
    asking: Asking, misbehaves: Callable[..., Any], what: str
) -> None:
    bad = plugin("bad", on_attendance=lambda attendance: misbehaves(attendance))
    asking.start(bad, good(), patience=SHORT if misbehaves is _sleeps else LONG)
    for _ in range(OFFENCES):
        assert not asking.is_paused()
        decisions = asking.ask()
        assert what in decisions[0].failures[0].message
        assert [one.effects[0].effect for one in decisions] == [EXPECTED, EXPECTED]
    assert asking.is_paused()
    decisions = asking.ask()
    assert [one.effects[0].effect for one in decisions] == [EXPECTED, EXPECTED]
    told = decisions[0].failures[0].message
    assert told.startswith("is paused: it failed 3 times in a row, last in on_attendance: ")
    assert what in told


def test_P11_the_pause_outlives_guards_and_workers_and_concerns_one_portal(asking: Asking) -> None:
    bad = plugin("bad", should_exclude=lambda person: os._exit(3))
    for _ in range(OFFENCES):
        asking.start(bad)
        asking.ask()
    asking.start(bad)
    held = asking.ask()[0].held_by
    assert held is not None
    assert (held.reason, "is paused" in held.detail) == ("plugin_unavailable", True)
    theirs = asking.ask(THEIRS)[0].held_by
    assert theirs is not None
    assert "ended its process" in theirs.detail
    assert not asking.is_paused(THEIRS)


def test_P11_a_paused_plugin_is_not_asked_and_told_of_once(asking: Asking) -> None:
    asking.start(plugin("bad", on_attendance=lambda attendance: os._exit(3)))
    with capture_logs() as logs:
        for _ in range(OFFENCES + 3):
            asking.ask()
    events = [entry["event"] for entry in logs]
    assert events.count("plugin_left_out") == OFFENCES
    assert events.count("plugin_paused") == 1


def test_P11_a_plugin_that_fails_for_one_odd_person_goes_on(asking: Asking) -> None:
    bad = plugin(
        "bad", on_attendance=lambda attendance: 7 if attendance.person.email == "p1@x.no" else []
    )
    asking.start(bad)
    for _ in range(OFFENCES + 1):
        fine, odd = asking.ask()
        assert (len(fine.failures), len(odd.failures)) == (0, 1)
    assert not asking.is_paused()


def test_P11_a_chunk_it_answers_sets_it_back(asking: Asking) -> None:
    bad = plugin("bad", on_attendance=_raises)
    asking.start(bad)
    for _ in range(OFFENCES - 1):
        asking.ask()
    asking.start(plugin("bad", on_attendance=lambda attendance: []))
    asking.ask()
    asking.start(bad)
    asking.ask()
    assert not asking.is_paused()


def test_what_comes_of_nothing_is_not_held_against_it(asking: Asking) -> None:
    """A dry run may try settings nobody has saved."""
    asking.start(plugin("bad", on_attendance=_raises))
    for _ in range(OFFENCES):
        asking.ask(is_trial=True)
    assert not asking.is_paused()


def test_a_plugin_that_has_nothing_to_say_about_people_fails_for_none_of_them(
    asking: Asking,
) -> None:
    asking.start(plugin("bad", on_recording=lambda recording: os._exit(3)), good())
    question = recording_question()
    for _ in range(OFFENCES):
        (decision,) = ask_plugins(asking.runtime, [question], asking.rules())
        assert [one.plugin for one in decision.failures] == ["bad"]
    assert asking.is_paused()
    (decision,) = ask_plugins(asking.runtime, [question], asking.rules())
    assert "is paused" in decision.failures[0].message
    assert [one.failures for one in asking.ask()] == [(), ()]


def test_another_version_is_asked_again_by_itself(asking: Asking) -> None:
    asking.start(plugin("bad", on_attendance=_raises))
    for _ in range(OFFENCES):
        asking.ask()
    assert not retry_new_versions(asking.runtime)
    mended = plugin("bad", on_attendance=lambda attendance: [EXPECTED])
    asking.start(replace(mended, version="1.0.1"))
    assert retry_new_versions(asking.runtime)
    assert asking.ask()[0].effects[0].effect == EXPECTED
    assert not retry_new_versions(asking.runtime)
