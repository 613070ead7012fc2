"""The home page: a portal's connections and its latest webinars, read in one consistent state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import render_template
from sqlalchemy import Connection, Engine, RowMapping

from api.callers import caller
from api.parts import parts
from console.blueprint import new_blueprint
from console.times import find_zone
from store.connections import Grant, hubspot_grant, zoom_grants
from store.database import reading
from store.portals import Portal, read_portal
from store.webinars import (
    OUTCOMES,
    by_outcome,
    count_people,
    list_webinars,
    occurrences_of_webinars,
)

WEBINARS = 50

pages = new_blueprint("home")


@dataclass(frozen=True, slots=True)
class WebinarLine:
    """A webinar in the list; ``start_at`` is local to the portal, None without a fixed time."""

    webinar_id: str
    topic: str
    host: str
    start_at: datetime | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Home:
    """A portal's connections and its latest webinars (at most ``WEBINARS``)."""

    portal: Portal
    hubspot: Grant
    zoom: tuple[Grant, ...]
    webinars: tuple[WebinarLine, ...]


@pages.get("/")
def home() -> str:
    """The portal at a glance."""
    return render_template("home.html", home=read_home(parts().engine, caller().portal_id))


def read_home(engine: Engine, portal_id: str) -> Home:
    """The home page of a portal that is connected, or was."""
    with reading(engine) as connection:
        portal = read_portal(connection, portal_id)
        hubspot = hubspot_grant(connection, portal_id)
        assert portal is not None and hubspot is not None, "only a connected portal signs in"
        return Home(
            portal=portal,
            hubspot=hubspot,
            zoom=tuple(zoom_grants(connection, portal_id)),
            webinars=_read_webinars(connection, portal_id, find_zone(portal.time_zone)),
        )


def _read_webinars(
    connection: Connection, portal_id: str, zone: ZoneInfo
) -> tuple[WebinarLine, ...]:
    rows = list_webinars(connection, portal_id, WEBINARS)
    occurrences = occurrences_of_webinars(connection, [row["id"] for row in rows])
    people = count_people(
        connection, [one["id"] for found in occurrences.values() for one in found]
    )
    return tuple(
        _line(row, [by_outcome(people[one["id"]]) for one in occurrences.get(row["id"], [])], zone)
        for row in rows
    )


def _line(row: RowMapping, counts: list[dict[str, int]], zone: ZoneInfo) -> WebinarLine:
    start_at: datetime | None = row["start_at"]
    return WebinarLine(
        webinar_id=row["webinar_id"],
        topic=row["topic"],
        host=row["host_email"],
        start_at=start_at.astimezone(zone) if start_at is not None else None,
        counts={name: sum(one[name] for one in counts) for name in OUTCOMES},
    )
