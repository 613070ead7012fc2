"""Reading back what nobody could confirm, before anything of it is sent again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from sqlalchemy import RowMapping

from clients.errors import NotFound
from engine.plan import APP_EVENT_KINDS, PARTICIPATION_KINDS, UNDOES
from jobs.events import Target
from jobs.participations import AppEventSender, Shipment, settle_done
from jobs.records import refresh_outcomes
from jobs.slices import Slice
from schemas.hubspot_marketing import ParticipationRow, ParticipationState
from store.database import reading
from store.ledger import doubt_abandoned, mark_planned, mark_rejected, unconfirmed
from store.people import look_up_again

FEW = 20
"""Up to so many people are asked for singly: that answer is quicker than the event's own list."""

_UNDONE_BY: Mapping[str, set[ParticipationState]] = {
    "register": {"REGISTERED", "NO_SHOW"},
    "cancel": {"CANCELLED"},
}
"""What proves that one took the place of the other, which HubSpot held before."""
_PROVES: Mapping[str, set[ParticipationState]] = {
    "register": {"REGISTERED", "ATTENDED", "NO_SHOW", "CANCELLED"},
    "attend": {"ATTENDED"},
    "cancel": {"CANCELLED"},
}


def doubt_abandoned_effects(slice_: Slice) -> None:
    """What a former holder of the lease was sending when it died is in doubt from now on."""
    runtime = slice_.runtime
    with slice_.writing() as connection:
        doubt_abandoned(
            connection,
            slice_.lease,
            portal_id=slice_.run["portal_id"],
            occurrence_pk=slice_.run["occurrence_pk"],
            confirm_at=runtime.clock() + runtime.timing.confirm_after,
            counts=False,
        )


def confirm_participations(slice_: Slice, target: Target) -> None:
    """Settle participations in doubt: what HubSpot lists is applied, the rest is sent once more.

    Before that the contact is looked up again: it may have been deleted or merged meanwhile.
    """
    rows = _in_doubt(slice_, PARTICIPATION_KINDS)
    if not rows:
        return
    with slice_.reading_through():
        states = dict(_read_states(slice_, target, rows))
    found, lost = list[RowMapping](), list[RowMapping]()
    for row in rows:
        is_there = _is_proven(row, states.get(row["contact_id"], ""))
        (found if is_there else lost).append(row)
    with slice_.writing() as connection:
        settle_done(connection, slice_, found)
        again = [row for row in lost if row["doubts"] < 2]
        mark_planned(connection, [row["id"] for row in again], not_before=None)
        look_up_again(connection, [row["occurrence_person_pk"] for row in again])
        mark_rejected(
            connection,
            [
                (row["id"], "not confirmed by HubSpot, which does not list it either")
                for row in lost
                if row["doubts"] >= 2
            ],
        )
        refresh_outcomes(
            connection, [row["occurrence_person_pk"] for row in rows], now=slice_.runtime.clock()
        )


def _is_proven(row: RowMapping, state: str) -> bool:
    """Whether HubSpot holds it, by the state it shows of the contact.

    Of somebody who came it shows that for ever. What undoes an effect is known to be there all the
    same once an answer left it out: HubSpot leaves out what changes nothing.
    """
    if UNDOES not in row["wanted"]:
        return state in _PROVES[row["kind"]]
    is_told = state == "ATTENDED" and row["doubts"] > 0
    return is_told or state in _UNDONE_BY[row["kind"]]


def confirm_app_events(slice_: Slice) -> None:
    """Send each app event batch in doubt again, unchanged: it is stored now or was before."""
    rows = _in_doubt(slice_, APP_EVENT_KINDS)
    sender = AppEventSender(slice_)
    sender.fly(
        Shipment(kind, tuple(part), is_repeat=True)
        for (_, kind), part in groupby(rows, key=lambda row: (row["batch_id"], row["kind"]))
    )


def _in_doubt(slice_: Slice, kinds: Sequence[str]) -> list[RowMapping]:
    with reading(slice_.runtime.database) as connection:
        return unconfirmed(connection, slice_.run["occurrence_pk"], slice_.runtime.clock(), kinds)


def _read_states(
    slice_: Slice, target: Target, rows: Sequence[RowMapping]
) -> Iterable[tuple[str, str]]:
    run = slice_.run
    hubspot = slice_.runtime.platforms.hubspot(run["portal_id"], run["pool"])
    contact_ids = {row["contact_id"] for row in rows}
    if len(contact_ids) <= FEW:
        for contact_id in contact_ids:
            slice_.keep()
            try:
                for page in hubspot.contact_participations(contact_id):
                    yield from _of_event(page.rows, target, contact_id)
            except NotFound:
                continue  # the contact is gone
        return
    proofs = set[ParticipationState]().union(*(_PROVES[row["kind"]] for row in rows))
    if any(UNDOES in row["wanted"] for row in rows):
        proofs.add("ATTENDED")
    # Fewer pages where one state alone would prove it.
    only = proofs.pop() if len(proofs) == 1 else None
    for page in hubspot.participations(target.account_id, target.external_id, only):
        slice_.keep()
        yield from ((row.contact_id, row.state) for row in page.rows)


def _of_event(
    rows: Iterable[ParticipationRow], target: Target, contact_id: str
) -> Iterable[tuple[str, str]]:
    for row in rows:
        if row.external_event_id == target.external_id:
            yield contact_id, row.state
