"""What HubSpot tells about contacts: deleted, restored, merged, another address, erased.

Only an erasure is carried out from the notice alone, for afterwards HubSpot knows nothing any more.
Anything else makes the people concerned be looked up again in the next run: what HubSpot holds then
decides, so the order and repetition of notices do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from jobs.erased import erase_contacts
from jobs.runtime import Runtime
from schemas.hubspot_webhooks import ContactEvent, parse_contact_events
from store.connections import is_customer
from store.database import reading, writing
from store.erasure import occurrences_of_people, people_of_contact
from store.gone import forget_deleted, note_contact
from store.people import look_up_people
from store.runs import open_run


def merge_hubspot_changes(runtime: Runtime, body: bytes, now: datetime) -> bool:
    """Merge a delivery; whether anything in it concerned a portal of ours.

    Raises UnreadableDelivery.
    """
    events = parse_contact_events(body)
    with reading(runtime.database) as connection:
        known = {
            portal_id
            for portal_id in {event.portal_id for event in events}
            if is_customer(connection, portal_id)
        }
    for event in events:
        if event.portal_id in known:
            _merge_event(runtime, event, now)
    return bool(known)


def _merge_event(runtime: Runtime, event: ContactEvent, now: datetime) -> None:
    if event.happening == "erased":
        erase_contacts(runtime, event.portal_id, event.contact_ids, now)
        return
    with writing(runtime.database) as connection:
        people = people_of_contact(connection, event.portal_id, event.contact_ids)
        _look_up(connection, [row["id"] for row in people], now)
        if event.happening == "deleted" and not people:
            # Its addresses are looked up in the bin before anybody new is written.
            note_contact(connection, event.portal_id, event.contact_ids[0], "deleted")
        if event.happening == "restored":
            forget_deleted(connection, event.portal_id, event.contact_ids[0])


def _look_up(connection: Connection, person_pks: Sequence[int], now: datetime) -> None:
    look_up_people(connection, person_pks)
    for place in occurrences_of_people(connection, person_pks):
        open_run(connection, occurrence_pk=place, trigger="webhook", pool="bulk", now=now)
