"""An occurrence's recordings in HubSpot: confirmed, planned, written, joined to those who came."""

from __future__ import annotations

from itertools import groupby

from sqlalchemy import RowMapping

from clients.errors import NotFound
from clients.hubspot_calls import CALL_ASSOCIATION_BATCH
from clients.outcomes import BatchOutcome
from engine.plan import UNDOES
from jobs.call_records import (
    NOT_CONFIRMED,
    confirm_calls,
    in_doubt,
    send_calls,
)
from jobs.participations import Sender, Shipment, one_contact_each
from jobs.recording_audiences import plan_audiences
from jobs.recording_plans import plan_recordings
from jobs.records import refresh_outcomes
from jobs.slices import Slice
from jobs.transcripts import confirm_transcripts, send_transcripts
from store.database import reading
from store.ledger import mark_planned, mark_rejected, sendable
from store.recording_facts import change_recording

MAX_DOUBTS = 3


def sync_recordings(slice_: Slice) -> None:
    """Bring call records, transcripts and associations up to date, and plan app events.

    Raises what makes the run wait or stop, after noting what was done.
    """
    confirm_calls(slice_)
    confirm_transcripts(slice_)
    _confirm_associations(slice_)
    # Whoever is taken off a call record is so before the record itself goes.
    _send_associations(slice_, only_ending=True)
    plans = plan_recordings(slice_)
    send_calls(slice_)
    plan_audiences(slice_, plans)
    send_transcripts(slice_)
    _send_associations(slice_)
    with slice_.writing() as connection:
        for plan in plans:
            change_recording(connection, plan.stored.row["id"], planned_run=slice_.run["id"])


class _AssociationSender(Sender):
    """Joins one call record to contacts, or takes them off; repeating it changes nothing."""

    def send(self, shipment: Shipment) -> BatchOutcome:
        run = self._slice.run
        hubspot = self._slice.runtime.platforms.hubspot(run["portal_id"], run["pool"])
        call_id = shipment.rows[0]["wanted"]["call"]
        contact_ids = [row["contact_id"] for row in shipment.rows]
        if UNDOES not in shipment.rows[0]["wanted"]:
            return hubspot.associate_call(call_id, contact_ids, permit=False)
        try:
            return hubspot.dissociate_call(call_id, contact_ids, permit=False)
        except NotFound:
            # The call record is gone, and nobody is on it any more.
            return BatchOutcome({one: one for one in contact_ids}, {}, ())


def _send_associations(slice_: Slice, *, only_ending: bool = False) -> None:
    sender = _AssociationSender(slice_)
    while True:
        slice_.keep()
        with reading(slice_.runtime.database) as connection:
            rows = sendable(
                connection,
                slice_.run["occurrence_pk"],
                "call_contact",
                slice_.runtime.clock(),
                CALL_ASSOCIATION_BATCH,
            )
        if only_ending:
            # Whether the others are still wanted is yet to be planned.
            rows = [row for row in rows if UNDOES in row["wanted"]]
        if not rows:
            return
        sender.fly(
            Shipment("call_contact", tuple(part))
            for _, group in groupby(sorted(rows, key=_call_of), key=_call_of)
            for part in one_contact_each(list(group), CALL_ASSOCIATION_BATCH)
        )


def _call_of(row: RowMapping) -> tuple[str, bool]:
    """The call record, and whether the contact is taken off it."""
    return str(row["wanted"]["call"]), UNDOES in row["wanted"]


def _confirm_associations(slice_: Slice) -> None:
    """What is in doubt is sent again, up to a point: HubSpot joins a pair only once."""
    rows = in_doubt(slice_, "call_contact")
    if not rows:
        return
    with slice_.writing() as connection:
        again = [row["id"] for row in rows if row["doubts"] < MAX_DOUBTS]
        mark_planned(connection, again, not_before=None)
        mark_rejected(
            connection, [(row["id"], NOT_CONFIRMED) for row in rows if row["id"] not in again]
        )
        refresh_outcomes(
            connection, [row["occurrence_person_pk"] for row in rows], now=slice_.runtime.clock()
        )
