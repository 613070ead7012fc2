"""Requests of workflows: taken once, worked on when due, answered exactly once.

A row has two halves that two processes change at the same time: what became of the registration
(``state``, ``outcome``) and what HubSpot was told (``is_blocked``, ``completing_at``). Both only
move by conditional updates, so an outcome and a BLOCK that meet are never both lost or both told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from store.leases import is_free
from store.statements import insert_missing
from store.tables import registration_request as request

_NOBODY = dict.fromkeys(("email", "first_name", "last_name", "registrant_id", "join_url"), "")
"""What is left of whom a request was about, once that is to be forgotten."""
NOTES_BEGIN = "\n"
"""Behind it a message quotes the contact: told to HubSpot, and forgotten with the person."""
BLOCK_SETTLES = timedelta(seconds=1)
"""A completion that overtook the answer BLOCK would find nobody waiting for it."""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A contact that reached the action, as HubSpot said; ``email`` is lower-cased."""

    portal_id: str
    callback_id: str
    contact_id: str
    email: str
    first_name: str
    last_name: str
    webinar_input: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a request."""

    pk: int
    outcome: str
    message: str
    registrant_id: str = ""
    join_url: str = ""


# --- at the door -----------------------------------------------------------------------------


def record_request(connection: Connection, new: NewRequest, now: datetime) -> None:
    """Take the request; nothing happens when HubSpot asked the same before."""
    row = {**asdict(new), "received_at": now, "due_at": now}
    insert_missing(connection, request, [row], ["portal_id", "callback_id"])


def find_request(connection: Connection, portal_id: str, callback_id: str) -> RowMapping:
    """The request's row."""
    return (
        connection.execute(
            select(request).where(
                request.c.portal_id == portal_id, request.c.callback_id == callback_id
            )
        )
        .mappings()
        .one()
    )


def find_requests(connection: Connection, pks: Sequence[int]) -> list[RowMapping]:
    """These requests, but for those with an outcome."""
    found: list[RowMapping] = []
    for start in range(0, len(pks), _CHUNK):
        here = request.c.id.in_(pks[start : start + _CHUNK])
        rows = connection.execute(select(request).where(here, request.c.state != "done"))
        found += rows.mappings()
    return found


def block_request(connection: Connection, pk: int, now: datetime, expires_at: datetime) -> bool:
    """Note that HubSpot is told (again) to wait; False when there is an outcome to tell instead.

    It waits until the moment it was told first.
    """
    changed = connection.execute(
        update(request)
        .where(request.c.id == pk, request.c.state != "done")
        .values(
            is_blocked=True,
            blocked_at=now,
            expires_at=func.coalesce(
                request.c.expires_at, literal(expires_at, request.c.expires_at.type)
            ),
        )
    ).rowcount
    return bool(changed)


def delay_completion(connection: Connection, pk: int, now: datetime) -> bool:
    """HubSpot asked again and is told to wait again, so the completion must not come before that.

    False when HubSpot does not wait for one, or it is on its way already.
    """
    changed = connection.execute(
        update(request)
        .where(
            request.c.id == pk,
            request.c.state == "done",
            request.c.is_blocked.is_(True),
            request.c.completing_at.is_(None),
        )
        .values(blocked_at=now, due_at=now + BLOCK_SETTLES)
    ).rowcount
    return bool(changed)


# --- what is due -----------------------------------------------------------------------------


def turn_at_requests(portal_id: str) -> str:
    """The name of the lease that whoever works on the portal's requests holds."""
    return f"requests:{portal_id}"


def portals_with_requests(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Portals with a request that is due and that nobody works on, the longest waiting first."""
    # By an expression: grouped by the column, SQLite would go through an index of all requests.
    portal_id = request.c.portal_id.concat(literal_column("''"))
    rows = connection.execute(
        select(portal_id)
        .where(request.c.due_at <= now, _waits_for_a_worker(connection))
        .group_by(portal_id)
        .order_by(func.min(request.c.due_at))
        .limit(limit)
    )
    return list(rows.scalars())


def next_request_at(connection: Connection) -> datetime | None:
    """When the next request that nobody works on is due; None when none is."""
    moment: datetime | None = connection.execute(
        select(func.min(request.c.due_at)).where(
            request.c.due_at.is_not(None), _waits_for_a_worker(connection)
        )
    ).scalar()
    return moment


def _waits_for_a_worker(connection: Connection) -> ColumnElement[bool]:
    return is_free(connection, literal("requests:") + request.c.portal_id)


def open_requests(
    connection: Connection, portal_id: str, now: datetime, patience: timedelta, limit: int
) -> list[RowMapping]:
    """The portal's requests without an outcome that are due, oldest first.

    With those who only wait, up to ``patience``, for others to go with.
    """
    is_held = and_(
        request.c.state == "waiting",
        request.c.attempts == 0,
        request.c.due_at <= now + patience,
    )
    rows = connection.execute(
        select(request)
        .where(
            request.c.portal_id == portal_id,
            request.c.state != "done",
            request.c.due_at.is_not(None),
            or_(request.c.due_at <= now, is_held),
        )
        .order_by(request.c.id)
        .limit(limit)
    )
    return list(rows.mappings())


@dataclass(frozen=True, slots=True)
class Sendings:
    """How often somebody was sent to Zoom for a webinar, and whether a call is on its way now."""

    count: int
    is_under_way: bool


def sendings_since(
    connection: Connection, portal_id: str, webinar_id: str, emails: Sequence[str], since: datetime
) -> dict[str, Sendings]:
    """What was sent to Zoom for the webinar since a moment, by address; others are left out."""
    under_way = func.sum(case((request.c.state == "sending", 1), else_=0))
    rows = connection.execute(
        select(
            request.c.email,
            func.sum(request.c.sendings).label("sendings"),
            under_way.label("under_way"),
        )
        .where(
            request.c.portal_id == portal_id,
            request.c.webinar_id == webinar_id,
            request.c.email.in_(emails),
            request.c.sent_at >= since,
        )
        .group_by(request.c.email)
    )
    return {row.email: Sendings(int(row.sendings), row.under_way > 0) for row in rows}


def last_sent_at(connection: Connection, portal_id: str, webinar_id: str) -> datetime | None:
    """When somebody was last sent to Zoom for the webinar."""
    moment: datetime | None = connection.execute(
        select(func.max(request.c.sent_at)).where(
            request.c.portal_id == portal_id, request.c.webinar_id == webinar_id
        )
    ).scalar()
    return moment


def nameless_among(connection: Connection, portal_id: str, emails: Sequence[str]) -> frozenset[str]:
    """Those of the people whom a workflow registered without a first name."""
    rows = connection.execute(
        select(request.c.email).where(
            request.c.portal_id == portal_id,
            request.c.email.in_(emails),
            request.c.first_name == "",
        )
    )
    return frozenset(rows.scalars())


# --- on the way ------------------------------------------------------------------------------


def place_requests(
    connection: Connection, pks: Sequence[int], account_id: str, webinar_id: str, occurrence_id: str
) -> None:
    """Note which webinar, and which date of it, these were found to mean."""
    _change(
        connection,
        pks,
        {"account_id": account_id, "webinar_id": webinar_id, "occurrence_id": occurrence_id},
    )


def hold_requests(connection: Connection, pks: Sequence[int], until: datetime) -> None:
    """Let these wait for others."""
    _change(connection, pks, {"due_at": until})


def begin_sending(
    connection: Connection, pks: Sequence[int], now: datetime, doubtful_at: datetime
) -> None:
    """These leave for Zoom; if nothing is heard of them until then they are in doubt."""
    _change(
        connection,
        pks,
        {
            "state": "sending",
            "sent_at": now,
            "sendings": request.c.sendings + 1,
            "due_at": doubtful_at,
        },
    )


def put_back(
    connection: Connection,
    pks: Sequence[int],
    until: datetime,
    *,
    in_doubt: bool,
    counts: bool = True,
    was_sent: bool = True,
    alone: bool = False,
) -> None:
    """Try these again at ``until``.

    ``in_doubt``: Zoom may have them, so they are looked up before. ``counts``: as an attempt.
    ``was_sent=False``: the call never left. ``alone``: not in a batch again.
    """
    values: dict[str, Any] = {"state": "sending" if in_doubt else "waiting", "due_at": until}
    if counts:
        values["attempts"] = request.c.attempts + 1
    if not was_sent:
        values["sendings"] = case((request.c.sendings > 0, request.c.sendings - 1), else_=0)
    if alone:
        values["must_go_alone"] = True
    _change(connection, pks, values)


def _change(connection: Connection, pks: Sequence[int], values: Mapping[str, Any]) -> None:
    for start in range(0, len(pks), _CHUNK):
        connection.execute(
            update(request)
            .where(request.c.id.in_(pks[start : start + _CHUNK]), request.c.state != "done")
            .values(**values)
        )


def forget_people(connection: Connection, where: ColumnElement[bool]) -> int:
    """Empty whom these requests were about; the outcome and its sentence stay. How many."""
    noted = connection.execute(
        select(request.c.id, request.c.message).where(
            where, request.c.message.contains(NOTES_BEGIN)
        )
    )
    sentences = {row.id: row.message.partition(NOTES_BEGIN)[0] for row in noted}
    for pk, sentence in sentences.items():
        connection.execute(update(request).where(request.c.id == pk).values(message=sentence))
    return connection.execute(update(request).where(where).values(_NOBODY)).rowcount


def settle_requests(connection: Connection, settled: Sequence[Settled], now: datetime) -> None:
    """Store outcomes, each once; those HubSpot waits for become due to be told."""
    if not settled:
        return
    told_at = case(
        (request.c.blocked_at <= bindparam("early"), bindparam("now", type_=request.c.due_at.type)),
        else_=bindparam("late", type_=request.c.due_at.type),
    )
    connection.execute(
        update(request)
        .where(request.c.id == bindparam("pk"), request.c.state != "done")
        .values(
            state="done",
            outcome=bindparam("new_outcome"),
            message=bindparam("new_message"),
            registrant_id=bindparam("new_registrant_id"),
            join_url=bindparam("new_join_url"),
            due_at=case((request.c.is_blocked.is_(True), told_at), else_=None),
        ),
        [
            {
                "pk": one.pk,
                "new_outcome": one.outcome,
                "new_message": one.message,
                "new_registrant_id": one.registrant_id[:128],
                "new_join_url": one.join_url,
                "now": now,
                "early": now - BLOCK_SETTLES,
                "late": now + BLOCK_SETTLES,
            }
            for one in settled
        ],
    )
