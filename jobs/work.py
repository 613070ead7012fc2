"""The job: drain the inbox, then go on with ready runs until there is nothing to do for a while.

One process of a pool works for one portal at a time, and for a slice at most, so that no customer
keeps the others waiting.
"""

from __future__ import annotations

import time
from datetime import timedelta

import structlog
from sqlalchemy import RowMapping
from sqlalchemy.exc import NoResultFound

from clients.errors import BudgetExhausted, NotAnswering, ReconnectNeeded, outage_of
from engine.plan import PARTICIPATION_KINDS
from jobs.alerts import tell_operators
from jobs.asking import retry_new_versions
from jobs.backfills import advance_backfills
from jobs.call_records import doubt_abandoned_calls
from jobs.clock import tell_skew
from jobs.confirmations import (
    confirm_app_events,
    confirm_participations,
    doubt_abandoned_effects,
)
from jobs.contacts import SettingsChanged, write_people
from jobs.directory import refresh_hubspot_users
from jobs.discovery import discover_due
from jobs.drain import drain_inbox
from jobs.events import (
    Target,
    cancel_event,
    complete_event,
    ensure_event,
    has_event,
    restore_event,
    target_of,
    withdraw_event,
)
from jobs.follow_ups import run_follow_ups
from jobs.housekeeping import keep_house
from jobs.leaving import erase_due
from jobs.live_runs import has_people_left
from jobs.participations import (
    send_app_events,
    send_participations,
    withdraw_participations,
)
from jobs.preview import preview
from jobs.questions import refresh_contact_properties
from jobs.recording_reads import list_recordings
from jobs.recordings import sync_recordings
from jobs.records import show_connection_problem, show_outage
from jobs.replays import WITHDRAW_AGAIN, what_was_never_stored
from jobs.requests import work_off_requests
from jobs.runtime import Runtime, runtime_of_this_process
from jobs.slices import LeaseTaken, Slice, SliceOver, slice_under
from jobs.stopping import is_told_to_stop
from jobs.turns import Stint, seconds_until_ready, work_for_next_portal
from jobs.verification import restore_properties, verify_event
from jobs.zoom_reads import read_zoom
from rollcall.errors import NeedsAttention, Permanent, Retryable
from store.database import reading, writing
from store.leases import LeaseLost
from store.ledger_reading import count_sendable, count_unfinished, next_effect_at
from store.people import mark_occurrence_dirty
from store.recording_facts import event_texts
from store.refusals import try_again
from store.resuming import find_connection_problem
from store.runs import (
    Pool,
    change_run,
    find_run,
    finish_run,
    has_run,
    next_run,
    open_run,
)
from store.settings import read_settings
from store.webinar_facts import bring_forward, change_occurrence, find_occurrence

WORTH_WAITING = 5.0
JOB_SECONDS = 120.0
LOOK_AGAIN_SECONDS = 0.5
MAX_ATTEMPTS = 8
TRY_AGAIN = timedelta(minutes=15)

log = structlog.get_logger(__name__)


def go_on(pool: Pool) -> None:
    """The RQ job: work off whatever is ready in this pool."""
    with runtime_of_this_process() as runtime:
        tell_skew(runtime.database, runtime.clock)
        work_off(runtime, pool)


def work_off(runtime: Runtime, pool: Pool) -> None:
    """Go on with ready runs; ends when the next one is further away than a few seconds, or told."""
    ends_at = time.monotonic() + JOB_SECONDS
    while time.monotonic() < ends_at and not is_told_to_stop():
        answered = work_off_requests(runtime) if pool == "live" else False
        drained = drain_inbox(runtime) if pool == "live" else 0
        erased = erase_due(runtime) if pool == "live" else 0
        discovered = discover_due(runtime) if pool == "bulk" else 0
        backfilled = advance_backfills(runtime) if pool == "bulk" else 0
        followed = run_follow_ups(runtime) if pool == "bulk" else 0
        worked = work_for_next_portal(runtime, pool, _work_for_portal)
        if answered or drained or erased or discovered or backfilled or followed or worked:
            continue
        if pool == "bulk":
            keep_house(runtime)
            if retry_new_versions(runtime) or tell_operators(runtime):
                continue
        wait = seconds_until_ready(runtime, pool)
        if wait is None or wait > WORTH_WAITING:
            return
        time.sleep(max(0.05, wait))


def _work_for_portal(runtime: Runtime, portal_id: str, pool: Pool) -> None:
    stint = Stint(runtime, pool)
    while not stint.is_over():
        with reading(runtime.database) as connection:
            run = next_run(connection, portal_id, pool, runtime.clock())
        if run is None:
            return
        _work_on_run(runtime, run, stint)


def _work_on_run(runtime: Runtime, run: RowMapping, stint: Stint) -> None:
    """One stretch of work on a run; whatever stops it is noted on the run, never raised."""
    bound = structlog.contextvars.bound_contextvars(
        portal=run["portal_id"], run=run["id"], pool=run["pool"], worker=runtime.owner
    )
    with bound:
        try:
            _work_or_note(runtime, run, stint)
        except NoResultFound:
            with reading(runtime.database) as connection:
                is_erased = not has_run(connection, run["id"])
            if not is_erased:
                raise
            log.info("run_erased")


def _work_or_note(runtime: Runtime, run: RowMapping, stint: Stint) -> None:
    try:
        _advance(runtime, _begin(runtime, run), stint)
    except SettingsChanged:
        _supersede(runtime, run)
    except SliceOver:
        _put_back(runtime, run, seconds=0.0)
    except (BudgetExhausted, LeaseTaken, LeaseLost) as error:
        # Waiting for a turn is no sign of trouble: it counts as no attempt.
        _put_back(runtime, run, seconds=error.retry_after or 1.0)
    except Retryable as error:
        outage = outage_of(error)
        if outage is not None:
            _wait_for_platform(runtime, run, outage)
        else:
            _retry(runtime, run, str(error), error.retry_after)
    except ReconnectNeeded as error:
        _wait_for_connection(runtime, run, str(error))
    except (NeedsAttention, Permanent) as error:
        _fail(runtime, run, str(error))
    except Exception as error:
        log.exception("run_failed")
        _retry(runtime, run, f"failed with {type(error).__name__}", None)


def _begin(runtime: Runtime, run: RowMapping) -> RowMapping:
    """Start the run, or see that its settings are still those it began with."""
    now = runtime.clock()
    with writing(runtime.database) as connection:
        version, _ = read_settings(connection, run["portal_id"])
        if run["settings_version"] not in (0, version):
            raise SettingsChanged("the settings changed since the run began", retry_after=0.0)
        if run["state"] == "queued":
            values = {"state": "running", "started_at": now, "settings_version": version}
            change_run(connection, run["id"], **values)
            if run["must_verify"]:
                try_again(connection, run["occurrence_pk"])
                mark_occurrence_dirty(connection, run["occurrence_pk"], must_read=True)
    return run


def _advance(runtime: Runtime, run: RowMapping, stint: Stint) -> None:
    if run["is_dry"]:
        preview(runtime, run)
        _finish(runtime, run)
        return
    if run["must_read"]:
        with (
            slice_under(runtime, run, _occurrence_lease(run), stint.ends_at) as slice_,
            slice_.reading_through(),
        ):
            read_zoom(slice_)
        stint.go_on()
    is_forced = run["state"] == "queued" and run["must_verify"]
    refresh_hubspot_users(runtime, run, is_forced=is_forced)
    refresh_contact_properties(runtime, run, is_forced=is_forced)
    if run["must_verify"]:
        restore_properties(runtime, run)
    bounds = (stint.ends_at, stint.do_others_wait)
    with slice_under(runtime, run, f"contacts:{run['portal_id']}", *bounds) as slice_:
        write_people(slice_)
    with slice_under(runtime, run, _occurrence_lease(run), *bounds) as slice_:
        has_event_to_be_in = _send_effects(slice_)
    _conclude(runtime, run, can_send=has_event_to_be_in)


def _occurrence_lease(run: RowMapping) -> str:
    return f"occurrence:{run['occurrence_pk']}"


def _send_effects(slice_: Slice) -> bool:
    """Confirm what is in doubt, then bring recordings, marketing event and timelines up to date.

    False for a series without any date yet: its registrations wait for the first one.
    """
    if not slice_.run["is_replay"]:
        list_recordings(slice_)
    # Calls first: they are in doubt for longer than the rest.
    doubt_abandoned_calls(slice_)
    doubt_abandoned_effects(slice_)
    confirm_app_events(slice_)
    sync_recordings(slice_)
    target = target_of(slice_)
    if target is not None:
        _send_to_event(slice_, target)
    send_app_events(slice_)
    return target is not None


def _send_to_event(slice_: Slice, target: Target) -> None:
    confirm_participations(slice_, target)
    is_there = has_event(slice_, target)
    if target.occurrence["status"] == "cancelled":
        if is_there:
            cancel_event(slice_, target)
        withdraw_participations(slice_)
        return
    if slice_.run["must_verify"]:
        is_there = verify_event(slice_, target)
    with reading(slice_.runtime.database) as connection:
        is_wanted = count_sendable(
            connection, slice_.run["occurrence_pk"], slice_.runtime.clock(), PARTICIPATION_KINDS
        ) or event_texts(connection, target.occurrence["id"])
    if not is_there and not is_wanted:
        return
    if not ensure_event(slice_, target):
        raise Permanent(
            f"HubSpot refused the marketing event {target.external_id} of portal "
            f"{slice_.run['portal_id']}; its participations wait until it is accepted"
        )
    is_called_off = not restore_event(slice_, target)
    send_participations(slice_, target)
    if target.occurrence["settled_at"] is not None and not _has_open_stays(slice_):
        complete_event(slice_, target)
    if slice_.run["is_withdrawal"] or is_called_off:
        withdraw_event(slice_, target)


def _has_open_stays(slice_: Slice) -> bool:
    """Completing turns whoever has not attended into a no-show, so every stay goes first."""
    with reading(slice_.runtime.database) as connection:
        return bool(count_unfinished(connection, slice_.run["occurrence_pk"], "attend"))


def _conclude(runtime: Runtime, run: RowMapping, *, can_send: bool) -> None:
    now = runtime.clock()
    with reading(runtime.database) as connection:
        is_unfinished = has_people_left(connection, run) or (
            can_send and count_sendable(connection, run["occurrence_pk"], now)
        )
    if is_unfinished:
        _put_back(runtime, run, seconds=LOOK_AGAIN_SECONDS)
    else:
        _finish(runtime, run)


def _finish(runtime: Runtime, run: RowMapping) -> None:
    now = runtime.clock()
    with writing(runtime.database) as connection:
        message = what_was_never_stored(connection, run, now) if run["is_replay"] else ""
        finish_run(connection, run["id"], state="done", now=now, message=message)
        if not run["is_dry"]:
            place = find_occurrence(connection, run["occurrence_pk"])
            moments = [
                place["next_read_at"],
                place["recordings_due_at"],
                next_effect_at(connection, run["occurrence_pk"]),
            ]
            due_at = min((moment for moment in moments if moment is not None), default=None)
            change_occurrence(connection, run["occurrence_pk"], next_due_at=due_at)


def _put_back(runtime: Runtime, run: RowMapping, *, seconds: float) -> None:
    with writing(runtime.database) as connection:
        change_run(connection, run["id"], not_before=runtime.clock() + timedelta(seconds=seconds))


def _supersede(runtime: Runtime, run: RowMapping) -> None:
    """End the run and let the next one begin under the settings in force.

    It withdraws nothing: whoever asked for that did so under the settings of before.
    """
    now = runtime.clock()
    with writing(runtime.database) as connection:
        fresh = find_run(connection, run["id"])
        why = WITHDRAW_AGAIN if fresh["is_withdrawal"] else ""
        finish_run(connection, run["id"], state="superseded", now=now, message=why)
        open_run(
            connection,
            occurrence_pk=run["occurrence_pk"],
            trigger="setting",
            pool=run["pool"],
            now=now,
            must_read=fresh["must_read"],
            must_verify=fresh["must_verify"],
            is_replay=fresh["is_replay"],
        )


def _retry(runtime: Runtime, run: RowMapping, why: str, retry_after: float | None) -> None:
    if run["attempts"] + 1 >= MAX_ATTEMPTS:
        _fail(runtime, run, why)
        return
    pause = retry_after if retry_after is not None else min(2.0 ** run["attempts"], 300.0)
    log.warning("run_put_back", why=why, seconds=round(pause, 1), attempt=run["attempts"] + 1)
    with writing(runtime.database) as connection:
        change_run(
            connection,
            run["id"],
            attempts=run["attempts"] + 1,
            message=why,
            not_before=runtime.clock() + timedelta(seconds=pause),
        )


def _wait_for_platform(runtime: Runtime, run: RowMapping, outage: NotAnswering) -> None:
    """Put the run back until a platform that does not answer is tried again: no attempt of its own.

    However long that lasts, the run does not fail of it.
    """
    now, why = runtime.clock(), str(outage)
    pause = timedelta(seconds=outage.retry_after or 1.0)
    log.warning("run_waits", why=why, seconds=round(pause.total_seconds(), 1))
    with writing(runtime.database) as connection:
        change_run(connection, run["id"], message=why, not_before=now + pause)
        if run["message"] != why and not run["is_dry"]:
            show_outage(connection, run["occurrence_pk"], why, now)


def _fail(runtime: Runtime, run: RowMapping, why: str) -> None:
    """End the run; its people stay as they are and the occurrence is tried again later."""
    log.error("run_ended", why=why)
    now = runtime.clock()
    with writing(runtime.database) as connection:
        finish_run(connection, run["id"], state="failed", now=now, message=why)
        if not run["is_dry"]:
            bring_forward(connection, run["occurrence_pk"], now + TRY_AGAIN, read=run["must_read"])


def _wait_for_connection(runtime: Runtime, run: RowMapping, why: str) -> None:
    """End the run for want of a connection: connecting again, and nothing else, makes it due."""
    with reading(runtime.database) as connection:
        problem = find_connection_problem(connection, run["occurrence_pk"])
    if run["is_dry"] or not problem:
        _fail(runtime, run, why)
        return
    log.error("run_ended", why=why)
    now = runtime.clock()
    with writing(runtime.database) as connection:
        finish_run(connection, run["id"], state="failed", now=now, message=why)
        show_connection_problem(connection, run["occurrence_pk"], problem, now)
