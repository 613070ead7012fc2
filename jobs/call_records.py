"""Call records in HubSpot: made once, kept true, emptied when a recording goes.

Under the occurrence's lease. HubSpot knows no key of ours for calls, so one in doubt is looked for
before it is made again; a change of one may simply be repeated.
https://developers.hubspot.com/docs/api-reference/latest/crm/activities/calls/guide
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from clients.errors import NotFound, NotSent, Rejected, Unavailable, Unconfirmed
from clients.hubspot import HubSpot
from engine.plan import CALL_KINDS, UNDOES
from jobs.changes import withdrawn_change
from jobs.slices import Slice
from schemas.hubspot_calls import CallBody
from store.database import reading
from store.ledger import (
    Sent,
    doubt_abandoned,
    mark_applied,
    mark_planned,
    mark_rejected,
    mark_unconfirmed,
    sendable_calls,
    start_sending,
    unconfirmed,
)
from store.runs import add_changes, count_in_run
from store.withdrawals import end_undone

SEARCH_LAG = timedelta(seconds=60)
"""HubSpot's search sees a new record so late at times; until then "not found" means nothing."""
MAX_DOUBTS = 2
NOT_NOW = (Unavailable, NotSent)
A_WHILE = timedelta(minutes=5)
"""How long a call record waits after a passing trouble, while the people's own effects go on."""
NOT_CONFIRMED = "not confirmed by HubSpot, which does not have it either"


def hubspot_of(slice_: Slice) -> HubSpot:
    """The client of the run's portal."""
    return slice_.runtime.platforms.hubspot(slice_.run["portal_id"], slice_.run["pool"])


def confirm_at(slice_: Slice) -> datetime:
    """When HubSpot can be asked for what nobody could confirm."""
    runtime = slice_.runtime
    return runtime.clock() + max(SEARCH_LAG, runtime.timing.confirm_after)


def doubt_abandoned_calls(slice_: Slice) -> None:
    """What a former holder of the lease was sending of calls is in doubt until search can tell."""
    with slice_.writing() as connection:
        doubt_abandoned(
            connection,
            slice_.lease,
            portal_id=slice_.run["portal_id"],
            occurrence_pk=slice_.run["occurrence_pk"],
            confirm_at=confirm_at(slice_),
            kinds=CALL_KINDS,
        )


def in_doubt(slice_: Slice, kind: str) -> list[RowMapping]:
    """Effects of the kind that can be read back now."""
    with reading(slice_.runtime.database) as connection:
        now = slice_.runtime.clock()
        return unconfirmed(connection, slice_.run["occurrence_pk"], now, [kind])


def confirm_calls(slice_: Slice) -> None:
    """Look for the calls in doubt; one that is there is brought up to date, not made again."""
    for row in in_doubt(slice_, "call"):
        slice_.keep()
        call_id = row["remote_id"] or _find_call(slice_, row)
        # What it holds may be older than what is wanted: known, and to be updated.
        conclude_doubt(slice_, row, Sent(row["id"], "call", {}, "found"), call_id or None)


def conclude_doubt(slice_: Slice, row: RowMapping, sent: Sent, remote_id: str | None) -> None:
    """HubSpot holds ``sent`` as ``remote_id``; or not (None): sent again, up to a point."""
    with slice_.writing() as connection:
        if remote_id is not None:
            mark_applied(connection, [(sent, remote_id)], now=slice_.runtime.clock())
        elif row["doubts"] < MAX_DOUBTS:
            mark_planned(connection, [row["id"]], not_before=None)
        else:
            mark_rejected(connection, [(row["id"], NOT_CONFIRMED)])


def _find_call(slice_: Slice, row: RowMapping) -> str:
    found = hubspot_of(slice_).find_calls(row["wanted"]["external_id"])
    return min(found, key=lambda call_id: (len(call_id), call_id), default="")


def send_calls(slice_: Slice) -> None:
    """Make, change or empty the occurrence's call records as the ledger wants them."""
    with reading(slice_.runtime.database) as connection:
        now = slice_.runtime.clock()
        rows = sendable_calls(connection, slice_.run["occurrence_pk"], "call", now)
    for row in rows:
        slice_.keep()
        _send(slice_, row)


def _send(slice_: Slice, row: RowMapping) -> None:
    call_id = row["remote_id"] if row["applied_hash"] else ""
    with slice_.writing() as connection:
        start_sending(connection, slice_.lease, "", {row["id"]: call_id})
    try:
        written_to = _write(hubspot_of(slice_), call_id, row["wanted"])
    except NotFound:
        refuse(slice_, row, f"call record {call_id} was deleted in HubSpot; it is not made again")
    except Rejected as refusal:
        refuse(slice_, row, str(refusal))
    except Unconfirmed:
        doubt(slice_, row)
    except NOT_NOW as error:
        put_back(slice_, row, after=A_WHILE, error=str(error))
    except Exception:
        put_back(slice_, row)
        raise
    else:
        settle(slice_, row, written_to)


def _write(hubspot: HubSpot, call_id: str, wanted: Mapping[str, Any]) -> str:
    """Carry the wish out; the id of the call record."""
    if UNDOES in wanted:
        if call_id:
            with suppress(NotFound):
                hubspot.archive_call(call_id)
        return call_id
    if not call_id:
        return hubspot.create_call(_call_body(wanted))
    if wanted["body"] or wanted["player"]:
        hubspot.update_call(call_id, _call_body(wanted))
    else:
        hubspot.remove_recording(call_id)
    return call_id


def _call_body(wanted: Mapping[str, Any]) -> CallBody:
    return CallBody(
        external_id=wanted["external_id"],
        account=wanted["account"],
        title=wanted["title"],
        body=wanted["body"],
        started_at=datetime.fromtimestamp(wanted["started_at"] / 1000, UTC),
        duration_seconds=wanted["seconds"],
        recording_url=wanted["player"],
    )


# --- what became of it ---------------------------------------------------------------------------


def settle(slice_: Slice, row: RowMapping, remote_id: str) -> None:
    """HubSpot holds it as it was sent: note it, and count it in the run."""
    sent = Sent(row["id"], row["kind"], row["wanted"], row["wanted_hash"])
    is_emptied = not (row["wanted"].get("body") or row["wanted"].get("file"))
    counter = "withdrawn" if is_emptied else "updated" if row["applied_hash"] else "created"
    with slice_.writing() as connection:
        mark_applied(connection, [(sent, remote_id)], now=slice_.runtime.clock())
        if UNDOES in row["wanted"]:
            end_undone(connection, slice_.run["portal_id"], [row["key"]])
            add_changes(connection, slice_.run["id"], [withdrawn_change("", row["kind"])])
        count_in_run(connection, slice_.run["id"], done=1, **{counter: 1})


def refuse(slice_: Slice, row: RowMapping, why: str) -> None:
    """It is refused for good: parked until something about it changes."""
    with slice_.writing() as connection:
        mark_rejected(connection, [(row["id"], why)])
        count_in_run(connection, slice_.run["id"], failed=1, done=1)


def doubt(slice_: Slice, row: RowMapping) -> None:
    """Nobody knows whether it was applied: to be read back."""
    with slice_.writing() as connection:
        mark_unconfirmed(connection, [row["id"]], confirm_at=confirm_at(slice_))
        count_in_run(connection, slice_.run["id"], unconfirmed=1, done=1)


def put_back(
    slice_: Slice, row: RowMapping, *, after: timedelta | None = None, error: str = ""
) -> None:
    """It was certainly not applied: sent again, at once or ``after`` a while."""
    not_before = slice_.runtime.clock() + after if after is not None else None
    with slice_.writing() as connection:
        mark_planned(connection, [row["id"]], not_before=not_before, error=error)
