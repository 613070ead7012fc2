"""Draining the inbox: each delivery is merged, put off, or parked for a person to look at.

Registrations of one webinar are merged together, everything else on its own.
What cannot be read is parked; what needs Zoom while Zoom cannot be reached is put off and loses
nothing. After a drainer died, the next one merges one delivery at a time under a note, so that the
one that kills its reader is found, and parked when it has killed three.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import RowMapping
from sqlalchemy.exc import DataError

from clients.errors import BudgetExhausted, outage_of
from jobs import park_reasons
from jobs.erased import forget_erased
from jobs.merging import merge_delivery
from jobs.process import stopped_in_order
from jobs.registrations import Told, find_told, known_groups, merge_told
from jobs.runtime import Runtime
from rollcall.errors import NeedsAttention, Permanent, RollcallError
from store.database import reading, writing
from store.inbox import trace_of
from store.inbox_work import (
    bury,
    close_deliveries,
    has_new_deliveries,
    new_deliveries,
    note_under_way,
    put_off,
    take_back_note,
)
from store.leases import release_lease, take_lease

AT_ONCE = 1000
"""Registrations read at once are merged at once, which keeps SQLite's other writers waiting for a
fifth of a second; the doors' patience is one and a half."""
TURN_SECONDS = 0.5
"""So long somebody's registration waits behind another account's thousands."""
MAX_ATTEMPTS = 24
LONGEST_PAUSE = timedelta(days=1)
"""From a second on, each pause twice the last: in all it is tried for more than a week."""
UNTIL_CONNECTED = timedelta(hours=1)
LEASE_SECONDS = 30.0
"""Longer than a turn, so that only a dead drainer leaves its lease behind."""
DEATHS = 3
DEATH_PAUSE = timedelta(minutes=1)

log = structlog.get_logger(__name__)


def drain_inbox(runtime: Runtime) -> int:
    """Work off what waits in the inbox, for a moment; how many deliveries. One drainer at a time.

    The next turn begins with whoever arrived meanwhile, however much of an account is left.
    """
    with reading(runtime.database) as connection:
        if not has_new_deliveries(connection, runtime.clock()):
            return 0
    held = take_lease(runtime.database, "drain", runtime.owner, seconds=LEASE_SECONDS)
    if held is None:
        return 0
    if held.was_left_behind:
        log.warning("drainer_died", what_happens="deliveries are merged one at a time under a note")
    try:
        with stopped_in_order():
            return _drain(runtime, is_wary=held.was_left_behind)
    finally:
        release_lease(runtime.database, held)


def _drain(runtime: Runtime, *, is_wary: bool) -> int:
    ends_at = time.monotonic() + TURN_SECONDS
    with reading(runtime.database) as connection:
        rows = new_deliveries(connection, runtime.clock(), AT_ONCE)
    done = 0
    together: dict[str, list[Told]] = defaultdict(list)
    for count, row in enumerate(rows):
        if count and time.monotonic() > ends_at:
            break
        told = None if is_wary or row["deaths"] else find_told(runtime, row)
        if told is not None:
            together[row["account_id"]].append(told)
            continue
        # What belongs to one account keeps its order.
        done += _drain_together(runtime, together.pop(row["account_id"], []), ends_at)
        _drain_one(runtime, row, is_wary=is_wary or row["deaths"] > 0)
        done += 1
    return done + sum(_drain_together(runtime, told, ends_at) for told in together.values())


def _drain_together(runtime: Runtime, told: Sequence[Told], ends_at: float) -> int:
    """Work off registrations of an account, in as few transactions as can be; how many.

    When the moment is over those left are next turn's, but for one.
    """
    left, done = list(told), 0
    while left:
        merged = _merge_groups(runtime, left)
        left = [one for one in left if one.row["id"] not in merged]
        done += len(merged)
        if not left or (done and time.monotonic() > ends_at):
            break
        # Zoom has to be asked about its webinar, or somebody to act: the rest can follow at once.
        _drain_one(runtime, left.pop(0).row, is_wary=False)
        done += 1
    return done


def _merge_groups(runtime: Runtime, told: Sequence[Told]) -> set[int]:
    """The keys of the deliveries that are worked off by this."""
    now, done = runtime.clock(), set[int]()
    for group in known_groups(runtime, told[0].account_id, told):
        emails = {one.row["id"]: one.entry.email for one in group.told}
        try:
            for webinar in group.webinars:
                merge_told(runtime, webinar, group.told, now)
            forget_erased(runtime, [row["portal_id"] for row in group.webinars], emails)
            with writing(runtime.database) as connection:
                close_deliveries(connection, list(emails), state="done")
        except Exception as error:
            log.warning(
                "deliveries_parted",
                deliveries=len(emails),
                error=type(error).__name__,
                what_happens="they are merged one at a time, which finds the one that is to blame",
            )
            for one in group.told:
                _drain_one(runtime, one.row, is_wary=False)
        done |= emails.keys()
    return done


def _drain_one(runtime: Runtime, row: RowMapping, *, is_wary: bool) -> None:
    """Work off one delivery; every line logged meanwhile names it as the door's line did."""
    with structlog.contextvars.bound_contextvars(delivery=trace_of(row["digest"])):
        if row["deaths"] >= DEATHS:
            _park(runtime, row, park_reasons.deadly(row))
        elif is_wary:
            _merge_under_note(runtime, row)
        else:
            _merge_or_keep(runtime, row)


def _merge_under_note(runtime: Runtime, row: RowMapping) -> None:
    """Whoever dies meanwhile leaves the note; being told to stop is no death."""
    with writing(runtime.database) as connection:
        note_under_way(connection, row["id"], until=runtime.clock() + DEATH_PAUSE)
    try:
        _merge_or_keep(runtime, row)
    except BaseException:
        with writing(runtime.database) as connection:
            take_back_note(connection, row["id"], now=runtime.clock())
        raise


def _merge_or_keep(runtime: Runtime, row: RowMapping) -> None:
    now = runtime.clock()
    try:
        state = merge_delivery(runtime, row, now)
        with writing(runtime.database) as connection:
            close_deliveries(connection, [row["id"]], state=state)
    except Permanent as error:
        _park(runtime, row, park_reasons.unusable(row, str(error)))
    except (DataError, UnicodeError, RecursionError) as error:
        _park(runtime, row, park_reasons.unkeepable(row, error))
    except NeedsAttention as error:
        # It waits for a person, however long that takes: connecting again makes it due.
        with writing(runtime.database) as connection:
            until = now + UNTIL_CONNECTED
            put_off(connection, row["id"], until=until, error=str(error), is_attempt=False)
    except RollcallError as error:
        turn = outage_of(error) or (error if isinstance(error, BudgetExhausted) else None)
        if turn is not None:
            # Waiting for a platform, or for a turn, is no sign of a bad delivery.
            until = now + timedelta(seconds=turn.retry_after or 1.0)
            with writing(runtime.database) as connection:
                put_off(connection, row["id"], until=until, error=str(turn), is_attempt=False)
        else:
            _try_later(runtime, row, str(error), now)
    except Exception as error:
        # A delivery we stumble over must not stop those behind it.
        log.exception("delivery_failed", delivery_event=row["event"])
        _try_later(runtime, row, park_reasons.stumbled(row, error), now)


def _try_later(runtime: Runtime, row: RowMapping, why: str, now: datetime) -> None:
    attempts = row["attempts"] + 1
    if attempts >= MAX_ATTEMPTS:
        _park(runtime, row, park_reasons.in_vain(row, attempts, why))
        return
    pause = min(timedelta(seconds=2.0 ** row["attempts"]), LONGEST_PAUSE)
    with writing(runtime.database) as connection:
        put_off(connection, row["id"], until=now + pause, error=why)


def _park(runtime: Runtime, row: RowMapping, why: str) -> None:
    log.warning("delivery_parked", delivery_event=row["event"], why=why)
    with writing(runtime.database) as connection:
        bury(connection, row["id"], error=why)
