"""The occurrence's effects on people: registered, cancelled and attended, and app events.

Under the occurrence's lease, only for people whose contact is known. Batches go side by side; what
HubSpot does not confirm is read back later, before anything of it is sent again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast

from sqlalchemy import Connection, RowMapping

from clients.errors import NotFound, Rejected, Unconfirmed
from clients.hubspot import APP_EVENT_BATCH
from clients.hubspot_marketing import ATTENDANCE_BATCH
from clients.outcomes import BatchOutcome
from engine.plan import (
    APP_EVENT_KINDS,
    PARTICIPATION_KINDS,
    UNDOES,
    halves,
    in_batches,
)
from jobs.changes import effect_change
from jobs.events import EVENT_KINDS, Target
from jobs.flights import Flights
from jobs.records import refresh_outcomes
from jobs.slices import Slice
from jobs.withdrawals import end_undone_by
from rollcall.errors import Permanent, Retryable
from schemas.hubspot_api import AppEvent
from schemas.hubspot_marketing import AttendanceInput, Verb
from store.database import reading
from store.ledger import (
    Sent,
    forget_applied,
    mark_applied,
    mark_planned,
    mark_rejected,
    mark_unconfirmed,
    sendable,
    start_batches,
    withdraw_called_off,
)
from store.runs import add_changes, count_in_run

STRETCH = 800


class EventGone(Retryable):
    """HubSpot no longer has the marketing event: it is made again, and everything in it."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """Ledger rows of one kind that leave in one call.

    ``is_repeat``: the identical batch left before, and nobody knows what became of it.
    """

    kind: str
    rows: tuple[RowMapping, ...]
    is_repeat: bool = False


def send_participations(slice_: Slice, target: Target) -> None:
    """Send what is planned for the marketing event: registrations, cancellations, then stays."""
    try:
        for kind in PARTICIPATION_KINDS:
            _send_kind(slice_, kind, _ParticipationSender(slice_, target), ATTENDANCE_BATCH)
    except EventGone:
        with slice_.writing() as connection:
            forget_applied(connection, target.occurrence["id"], EVENT_KINDS + PARTICIPATION_KINDS)
        raise


def withdraw_participations(slice_: Slice) -> None:
    """The occurrence was called off: what was not sent to its marketing event is not wanted."""
    with slice_.writing() as connection:
        people = withdraw_called_off(connection, slice_.run["occurrence_pk"], PARTICIPATION_KINDS)
        refresh_outcomes(connection, people, now=slice_.runtime.clock())


def send_app_events(slice_: Slice) -> None:
    """Send what is planned for timelines, where HubSpot approved the app's events."""
    for kind in APP_EVENT_KINDS:
        _send_kind(slice_, kind, AppEventSender(slice_), APP_EVENT_BATCH)


def _send_kind(slice_: Slice, kind: str, sender: Sender, size: int) -> None:
    while True:
        slice_.keep()
        with reading(slice_.runtime.database) as connection:
            rows = sendable(
                connection, slice_.run["occurrence_pk"], kind, slice_.runtime.clock(), STRETCH
            )
        if not rows:
            return
        sender.fly(Shipment(kind, tuple(part)) for part in one_contact_each(rows, size))


def one_contact_each(rows: Sequence[RowMapping], size: int) -> Iterable[list[RowMapping]]:
    """Batches in which no contact comes twice (two addresses may belong to one contact)."""
    waiting = list(rows)
    while waiting:
        wave: dict[str, RowMapping] = {}
        for row in waiting:
            wave.setdefault(row["contact_id"], row)
        yield from in_batches(wave.values(), size)
        taken = {row["id"] for row in wave.values()}
        waiting = [row for row in waiting if row["id"] not in taken]


@dataclass(slots=True)
class _Results:
    """What came of the shipments that came back, by what is to be done about each row.

    ``again`` are shipments to send in place of refused ones.
    """

    done: list[RowMapping] = field(default_factory=list)
    refused: list[tuple[RowMapping, str]] = field(default_factory=list)  # with the message
    missing: list[RowMapping] = field(default_factory=list)  # left out of the answer
    lost: list[RowMapping] = field(default_factory=list)  # without an answer
    unsent: list[RowMapping] = field(default_factory=list)
    again: list[Shipment] = field(default_factory=list)

    def take(self, rows: Iterable[RowMapping], outcome: BatchOutcome) -> None:
        """Sort a shipment's rows by HubSpot's answer."""
        for row in rows:
            if row["contact_id"] in outcome.done:
                self.done.append(row)
            elif row["contact_id"] in outcome.rejected:
                self.refused.append((row, outcome.rejected[row["contact_id"]].message))
            elif row["contact_id"] in outcome.missing:
                self.missing.append(row)

    def take_error(self, shipment: Shipment, error: Exception) -> None:
        """Sort a shipment's rows when its call failed."""
        if isinstance(error, Rejected) and len(shipment.rows) > 1:
            self.unsent += shipment.rows
            self.again += [Shipment(shipment.kind, tuple(half)) for half in halves(shipment.rows)]
        elif isinstance(error, Permanent):
            self.refused += [(row, str(error)) for row in shipment.rows]
        elif isinstance(error, Unconfirmed) or shipment.is_repeat:
            # A repeat that did not get through leaves as much in doubt as before.
            self.lost += shipment.rows
        else:
            self.unsent += shipment.rows


class Sender:
    """Sends shipments and settles each row; subclasses know the call."""

    def __init__(self, slice_: Slice) -> None:
        self._slice = slice_

    def fly(self, shipments: Iterable[Shipment]) -> None:
        """Send them side by side. Raises what makes the run wait or stop."""
        flights = Flights[Shipment, BatchOutcome](
            self._slice, send=self.send, land=self._land, depart=self._depart
        )
        flights.fly(shipments)

    def send(self, shipment: Shipment) -> BatchOutcome:
        """Make the call; the outcome is keyed by contact id."""
        raise NotImplementedError

    def _depart(self, shipments: Sequence[Shipment]) -> None:
        with self._slice.writing() as connection:
            start_batches(
                connection,
                self._slice.lease,
                {
                    str(uuid.uuid4()): {row["id"]: row["contact_id"] for row in shipment.rows}
                    for shipment in shipments
                    if not shipment.is_repeat
                },
            )

    def _land(self, landed: Sequence[tuple[Shipment, BatchOutcome | Exception]]) -> list[Shipment]:
        results = _Results()
        for shipment, answer in landed:
            if isinstance(answer, BatchOutcome):
                results.take(shipment.rows, answer)
            else:
                results.take_error(shipment, answer)
        with self._slice.writing() as connection:
            settle_done(connection, self._slice, results.done)
            mark_rejected(connection, [(row["id"], why) for row, why in results.refused])
            failed = len(results.refused)
            count_in_run(connection, self._slice.run["id"], failed=failed, done=failed)
            self._doubt(connection, results.missing, counts=True)
            self._doubt(connection, results.lost, counts=False)
            mark_planned(connection, [row["id"] for row in results.unsent], not_before=None)
            refresh_outcomes(
                connection,
                [row["occurrence_person_pk"] for shipment, _ in landed for row in shipment.rows],
                now=self._slice.runtime.clock(),
            )
        return results.again

    def _doubt(self, connection: Connection, rows: Sequence[RowMapping], *, counts: bool) -> None:
        runtime = self._slice.runtime
        mark_unconfirmed(
            connection,
            [row["id"] for row in rows],
            confirm_at=runtime.clock() + runtime.timing.confirm_after,
            counts=counts,
        )
        count_in_run(connection, self._slice.run["id"], unconfirmed=len(rows), done=len(rows))


class _ParticipationSender(Sender):
    def __init__(self, slice_: Slice, target: Target) -> None:
        super().__init__(slice_)
        self._target = target

    def send(self, shipment: Shipment) -> BatchOutcome:
        run = self._slice.run
        hubspot = self._slice.runtime.platforms.hubspot(run["portal_id"], run["pool"])
        try:
            return hubspot.record_attendance(
                self._target.external_id,
                self._target.account_id,
                cast(Verb, shipment.kind),
                [_attendance_input(row) for row in shipment.rows],
                permit=False,
            )
        except NotFound as error:
            raise EventGone(
                f"HubSpot no longer has the marketing event {self._target.external_id} of portal "
                f"{run['portal_id']}; it is made again",
                retry_after=0.0,
            ) from error


class AppEventSender(Sender):
    """App events: a batch is stored whole or not at all, and an id once stored never again."""

    def send(self, shipment: Shipment) -> BatchOutcome:
        """Store the batch. A repeated batch that HubSpot calls a duplicate was stored before."""
        run = self._slice.run
        hubspot = self._slice.runtime.platforms.hubspot(run["portal_id"], run["pool"])
        stored: Literal["stored", "duplicate"] = hubspot.send_app_events(
            [_app_event(row) for row in shipment.rows], permit=False
        )
        if stored == "duplicate" and len(shipment.rows) > 1 and not shipment.is_repeat:
            raise Rejected("HubSpot has at least one of these app events already")
        return BatchOutcome({row["contact_id"]: row["key"] for row in shipment.rows}, {}, ())


def settle_done(connection: Connection, slice_: Slice, rows: Sequence[RowMapping]) -> None:
    """HubSpot holds these: note it, and count them in the run."""
    now = slice_.runtime.clock()
    mark_applied(
        connection,
        [
            (Sent(row["id"], row["kind"], row["wanted"], row["wanted_hash"]), row["contact_id"])
            for row in rows
        ],
        now=now,
    )
    undoing = [row for row in rows if UNDOES in row["wanted"]]
    lines = end_undone_by(connection, slice_.run["portal_id"], undoing) if undoing else {}
    add_changes(
        connection,
        slice_.run["id"],
        [lines.get(row["id"]) or effect_change(row["email"], row["kind"]) for row in rows],
    )
    created = len(rows) - len(lines)
    count_in_run(
        connection, slice_.run["id"], created=created, withdrawn=len(lines), done=len(rows)
    )


def _attendance_input(row: RowMapping) -> AttendanceInput:
    payload = row["wanted"]
    return AttendanceInput(
        contact_id=row["contact_id"],
        at=_moment(payload["at"]),
        joined_at=_moment(payload["joined_at"]) if "joined_at" in payload else None,
        left_at=_moment(payload["left_at"]) if "left_at" in payload else None,
    )


def _app_event(row: RowMapping) -> AppEvent:
    payload = row["wanted"]
    return AppEvent(
        type_name=payload["type"],
        event_id=row["key"],
        contact_id=row["contact_id"],
        at=_moment(payload["at"]),
        properties=payload["properties"],
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
