"""Moments and lengths as people read them, in the portal's own time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import g

from api.parts import parts
from store.database import reading
from store.portals import read_portal

_DAY = 86400
_LONG = 2 * _DAY


def zone_of(portal_id: str) -> ZoneInfo:
    """The portal's time zone, UTC where it has none that is known."""
    if "rollcall_zone" not in g:
        with reading(parts().engine) as connection:
            portal = read_portal(connection, portal_id)
        g.rollcall_zone = find_zone(portal.time_zone if portal is not None else "UTC")
    zone: ZoneInfo = g.rollcall_zone
    return zone


def find_zone(name: str) -> ZoneInfo:
    """The zone of that name, else UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def show_moment(moment: datetime | None, zone: ZoneInfo, without: str = "–") -> str:
    """18 Nov 2026, 17:00 CET."""
    if moment is None:
        return without
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def show_length(seconds: float | None) -> str:
    """47 min, 1 h 5 min, 40 s."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def show_age(seconds: float | None) -> str:
    """40 s, 47 min, 1 h 5 min, 3 days."""
    if seconds is not None and seconds >= _LONG:
        return f"{int(seconds // _DAY)} days"
    return show_length(seconds)
