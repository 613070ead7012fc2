"""Which past webinars there are, and what Zoom still has of each: the preview of a backfill.

A list of the account's history at a time, then a webinar at a time; each is noted as it is read, so
that whoever goes on after a crash begins where the last one ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping

from clients.errors import PermissionMissing, Rejected
from engine.backfill import history_ranges, what_is_kept, what_is_lost
from jobs.decisions import why_off
from jobs.gathering import Rules, load_rules
from jobs.runtime import Runtime
from schemas.zoom_api import WebinarDetail
from schemas.zoom_codes import NO_REGISTRATION, RECURRING, SINGLE, WITHOUT_FIXED_TIME
from schemas.zoom_reports import HistoryRow
from store.backfill_webinars import (
    add_found,
    add_sessions,
    change_item,
    drop_item,
    has_twin,
    known_webinars,
    next_item,
)
from store.backfills import change_backfill, hold_backfill
from store.database import reading, writing
from store.settings import read_settings
from store.webinar_facts import find_webinar_of, host_id_of, occurrences_of_webinar

log = structlog.get_logger(__name__)


def _lists(
    since: datetime, now: datetime, account_ids: Iterable[str]
) -> list[tuple[str, date, date]]:
    ranges = history_ranges(since, now)
    return [(account_id, first, last) for account_id in account_ids for first, last in ranges]


# --- finding -------------------------------------------------------------------------------------


def find_webinars(runtime: Runtime, row: RowMapping) -> None:
    """Read the next list of the account's history; after the last one, add what is known anyway."""
    lists = _lists(row["since"], row["created_at"], row["account_ids"])
    if row["done"] < len(lists):
        account_id, first, last = lists[row["done"]]
        sessions, refusal = _read_history(runtime, row, account_id, first, last)
        with writing(runtime.database) as connection:
            if not hold_backfill(connection, row):
                return
            _note_sessions(connection, row, account_id, sessions)
            gaps = f"{row['gaps']} {refusal}".strip() if refusal else row["gaps"]
            change_backfill(
                connection, row["id"], done=row["done"] + 1, gaps=gaps, attempts=0, message=""
            )
        return
    with writing(runtime.database) as connection:
        if not hold_backfill(connection, row):
            return
        _note_known(connection, row, runtime.clock())
        change_backfill(connection, row["id"], state="checking")


def _read_history(
    runtime: Runtime, row: RowMapping, account_id: str, first: date, last: date
) -> tuple[list[HistoryRow], str]:
    """The sessions Zoom lists, and what to say when it lists none because it refuses to.

    Whoever connected Zoom may not see reports, or Zoom finds the month too far back: what is known
    without it, and what was asked for by its id, is found all the same.
    """
    zoom = runtime.platforms.zoom(row["portal_id"], account_id, "bulk")
    try:
        return [one for page in zoom.history_meetings(first, last) for one in page.rows], ""
    except (PermissionMissing, Rejected) as error:
        log.warning("history_refused", account=account_id, first=str(first), why=str(error))
        return [], f"Zoom does not list what took place from {first} to {last}."


def _note_sessions(
    connection: Connection, row: RowMapping, account_id: str, found: Iterable[HistoryRow]
) -> None:
    wanted = set(row["webinar_ids"])
    by_webinar: dict[str, list[HistoryRow]] = defaultdict(list)
    for one in found:
        is_asked_for = not wanted or one.webinar_id in wanted
        if is_asked_for and one.started_at and one.ended_at and one.ended_at >= row["since"]:
            by_webinar[one.webinar_id].append(one)
    add_found(
        connection,
        row,
        [
            {
                "account_id": account_id,
                "webinar_id": webinar_id,
                "topic": sessions[-1].topic,
                "host_email": sessions[-1].host_email,
            }
            for webinar_id, sessions in by_webinar.items()
        ],
    )
    add_sessions(
        connection,
        row,
        account_id,
        {
            webinar_id: [
                (one.uuid, one.started_at.isoformat(), one.ended_at.isoformat())
                for one in sessions
                if one.started_at and one.ended_at
            ]
            for webinar_id, sessions in by_webinar.items()
        },
    )


def _note_known(connection: Connection, row: RowMapping, now: datetime) -> None:
    wanted = set(row["webinar_ids"])
    known = known_webinars(connection, row, row["account_ids"], now)
    add_found(connection, row, [one for one in known if not wanted or one["webinar_id"] in wanted])
    named = [
        {"account_id": account_id, "webinar_id": webinar_id}
        for webinar_id in row["webinar_ids"]
        for account_id in row["account_ids"]
    ]
    add_found(connection, row, named)


# --- checking ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Past:
    """What is over of a webinar: the first start, the newest start and end; None without any."""

    first: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None


def check_webinar(runtime: Runtime, row: RowMapping) -> bool:
    """Ask Zoom about the next webinar found; False when all of them were asked about."""
    with reading(runtime.database) as connection:
        item = next_item(connection, row["id"], "found")
    if item is None:
        return False
    zoom = runtime.platforms.zoom(row["portal_id"], item["account_id"], "bulk")
    try:
        detail = zoom.webinar(item["webinar_id"], show_previous_occurrences=True)
    except Rejected:
        detail = None  # unknown, forgotten, or no webinar's number at all
    with writing(runtime.database) as connection:
        if not hold_backfill(connection, row):
            return True
        if detail is None and not item["sessions"] and has_twin(connection, item):
            drop_item(connection, item["id"])
        else:
            values = _judge(connection, runtime, row, item, detail)
            change_item(connection, item["id"], **values)
        change_backfill(connection, row["id"], attempts=0, message="")
    return True


def _judge(
    connection: Connection,
    runtime: Runtime,
    row: RowMapping,
    item: RowMapping,
    detail: WebinarDetail | None,
) -> dict[str, Any]:
    now = runtime.clock()
    plan = _plan(item, detail, now)
    past = _past(item, plan)
    version, settings = read_settings(connection, row["portal_id"])
    rules = load_rules(connection, row["portal_id"], version, settings, runtime)
    about = _about(connection, item, detail)
    kept = what_is_kept(
        has_webinar=detail is not None,
        takes_registrations=detail is not None and detail.approval_type != NO_REGISTRATION,
        ended_at=past.end,
        now=now,
    )
    is_known = _is_known(connection, row["portal_id"], item)
    left_out = why_left_out(connection, rules, {**item, **about})
    left_out = left_out or _why_beside(detail, past, row["since"], now)
    return {
        **about,
        "plan": plan,
        "starts_at": past.start or item["starts_at"],
        "kept": kept,
        "lost": what_is_lost(kept, past.first, now),
        "is_known": is_known,
        "left_out": left_out,
        "state": _state(kept, left_out, is_known=is_known),
    }


def _why_beside(detail: WebinarDetail | None, past: _Past, since: datetime, now: datetime) -> str:
    """Why the webinar is none of a backfill's, whatever the switches say; "" when it is one."""
    if past.end is not None and past.end < since:
        return "before_since"
    if detail is None or detail.type == WITHOUT_FIXED_TIME:
        return ""
    is_ahead = detail.type == SINGLE and detail.start_at is not None and detail.start_at >= now
    return "not_over" if is_ahead or past.end is None else ""


def _about(
    connection: Connection, item: RowMapping, detail: WebinarDetail | None
) -> dict[str, str]:
    if detail is not None:
        email = detail.host_email or item["host_email"]
        return {"topic": detail.topic, "host_id": detail.host_id, "host_email": email}
    email = item["host_email"]
    host_id = item["host_id"] or host_id_of(
        connection, item["portal_id"], item["account_id"], email
    )
    return {"topic": item["topic"], "host_id": host_id, "host_email": email}


def _state(kept: str, left_out: str, *, is_known: bool) -> str:
    if is_known:
        return "known"
    if left_out:
        return "left_out"
    return "nothing" if kept == "nothing" else "waiting"


def _plan(item: RowMapping, detail: WebinarDetail | None, now: datetime) -> dict[str, Any]:
    """What is to be known before the first read: the kind of webinar, and its past dates.

    ``dates`` are (occurrence id, start, seconds). Of a webinar Zoom has forgotten only sessions are
    known; those of several days are dates of their own.
    """
    if detail is None:
        days = {start[:10] for _, start, _ in item["sessions"]}
        dates = []
        if len(days) == 1:
            begin = min(datetime.fromisoformat(start) for _, start, _ in item["sessions"])
            end = max(datetime.fromisoformat(end) for _, _, end in item["sessions"])
            dates = [("", begin.isoformat(), int((end - begin).total_seconds()))]
        kind = SINGLE if len(days) < 2 else WITHOUT_FIXED_TIME
        return {"type": kind, "dates": dates, "is_there": False}
    found: list[tuple[str, datetime | None, int]] = [("", detail.start_at, detail.duration_seconds)]
    if detail.type == RECURRING:
        found = [
            (one.occurrence_id, one.start_at, one.duration_seconds)
            for one in detail.occurrences
            if one.status != "deleted" and one.start_at is not None and one.start_at < now
        ]
    return {
        "type": detail.type,
        "is_there": True,
        "dates": [(name, at.isoformat(), seconds) for name, at, seconds in found if at is not None],
    }


def _past(item: RowMapping, plan: dict[str, Any]) -> _Past:
    """The sessions that took place; without any, the dates that were planned."""
    spans = [
        (datetime.fromisoformat(start), datetime.fromisoformat(end))
        for _, start, end in item["sessions"]
    ]
    starts = [(datetime.fromisoformat(start), seconds) for _, start, seconds in plan["dates"]]
    spans = spans or [(start, start + timedelta(seconds=seconds)) for start, seconds in starts]
    if not spans:
        return _Past()
    return _Past(
        min(start for start, _ in spans),
        max(start for start, _ in spans),
        max(end for _, end in spans),
    )


def _is_known(connection: Connection, portal_id: str, item: RowMapping) -> bool:
    """Whether the webinar is synced already, or about to be, without a backfill."""
    known = find_webinar_of(connection, portal_id, item["account_id"], item["webinar_id"])
    if known is None:
        return False
    places = occurrences_of_webinar(connection, known["id"])
    return any(place["reads"] or place["next_read_at"] is not None for place in places)


def why_left_out(connection: Connection, rules: Rules, item: Any) -> str:
    """The switch that keeps a webinar from being synced, or `zoom_events`; "" when none does."""
    known = find_webinar_of(connection, item["portal_id"], item["account_id"], item["webinar_id"])
    if known is not None and known["is_zoom_events"]:
        return "zoom_events"
    switches = {
        "account_id": item["account_id"],
        "host_id": item["host_id"],
        "host_email": item["host_email"],
        "sync": known["sync"] if known is not None else "default",
    }
    return why_off(switches, rules) or ""
