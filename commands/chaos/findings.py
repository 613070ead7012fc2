"""What a seed left behind, held against the invariants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import Column, func, select

from commands.chaos import invariants as must
from commands.chaos.invariants import Belongings, Held
from commands.chaos.leaks import canaries_of, find_leaks, places_of
from commands.chaos.play import Play, Tenant
from commands.chaos.watch import Watch, pauses_of, too_long, written_at
from commands.demo_report import find_faults, show_second_sync
from commands.trial import Simulated
from store.database import open_database, reading
from store.tables import effect, inbox, lease

ENTRIES = 50_000


@dataclass(slots=True)
class Figures:
    """A seed in numbers; ``pause`` is the longest in seconds after something was stopped."""

    acknowledged: int = 0
    lost: int = 0
    effects: int = 0
    duplicates: int = 0
    missing: int = 0
    crossed: int = 0
    unconfirmed: int = 0
    pause: float = 0.0

    def plus(self, other: Figures) -> Figures:
        """Both together; of the pauses the longer."""
        both = {
            one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Figures)
        }
        return Figures(**both | {"pause": max(self.pause, other.pause)})


@dataclass(slots=True)
class Findings:
    """The figures, and a sentence for each broken invariant."""

    figures: Figures = field(default_factory=Figures)
    broken: list[str] = field(default_factory=list)

    def add(self, sentences: Iterable[str]) -> int:
        """Take in sentences of one kind; how many there were."""
        listed = list(sentences)
        self.broken += must.told(listed)
        return len(listed)


def judge(play: Play, watch: Watch) -> Findings:
    """Look at Zoom's truth, the decision log, HubSpot, the database, the log and Redis."""
    findings = Findings()
    _judge_leaks(findings, play)
    _judge_database(findings, play)
    everybody = [(tenant, belongings_of(tenant)) for tenant in play.tenants]
    for (tenant, own), (_, other) in zip(everybody, reversed(everybody), strict=True):
        _judge_tenant(findings, tenant, own, other)
    _judge_pauses(findings, play, watch)
    for tenant in play.tenants:
        quiet = Console(quiet=True)
        findings.figures.duplicates += findings.add(
            show_second_sync(quiet, play.trial.simulated, tenant.customer, tenant.played)
        )
    return findings


def belongings_of(tenant: Tenant) -> Belongings:
    """What is the customer's own, by Zoom's truth."""
    call = tenant.trial.simulated.call
    webinar_ids = call("GET", f"/zoom/accounts/{tenant.account_id}")["webinars"]
    registrants = [
        person
        for webinar_id in webinar_ids
        for person in call("GET", f"/zoom/webinars/{webinar_id}")["registrants"]
    ]
    return Belongings(
        tenant.portal_id,
        tenant.account_id,
        frozenset(map(str, webinar_ids)),
        frozenset(person["email"].lower() for person in registrants),
    )


def held_by(simulated: Simulated, portal_id: str) -> Held:
    """What the portal holds by now."""
    portal = f"/hubspot/portals/{portal_id}"
    summary = simulated.summary(portal_id)
    return Held(
        list(simulated.contacts(portal_id).values()),
        simulated.call("GET", f"{portal}/marketing-events")["results"],
        simulated.call("GET", f"{portal}/calls")["results"],
        summary["writes"],
        summary["contacts"],
    )


def _judge_tenant(findings: Findings, tenant: Tenant, own: Belongings, other: Belongings) -> None:
    simulated, customer, figures = tenant.trial.simulated, tenant.customer, findings.figures
    customer.sign_in(tenant.portal_id)
    people = customer.people(tenant.webinar_id)
    held = held_by(simulated, tenant.portal_id)
    contacts = {c["properties"].get("email", c["id"]): c for c in held.contacts}
    registrants = tenant.zoom_truth()["registrants"]
    journal = _journal(simulated, "hubspot", tenant.portal_id)
    alive = {contact["id"] for contact in held.contacts}
    expected = must.expected_states(registrants, people, contacts, tenant.played)
    found = must.participations(held.events, tenant.webinar_id, alive)
    figures.missing += findings.add(must.missing_people(registrants, people))
    figures.missing += findings.add(must.wrong_participations(found, expected))
    figures.missing += findings.add(find_faults(simulated, customer, tenant.played))
    figures.effects += must.count_effects(held)
    figures.duplicates += findings.add(must.repeated_effects(held))
    findings.add(must.inversions(held))
    findings.add(must.limits_exceeded(journal))
    asked = [*journal, *_journal(simulated, "zoom", tenant.account_id)]
    figures.crossed += findings.add(must.crossings(own, other, held, asked))


def _judge_database(findings: Findings, play: Play) -> None:
    simulated, figures = play.trial.simulated, findings.figures
    deliveries = simulated.call("GET", "/zoom/webhooks", status="delivered", entries=100_000)
    kept = count_states(play.trial.data_dir, inbox.c.state, inbox.c.source == "zoom")
    figures.acknowledged = must.answered_webhooks(deliveries["deliveries"])
    figures.lost = findings.add(must.lost_deliveries(figures.acknowledged, sum(kept.values())))
    findings.add(must.unread_deliveries(kept))
    states = count_states(play.trial.data_dir, effect.c.state)
    findings.add(must.unfinished_business(states))
    figures.unconfirmed = states.get("unconfirmed", 0)
    findings.add(must.long_leases(read_leases(play.trial.data_dir)))


def _judge_leaks(findings: Findings, play: Play) -> None:
    webinars = [tenant.zoom_truth() for tenant in play.tenants]
    findings.add(find_leaks(places_of(play.trial), canaries_of(play.trial, webinars)))


def _judge_pauses(findings: Findings, play: Play, watch: Watch) -> None:
    calls = _journal(play.trial.simulated, "hubspot", watch.portal_id)
    pauses = pauses_of(play.stopped_at, written_at(calls), watch.seen)
    findings.figures.pause = max((pause.seconds for pause in pauses), default=0.0)
    findings.add(too_long(pauses))


def _journal(simulated: Simulated, platform: str, tenant: str) -> list[Mapping[str, Any]]:
    calls = simulated.call("GET", "/journal", platform=platform, tenant=tenant, entries=ENTRIES)
    entries: list[Mapping[str, Any]] = calls.get("entries", [])
    return entries


def count_states(data_dir: Path, state: Column[str], *conditions: Any) -> dict[str, int]:
    """How many rows of the column's table are in which state."""
    counted = select(state, func.count()).where(*conditions).group_by(state)
    database = open_database(f"sqlite:///{data_dir / 'rollcall.db'}")
    try:
        with reading(database) as connection:
            return dict(connection.execute(counted).tuples().all())
    finally:
        database.dispose()


def read_leases(data_dir: Path) -> list[tuple[str, int]]:
    """Every lease and the milliseconds it still runs."""
    now = func.cast((func.julianday("now") - 2440587.5) * 86_400_000, lease.c.until_ms.type)
    database = open_database(f"sqlite:///{data_dir / 'rollcall.db'}")
    try:
        with reading(database) as connection:
            rows = connection.execute(select(lease.c.name, lease.c.until_ms - now))
            return [(name, int(left)) for name, left in rows]
    finally:
        database.dispose()
