"""What Sync now looks at besides the people: what somebody removed in HubSpot is made again.

Contacts are not among it: one that was deleted stays deleted. Nor are call records.
"""

from __future__ import annotations

import structlog
from sqlalchemy import RowMapping

from clients.errors import PermissionMissing, Rejected
from engine.plan import PARTICIPATION_KINDS
from jobs.changes import restored_change
from jobs.events import EVENT_KINDS, Target, has_event, next_date
from jobs.runtime import Runtime
from jobs.slices import Slice
from oauth.discovery import GROUP, PROPERTIES
from store.database import writing
from store.ledger import forget_applied
from store.runs import add_changes, change_run
from store.webinar_facts import bring_forward, occurrences_of_webinar

log = structlog.get_logger(__name__)


def restore_properties(runtime: Runtime, run: RowMapping) -> None:
    """Make those of our contact properties again that the portal no longer has."""
    hubspot = runtime.platforms.hubspot(run["portal_id"], run["pool"])
    try:
        made = hubspot.ensure_properties(GROUP, PROPERTIES).created
    except (Rejected, PermissionMissing) as error:
        # Whoever is to hold such a property fails by themselves, in HubSpot's words.
        log.warning("properties_not_restored", why=str(error))
        return
    with writing(runtime.database) as connection:
        lines = [restored_change("property", name) for name in made]
        add_changes(connection, run["id"], lines)


def verify_event(slice_: Slice, target: Target) -> bool:
    """Whether HubSpot has the marketing event, asked once in a Sync now.

    If somebody removed it, all of it is to be sent anew.
    """
    runtime, run = slice_.runtime, slice_.run
    is_there = has_event(slice_, target)
    if is_there:
        hubspot = runtime.platforms.hubspot(run["portal_id"], run["pool"])
        is_there = hubspot.get_marketing_event(target.external_id, target.account_id) is not None
        if not is_there:
            _send_anew(slice_, target)
    with slice_.writing() as connection:
        change_run(connection, run["id"], must_verify=False)
    return is_there


def _send_anew(slice_: Slice, target: Target) -> None:
    run, now = slice_.run, slice_.runtime.clock()
    log.warning("marketing_event_removed", external_id=target.external_id)
    with slice_.writing() as connection:
        forget_applied(connection, target.occurrence["id"], EVENT_KINDS + PARTICIPATION_KINDS)
        rows = occurrences_of_webinar(connection, target.webinar["id"])
        following = next_date(rows, now)
        if following is not None and following["id"] == target.occurrence["id"]:
            # Who registered for the whole series is in the next date's event.
            for row in rows:
                if row["is_series"]:
                    forget_applied(connection, row["id"], PARTICIPATION_KINDS)
                    bring_forward(connection, row["id"], now, read=False)
        add_changes(connection, run["id"], [restored_change("marketing_event", target.external_id)])
