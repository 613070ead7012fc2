"""POST /actions/webinar-options: what the workflow editor offers for the field ``webinarId``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import RowMapping

from actions.parts import ActionParts
from engine.webinar_choice import option_value, read_choice
from schemas.hubspot_actions import ActionOption, OptionsRequest
from schemas.zoom_codes import ONCE_FOR_ALL, RECURRING
from store.callers import is_installed
from store.database import reading
from store.portals import read_portal
from store.registration_places import accounts_in_use, upcoming_dates
from store.settings import read_settings

PAGE = 50


def list_options(parts: ActionParts, asked: OptionsRequest) -> tuple[list[ActionOption], str]:
    """A page of webinars and dates still to come, and where the next page begins ("": nowhere).

    From our own tables alone, so it is quick; empty where nothing is connected. Only what the
    portal's setting ``registration_accounts`` lets the action register for is offered.
    """
    now = parts.now()
    with reading(parts.database) as connection:
        if not is_installed(connection, asked.portal_id):
            return [], ""
        portal = read_portal(connection, asked.portal_id)
        _, settings = read_settings(connection, asked.portal_id)
        accounts = [
            one.account_id
            for one in accounts_in_use(connection, asked.portal_id)
            if one.is_connected and (one.is_primary or settings.registration_accounts == "all")
        ]
        rows = upcoming_dates(connection, asked.portal_id, accounts, now)
    zone = _zone(portal.time_zone if portal is not None else "UTC")
    options = list(_options(rows, zone, now, names_account=len(accounts) > 1))
    found = [one for one in options if _fits(one, asked.search)] or _typed(asked.search)
    start = int(asked.after) if asked.after.isdigit() else 0
    ends = start + PAGE
    return found[start:ends], str(ends) if ends < len(found) else ""


def _options(
    rows: Sequence[RowMapping], zone: ZoneInfo, now: datetime, *, names_account: bool
) -> Iterator[ActionOption]:
    coming = [row for row in rows if row["occurrence_id"] or row["type"] != RECURRING]
    begun: set[int] = set()
    for row in coming:
        starts_at = row["date_starts_at"]
        if starts_at is not None and starts_at + timedelta(seconds=row["date_seconds"]) <= now:
            continue
        account = f" · {row['account_id']}" if names_account else ""
        when = _when(starts_at, zone)
        if row["type"] != RECURRING:
            yield ActionOption(option_value(row["webinar_id"]), f"{row['topic']} · {when}{account}")
            continue
        is_first = row["id"] not in begun
        begun.add(row["id"])
        if row["registration_type"] == ONCE_FOR_ALL:
            if is_first:
                label = f"{row['topic']} · all dates, next {when}{account}"
                yield ActionOption(option_value(row["webinar_id"]), label)
            continue
        if is_first:
            label = f"{row['topic']} · always the next date{account}"
            yield ActionOption(option_value(row["webinar_id"]), label)
        value = option_value(row["webinar_id"], row["occurrence_id"])
        yield ActionOption(value, f"{row['topic']} · {when}{account}")


def _when(moment: datetime | None, zone: ZoneInfo) -> str:
    if moment is None:
        return "no fixed time"
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} ({zone.key})"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _typed(search: str) -> list[ActionOption]:
    """A webinar that is not in the list, by its number or link: so that any can be chosen."""
    choice = read_choice(search)
    if choice is None or not choice.webinar_id:
        return []
    value = option_value(choice.webinar_id, choice.occurrence_id)
    return [ActionOption(value, f"Webinar {choice.webinar_id} (not in the list)")]


def _fits(option: ActionOption, search: str) -> bool:
    """Whether an entry is meant: words of its label in any order, or its number in any form."""
    if not search.strip():
        return True
    choice = read_choice(search)
    if choice is not None and choice.webinar_id:
        return option.value.partition("/")[0] == choice.webinar_id
    label = f"{option.label} {option.value}".lower()
    return all(word in label for word in search.lower().split())
