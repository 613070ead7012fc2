"""The home page: is HubSpot right, what is to be done, and what the portal is connected to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template
from sqlalchemy import Engine

from api.attendance import get_shares
from api.audit import get_audit
from api.callers import caller
from api.parts import parts
from api.settings import get_settings
from api.webinars import get_webinar_statuses, get_webinars
from clients.breaker import Outage
from clients.policy import Platform
from console.asking import ask, load
from console.blueprint import new_blueprint
from console.dates import choose_date
from console.pictures import draw_shares
from console.times import zone_of
from schemas.api_webinars import AuditQuery, WebinarQuery
from store.connections import Grant, hubspot_grant, zoom_grants
from store.database import reading
from store.portals import Portal, read_portal

LATEST = 5
WITH_WARNINGS = 3

pages = new_blueprint("home")


@dataclass(frozen=True, slots=True)
class Home:
    """A portal and its connections."""

    portal: Portal
    hubspot: Grant
    zoom: tuple[Grant, ...]

    @property
    def outages(self) -> dict[tuple[str, str], Outage]:
        """Accounts that do not answer at the moment, by platform and account."""
        places: list[tuple[Platform, str]] = [("hubspot", self.portal.portal_id)]
        places += [("zoom", one.account_id) for one in self.zoom]
        found = {place: parts().outage(*place) for place in places}
        return {place: outage for place, outage in found.items() if outage is not None}


@pages.get("/")
def home() -> str:
    """The portal at a glance."""
    found = read_home(parts().engine, caller().portal_id)
    latest = ask(get_webinars, load(WebinarQuery, {"limit": LATEST}))["results"]
    shares = [one for one in ask(get_shares)["results"] if one["registered"]]
    now = parts().clock()
    return render_template(
        "home.html",
        home=found,
        outages=found.outages,
        statuses=ask(get_webinar_statuses),
        steps=_steps(found, latest),
        webinars=[(one, choose_date(one, now)) for one in latest],
        troubled=_troubled(),
        shares=shares,
        bars=draw_shares(shares, zone_of(caller().portal_id)),
    )


def read_home(engine: Engine, portal_id: str) -> Home:
    """The portal that is connected, or was."""
    with reading(engine) as connection:
        portal = read_portal(connection, portal_id)
        hubspot = hubspot_grant(connection, portal_id)
        assert portal is not None and hubspot is not None, "only a connected portal signs in"
        return Home(portal, hubspot, tuple(zoom_grants(connection, portal_id)))


def _steps(found: Home, latest: list[dict[str, Any]]) -> list[str]:
    """What is missing before anything is synced, in the order it is to be done."""
    is_connected = any(grant.status == "connected" for grant in found.zoom)
    is_off = ask(get_settings)["webinar_sync"] == "none"
    steps = {
        "connect_zoom": not is_connected,
        "preview": is_connected and is_off and bool(latest),
        "switch_on": is_connected and is_off,
    }
    return [name for name, is_missing in steps.items() if is_missing]


def _troubled() -> list[tuple[Mapping[str, Any], list[Any]]]:
    """The latest webinars that need attention, each with its warnings."""
    query = load(WebinarQuery, {"limit": WITH_WARNINGS, "sync_status": "attention"})
    listed = ask(get_webinars, query)["results"]
    asked = load(AuditQuery, {})
    return [
        (
            one,
            [
                warning
                for warning in ask(get_audit, asked, webinar_id=one["id"])["results"]
                if warning["code"] != "emails_excluded"  # nothing has to be done about it
            ],
        )
        for one in listed
    ]
