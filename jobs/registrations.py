"""Registrations told by notices, many of a webinar in one transaction.

A notice alone costs five transactions and a hundred of them cost hardly more; the figures are in
docs/decisions/0017. Merged together they mean what they mean one after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

import structlog
from sqlalchemy import Connection, RowMapping

from jobs.live_runs import open_live_run
from jobs.presentable import presentable
from jobs.runtime import Runtime
from rollcall.errors import Permanent, RollcallError
from rollcall.events import RegistrantStatus
from schemas.zoom_codes import ONCE_FOR_ALL, RECURRING
from schemas.zoom_webhooks import Envelope, RegistrationChanged, parse_webhook
from store.database import reading, writing
from store.inbox import place_of, trace_of
from store.registration_facts import RegistrationEntry, merge_changes
from store.webinar_facts import ensure_occurrence, find_webinar_of, portals_of_account

EVENTS = "webinar.registration_"
_STATUSES = frozenset(get_args(RegistrantStatus))

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """A registration as a delivery tells it; ``row`` is the delivery's, ``trace`` its name."""

    row: RowMapping
    account_id: str
    webinar_id: str
    entry: RegistrationEntry
    occurrence_ids: tuple[str, ...]

    @property
    def trace(self) -> str:
        """What the delivery is called in the logs."""
        return trace_of(self.row["digest"])


def read_told(row: RowMapping, envelope: Envelope) -> Told:
    """The registration in an envelope that holds one. Raises Permanent for an unknown state."""
    change = envelope.payload
    assert isinstance(change, RegistrationChanged)
    registrant = change.registrant
    if registrant.status not in _STATUSES:
        raise Permanent("a registration with a status Zoom does not document")
    entry = RegistrationEntry(
        email=registrant.email[:255],
        first_name=registrant.first_name[:255],
        last_name=registrant.last_name[:255],
        registrant_id=registrant.registrant_id,
        status=cast(RegistrantStatus, registrant.status),
        at=envelope.event_at,
        join_url=registrant.join_url,
    )
    dates = tuple(date.occurrence_id for date in change.occurrences)
    return Told(row, envelope.account_id, change.webinar_id, entry, dates)


def find_told(runtime: Runtime, row: RowMapping) -> Told | None:
    """The registration in a delivery; None for any other, and for one that cannot be read."""
    if row["source"] != "zoom" or not row["event"].startswith(EVENTS):
        return None
    try:
        envelope = parse_webhook(runtime.sealer.open(row["body"], place_of(row["digest"])))
        if envelope.payload is None or envelope.account_id != row["account_id"]:
            return None
        return read_told(row, envelope)
    except (RollcallError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Group:
    """Registrations for one webinar, as each of its account's portals knows it."""

    webinars: tuple[RowMapping, ...]
    told: tuple[Told, ...]


def known_groups(runtime: Runtime, account_id: str, told: Sequence[Told]) -> list[Group]:
    """By webinar, those for webinars that need no question to Zoom; the rest is left out."""
    by_webinar: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        by_webinar[one.webinar_id].append(one)
    groups = []
    with reading(runtime.database) as connection:
        portals = portals_of_account(connection, account_id)
        for webinar_id, members in by_webinar.items():
            rows = [find_webinar_of(connection, one, account_id, webinar_id) for one in portals]
            known = tuple(row for row in rows if row is not None and row["detail_read_at"])
            if portals and len(known) == len(portals):
                groups.append(Group(known, tuple(members)))
    return groups


def merge_told(runtime: Runtime, webinar: RowMapping, told: Sequence[Told], now: datetime) -> None:
    """Merge registrations for a webinar of a portal: people become dirty, runs are opened."""
    portal_id = webinar["portal_id"]
    places: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        for name in _places_of(webinar, one):
            places[name].append(one)
    runs: list[tuple[Told, str]] = []
    with writing(runtime.database) as connection:
        shown = presentable(connection, runtime.sealer, portal_id, [one.entry for one in told])
        entries = {id(one): entry for one, entry in zip(told, shown, strict=True)}
        for name, members in sorted(places.items()):
            place = ensure_occurrence(connection, webinar, name)
            changed = _merge_in_turn(connection, webinar, place, members, entries)
            if changed:
                run_id = open_live_run(connection, runtime, place, "webhook", now)
                runs += [(one, run_id) for one in changed]
    for one, run_id in runs:
        log.info("delivery_merged", portal=portal_id, run=run_id, delivery=one.trace)


def _places_of(webinar: RowMapping, one: Told) -> Sequence[str]:
    """The occurrences a registration is for; "" is the webinar as a whole."""
    covers_series = webinar["type"] == RECURRING and webinar["registration_type"] == ONCE_FOR_ALL
    if webinar["type"] != RECURRING or covers_series or not one.occurrence_ids:
        return ("",)
    return one.occurrence_ids


def _merge_in_turn(
    connection: Connection,
    webinar: RowMapping,
    place: RowMapping,
    told: Sequence[Told],
    entries: Mapping[int, RegistrationEntry],
) -> list[Told]:
    """Merge them as if they came one after the other; those that changed something."""
    changed = []
    for turn in turns(told, entries):
        emails = merge_changes(connection, webinar, place, [entries[id(one)] for one in turn])
        changed += [one for one in turn if entries[id(one)].email in emails]
    return changed


def turns(told: Sequence[Told], entries: Mapping[int, RegistrationEntry]) -> Iterator[list[Told]]:
    """The registrations in order, in as few turns as tell nobody's twice in one."""
    seen: dict[str, int] = defaultdict(int)
    by_turn: dict[int, list[Told]] = defaultdict(list)
    for one in told:
        email = entries[id(one)].email
        by_turn[seen[email]].append(one)
        seen[email] += 1
    yield from by_turn.values()
