"""A partner's plugin misbehaves in the middle of a sync: only its own effects are lost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from jobs.guard import Guard
from plugins.registry import LoadedPlugin, Registry
from rollcall import AuditEntry
from store.tables import occurrence_person
from tests.rollcall.values import plugin
from tests.scenarios.stage import set_stage


def _raises(*_: object) -> Any:
    raise RuntimeError("a bug of the partner's")


def _hangs(*_: object) -> Any:
    time.sleep(3600)


def _dies(*_: object) -> Any:
    os._exit(7)


def _babbles(*_: object) -> Any:
    return 42


def _repeats(attendance: Any) -> Any:
    return [AuditEntry("attended")]


def sync(
    partner: LoadedPlugin, registry: Registry, base: str, url: str, redis_url: str
) -> tuple[dict[str, tuple[str, str]], dict[str, Any], dict[str, str]]:
    """Outcomes by address, contacts by address, and what the scene calls them."""
    both = Registry((*registry.plugins, partner))
    with (
        Guard.start(both, patience=0.5) as guard,
        set_stage(base, url, redis_url, guard, both) as stage,
    ):
        scene = stage.simulator.scene("small", silent=True)
        stage.install(scene["account_id"])
        stage.set(webinar_sync="all", **scene["settings"])
        stage.work()
        stage.late_by = timedelta(minutes=5)
        stage.work()
        rows = stage.query(select(occurrence_person))
        outcomes = {row["email"]: (row["outcome"], row["reason"]) for row in rows}
        return outcomes, stage.simulator.contacts(), scene["people"]


@pytest.mark.parametrize(
    "misbehaves",
    [_raises, _hangs, _dies, _babbles],
    ids=["raises", "hangs", "dies", "returns-rubbish"],
)
def test_a_plugin_that_fails_costs_nobody_their_contact_or_attendance(
    misbehaves: Callable[..., Any],
    registry: Registry,
    simulator_base: str,
    sqlite_url: str,
    redis_url: str,
) -> None:
    partner = plugin("partner", on_registrant=misbehaves, on_attendance=misbehaves)
    _, contacts, people = sync(partner, registry, simulator_base, sqlite_url, redis_url)
    attended = {
        kind: contacts[people[kind]]["properties"].get("rollcall_attendance_count")
        for kind in ("attends", "rejoins", "no_show")
    }
    assert attended == {"attends": "1", "rejoins": "1", "no_show": None}


@pytest.mark.parametrize(
    "misbehaves",
    [_raises, _hangs, _dies, _babbles],
    ids=["raises", "hangs", "dies", "returns-rubbish"],
)
def test_a_plugin_that_may_exclude_and_fails_holds_people_instead_of_letting_them_through(
    misbehaves: Callable[..., Any],
    registry: Registry,
    simulator_base: str,
    sqlite_url: str,
    redis_url: str,
) -> None:
    partner = plugin("partner", should_exclude=misbehaves)
    outcomes, contacts, people = sync(partner, registry, simulator_base, sqlite_url, redis_url)
    assert outcomes[people["attends"]] == ("waiting", "plugin_unavailable")
    assert people["attends"] not in contacts
    # Somebody another rule excludes anyway does not wait for it.
    assert outcomes[people["excluded_domain"]] == ("excluded", "excluded_domain")


def test_a_plugin_that_works_changes_nothing_for_the_others(
    registry: Registry, simulator_base: str, sqlite_url: str, redis_url: str
) -> None:
    partner = plugin("partner", on_attendance=_repeats)
    outcomes, _, people = sync(partner, registry, simulator_base, sqlite_url, redis_url)
    assert outcomes[people["attends"]] == ("in_sync", "")
