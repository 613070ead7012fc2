"""Creates and updates of contacts: in full batches, side by side, each input settled on its own."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from clients.errors import Rejected, Unconfirmed
from clients.hubspot import CONTACT_BATCH
from clients.outcomes import BatchOutcome, Rejection
from engine.plan import halves, in_batches
from jobs.changes import Change, contact_changes
from jobs.flights import Flights
from jobs.gathering import PersonPlan
from jobs.records import refresh_outcomes, settle_people
from jobs.slices import Slice
from rollcall.errors import Permanent
from schemas.hubspot_contacts import ContactCreate, ContactUpdate
from store.ledger import (
    Sent,
    mark_applied,
    mark_planned,
    mark_rejected,
    mark_unconfirmed,
    mark_withdrawn,
    start_batches,
)
from store.runs import add_changes, count_in_run, open_run_ids
from store.statements import update_each, update_rows
from store.tables import person

MAX_DOUBTS = 3
"""After so many deliveries nobody could confirm, the write is shown as failing."""


@dataclass(frozen=True, slots=True)
class ContactWrite:
    """One person's write: the properties that differ, and the ledger row that holds it.

    ``others`` are people who are the same contact, so that the write is theirs as well.
    """

    plan: PersonPlan
    sent: Sent
    changes: dict[str, str]
    doubts: int
    others: tuple[PersonPlan, ...] = ()

    @property
    def plans(self) -> tuple[PersonPlan, ...]:
        """Everybody the write is for."""
        return (self.plan, *self.others)

    @property
    def trace_id(self) -> str:
        """Ours, distinct in any batch."""
        return str(self.sent.pk)

    @property
    def contact_id(self) -> str | None:
        """The contact to update, None to create one."""
        found: str | None = self.plan.person["contact_id"]
        return found if not self.plan.person["is_deleted"] else None


Batch = list[ContactWrite]


@dataclass(slots=True)
class _Results:
    """What came of the batches that came back, by what is to be done about each write.

    ``again`` are batches to send in place of refused ones.
    """

    done: list[tuple[ContactWrite, str]] = field(default_factory=list)  # with the contact's id
    refused: list[tuple[ContactWrite, str]] = field(default_factory=list)  # with the message
    known: list[tuple[ContactWrite, str]] = field(default_factory=list)  # as another contact
    missing: Batch = field(default_factory=list)  # left out of the answer
    lost: Batch = field(default_factory=list)  # without an answer
    unsent: Batch = field(default_factory=list)
    again: list[Batch] = field(default_factory=list)

    def take(self, batch: Batch, outcome: BatchOutcome) -> None:
        """Sort a batch by HubSpot's answer."""
        for write in batch:
            if write.trace_id in outcome.done:
                self.done.append((write, outcome.done[write.trace_id]))
            elif write.trace_id in outcome.rejected:
                self._refuse(write, outcome.rejected[write.trace_id])
            elif write.trace_id in outcome.missing:
                self.missing.append(write)

    def take_error(self, batch: Batch, error: Exception) -> None:
        """Sort a batch whose call failed."""
        if isinstance(error, Rejected) and len(batch) > 1:
            # The whole batch was refused for one input: halve until it stands alone.
            self.unsent += batch
            self.again += [list(half) for half in halves(batch)]
        elif isinstance(error, Rejected):
            self._refuse(batch[0], Rejection(str(error), error.category, error.existing_id))
        elif isinstance(error, Permanent):
            self.refused += [(write, str(error)) for write in batch]
        elif isinstance(error, Unconfirmed):
            self.lost += batch
        else:
            self.unsent += batch

    def _refuse(self, write: ContactWrite, refusal: Rejection) -> None:
        if refusal.existing_id is None:
            self.refused.append((write, refusal.message))
        else:
            self.known.append((write, refusal.existing_id))


@dataclass(slots=True)
class ContactWriter:
    """Sends the writes of one stretch under the contacts lease."""

    slice_: Slice
    now: datetime
    _run_ids: dict[int, str] = field(default_factory=dict)

    def write(self, writes: Sequence[ContactWrite]) -> None:
        """Send them all. Raises what makes the run wait or stop, after noting what was done."""
        with self.slice_.writing() as connection:
            self._run_ids = open_run_ids(connection, self.slice_.run["portal_id"])
        flights = Flights[Batch, BatchOutcome](
            self.slice_, send=self._send, land=self._land, depart=self._depart
        )
        flights.fly(_batches(writes))

    def _depart(self, batches: Sequence[Batch]) -> None:
        with self.slice_.writing() as connection:
            start_batches(
                connection,
                self.slice_.lease,
                {
                    str(uuid.uuid4()): {write.sent.pk: write.contact_id or "" for write in batch}
                    for batch in batches
                },
            )

    def _send(self, batch: Batch) -> BatchOutcome:
        run = self.slice_.run
        hubspot = self.slice_.runtime.platforms.hubspot(run["portal_id"], run["pool"])
        if batch[0].contact_id is None:
            return hubspot.create_contacts(
                [
                    ContactCreate(
                        write.trace_id, {"email": write.plan.person["email"], **write.changes}
                    )
                    for write in batch
                ],
                permit=False,
            )
        return hubspot.update_contacts(
            [
                ContactUpdate(write.trace_id, write.contact_id or "", write.changes)
                for write in batch
            ],
            permit=False,
        )

    def _land(self, landed: Sequence[tuple[Batch, BatchOutcome | Exception]]) -> list[Batch]:
        results = _Results()
        for batch, answer in landed:
            if isinstance(answer, BatchOutcome):
                results.take(batch, answer)
            else:
                results.take_error(batch, answer)
        with self.slice_.writing() as connection:
            self._apply(connection, results.done)
            self._reject(connection, results.refused)
            self._adopt(connection, results.known)
            self._doubt(connection, results.missing, counts=True)
            self._doubt(connection, results.lost, counts=False)
            mark_planned(connection, [write.sent.pk for write in results.unsent], not_before=None)
        return results.again

    def _apply(self, connection: Connection, stored: Sequence[tuple[ContactWrite, str]]) -> None:
        if not stored:
            return
        mark_applied(connection, [(write.sent, remote) for write, remote in stored], now=self.now)
        update_each(
            connection,
            person,
            [
                {
                    "pk": plan.person["id"],
                    "contact_id": contact_id,
                    "contact_match": plan.person["contact_match"]
                    if write.contact_id
                    else "primary",
                    "is_deleted": False,
                    "contact": {**plan.person["contact"], **write.changes},
                }
                for write, contact_id in stored
                for plan in write.plans
            ],
        )
        done = [write for write, _ in stored]
        emptied = [write for write in done if write.plan.is_taken_back]
        mark_withdrawn(connection, [write.sent.pk for write in emptied])
        self._note_changes(connection, done)
        updated = [w for w in done if w.contact_id and not w.plan.is_taken_back]
        self._count(connection, [write for write in done if write.contact_id is None], "created")
        self._count(connection, updated, "updated")
        self._count(connection, emptied, "withdrawn")
        self._finish(connection, done)

    def _reject(self, connection: Connection, refused: Sequence[tuple[ContactWrite, str]]) -> None:
        if not refused:
            return
        mark_rejected(connection, [(write.sent.pk, message) for write, message in refused])
        self._count(connection, [write for write, _ in refused], "failed")
        self._finish(connection, [write for write, _ in refused])

    def _adopt(self, connection: Connection, known: Sequence[tuple[ContactWrite, str]]) -> None:
        """The address belongs to a contact already: look at that one, then write to it."""
        update_rows(
            connection,
            person,
            [
                {"pk": plan.person["id"], "contact_id": existing, "must_read": True}
                for write, existing in known
                for plan in write.plans
            ],
        )
        mark_planned(connection, [write.sent.pk for write, _ in known], not_before=None)

    def _doubt(self, connection: Connection, batch: Batch, *, counts: bool) -> None:
        """Nobody knows whether these were applied: the contacts are read before anything else."""
        if not batch:
            return
        lost = [write for write in batch if counts and write.doubts + 1 >= MAX_DOUBTS]
        self._reject(
            connection, [(write, "not confirmed by HubSpot, and not to be found") for write in lost]
        )
        open_ = [write for write in batch if write not in lost]
        update_rows(
            connection,
            person,
            [
                {"pk": plan.person["id"], "must_read": True}
                for write in open_
                for plan in write.plans
            ],
        )
        mark_unconfirmed(
            connection,
            [write.sent.pk for write in open_],
            confirm_at=self.now + timedelta(0),
            counts=counts,
        )

    def _count(self, connection: Connection, writes: Sequence[ContactWrite], name: str) -> None:
        """A write counts in the run of the occurrence that marked the person."""
        counts = Counter(self._run_of(write) for write in writes)
        for run_id, count in counts.items():
            count_in_run(connection, run_id, **{name: count})

    def _note_changes(self, connection: Connection, writes: Batch) -> None:
        changes: dict[str, list[Change]] = defaultdict(list)
        for write in writes:
            changes[self._run_of(write)] += contact_changes(write.plan.person, write.changes)
        for run_id, lines in changes.items():
            add_changes(connection, run_id, lines)

    def _run_of(self, write: ContactWrite) -> str:
        appearances = (item for plan in write.plans for item in plan.appearances)
        marked = next((item for item in appearances if item.is_dirty), None)
        pk = marked.row["occurrence_pk"] if marked else 0
        return self._run_ids.get(pk, str(self.slice_.run["id"]))

    def _finish(self, connection: Connection, writes: Sequence[ContactWrite]) -> None:
        plans = [plan for write in writes for plan in write.plans]
        finish_people(connection, self.slice_, plans, now=self.now)


def finish_people(
    connection: Connection, slice_: Slice, plans: Iterable[PersonPlan], *, now: datetime
) -> None:
    """These people need nothing more of the contacts step: settle and conclude them."""
    appearances = [item for plan in plans for item in plan.appearances]
    settle_people(connection, appearances)
    refresh_outcomes(connection, [item.row["id"] for item in appearances], now=now)
    mine = [
        item
        for item in appearances
        if item.is_dirty and item.row["occurrence_pk"] == slice_.run["occurrence_pk"]
    ]
    count_in_run(connection, slice_.run["id"], done=len(mine))


def _batches(writes: Sequence[ContactWrite]) -> Iterable[Batch]:
    """Full batches of creates, then of updates, no contact twice in one batch."""
    creates = [write for write in writes if write.contact_id is None]
    yield from in_batches(creates, CONTACT_BATCH)
    waiting = [write for write in writes if write.contact_id is not None]
    while waiting:
        wave: dict[str | None, ContactWrite] = {}
        for write in waiting:
            wave.setdefault(write.contact_id, write)
        yield from in_batches(wave.values(), CONTACT_BATCH)
        taken = {write.sent.pk for write in wave.values()}
        waiting = [write for write in waiting if write.sent.pk not in taken]
