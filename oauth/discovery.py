"""What a portal's HubSpot offers, and the properties Rollcall needs there."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from clients.errors import ReconnectNeeded
from engine.backfill import HISTORICAL
from oauth.access import Access
from plugins.property_updates import (
    ATTENDANCE_COUNT,
    AVERAGE_PERCENT,
    LAST_REGISTERED,
    REGISTRATION_COUNT,
)
from schemas.hubspot_api import PropertyDefinition, PropertyGroup
from store.connections import hubspot_grant
from store.database import reading, writing
from store.portals import save_discovery

GROUP = PropertyGroup("rollcall", "Rollcall")
PROPERTIES = (
    PropertyDefinition(
        AVERAGE_PERCENT,
        "Average Zoom webinar attendance duration",
        "number",
        "number",
        "Mean share of the webinars attended, in percent: 100 is the whole webinar.",
    ),
    PropertyDefinition(
        LAST_REGISTERED,
        "Last registered Zoom webinar",
        "string",
        "text",
        "Public address of the webinar the contact registered for last.",
    ),
    PropertyDefinition(
        REGISTRATION_COUNT,
        "Total number of Zoom webinar registrations",
        "number",
        "number",
        "Webinars the contact is or was registered for, since Rollcall was connected.",
    ),
    PropertyDefinition(
        ATTENDANCE_COUNT,
        "Total number of Zoom webinars attended",
        "number",
        "number",
        "Webinars the contact attended, since Rollcall was connected.",
    ),
    PropertyDefinition(
        HISTORICAL,
        "Zoom webinar data is historical",
        "bool",
        "booleancheckbox",
        "Yes when Rollcall last wrote to the contact because of a backfill of past webinars; empty "
        "again with the next webinar. Leave such contacts out of workflows.",
        (("true", "Yes"), ("false", "No")),
    ),
)

MARKETING_EVENTS = ("crm.objects.marketing_events.read", "crm.objects.marketing_events.write")
_PERMIT_WAIT = 12.0
"""Seconds: a Redis that has just been started makes everybody wait ten before the first call."""


def discover_portal(access: Access, portal_id: str) -> None:
    """Create the property group and the properties, and note what the portal offers.

    Repeating it changes nothing in HubSpot. Raises the errors of :mod:`clients.errors`.
    """
    with reading(access.engine) as connection:
        grant = hubspot_grant(connection, portal_id)
    if grant is None:
        raise ReconnectNeeded(f"HubSpot portal {portal_id} is not connected; install it again")
    hubspot = access.hubspot(portal_id, max_wait=_PERMIT_WAIT)
    account = hubspot.account_details()
    outcome = hubspot.ensure_properties(GROUP, PROPERTIES)
    capabilities = find_capabilities(grant.scopes, access.hubspot_app.app_events)
    if outcome.conflicts:
        names = ", ".join(conflict.name for conflict in outcome.conflicts)
        capabilities |= {"properties": f"conflict: {names}"}
    with writing(access.engine) as connection:
        save_discovery(
            connection,
            portal_id,
            time_zone=account.time_zone,
            ui_domain=account.ui_domain,
            capabilities=capabilities,
            now=access.now(),
        )


def find_capabilities(scopes: Collection[str], app_events: Mapping[str, str]) -> dict[str, str]:
    """What the granted scopes and our configuration allow: ``on``, ``off`` or ``no_scope``."""
    if app_events:
        events = "on" if "timeline" in scopes else "no_scope"
    else:
        events = "off"
    return {
        "marketing_events": "on" if set(MARKETING_EVENTS) <= set(scopes) else "no_scope",
        "app_events": events,
        "properties": "on",
    }
