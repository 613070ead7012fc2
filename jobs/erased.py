"""People erased on their own demand: removed from all we hold, and never taken in again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from jobs.runtime import Runtime
from store.connections import zoom_grants
from store.database import empty_log, reading, writing
from store.erasure import (
    erase_person,
    erase_requests,
    occurrences_of_people,
    people_of_contact,
)
from store.gone import erase_deleted, erased_among, lock_erasures, note_contact
from store.inbox import place_of
from store.inbox_work import forget_body, kept_deliveries
from store.runs import open_run
from store.sealing import SealBroken, Sealer
from store.session_facts import erased_matches, erased_registrants

BODIES = 200

log = structlog.get_logger(__name__)


def erase_contacts(
    runtime: Runtime, portal_id: str, contact_ids: Sequence[str], now: datetime
) -> int:
    """Erase everybody known as one of these contacts; how many people.

    The ids are kept, for whoever turns out later to have been one of them.
    """
    with writing(runtime.database) as connection:
        lock_erasures(connection, portal_id, is_shared=False)
        for contact_id in contact_ids:
            note_contact(connection, portal_id, contact_id, "erased")
            erase_deleted(connection, portal_id, contact_id)
        erase_requests(connection, portal_id, contact_ids=contact_ids)
        people = people_of_contact(connection, portal_id, contact_ids)
        places = occurrences_of_people(connection, [row["id"] for row in people])
        emails = [
            erase_person(connection, runtime.sealer, portal_id, row["id"], now) for row in people
        ]
        for place in places:
            open_run(connection, occurrence_pk=place, trigger="webhook", pool="bulk", now=now)
    if emails:
        _forget_deliveries(runtime, portal_id, emails)
        empty_log(runtime.database)
        log.info("people_erased", portal=portal_id, people=len(emails))
    return len(emails)


def _forget_deliveries(runtime: Runtime, portal_id: str, emails: Sequence[str]) -> None:
    """Drop the raw bodies that name any of the addresses; those not yet merged go when they are."""
    with reading(runtime.database) as connection:
        grants = zoom_grants(connection, portal_id)
    accounts = [portal_id, *dict.fromkeys(grant.account_id for grant in grants)]
    after = 0
    while True:
        with reading(runtime.database) as connection:
            rows = kept_deliveries(connection, accounts, after, BODIES)
        if not rows:
            return
        after = rows[-1]["id"]
        named = [
            row["id"]
            for row in rows
            if _names(runtime.sealer, row["body"], place_of(row["digest"]), emails)
        ]
        if named:
            with writing(runtime.database) as connection:
                for pk in named:
                    forget_body(connection, pk)


def _names(sealer: Sealer, sealed: bytes, place: str, emails: Sequence[str]) -> bool:
    try:
        body = sealer.open(sealed, place)
    except SealBroken:
        return False
    try:
        # Escapes are undone, so that every spelling of an address is found.
        text = json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode(errors="replace")
    return any(email in text.lower() for email in emails)


# --- whoever comes again ---------------------------------------------------------------------


def hide_sessions(
    connection: Connection,
    sealer: Sealer,
    portal_id: str,
    occurrence_pk: int,
    rows: Iterable[Mapping[str, Any]],
) -> list[Mapping[str, Any]]:
    """Rows of the report as they may be stored: of erased people no name, address or user id."""
    given = list(rows)
    lock_erasures(connection, portal_id, is_shared=True)
    hidden = erased_among(connection, sealer, portal_id, {row["email"] for row in given})
    registrants = erased_registrants(
        connection, occurrence_pk, {row["registrant_id"] for row in given}
    )
    matched = erased_matches(connection, occurrence_pk, {row["row_key"] for row in given})
    stored: list[Mapping[str, Any]] = []
    for row in given:
        is_theirs = row["registrant_id"] in registrants or row["row_key"] in matched
        if is_theirs or row["email"] in hidden:
            # By the registrant id the row is found to be theirs; its own address may be another's.
            email = hidden.get(row["email"], "")
            stored.append({**row, "email": email, "name": "", "zoom_user_id": ""})
        else:
            stored.append(row)
    return stored


def without_erased(runtime: Runtime, portal_id: str, emails: Sequence[str]) -> list[str]:
    """The addresses but for those of erased people."""
    with reading(runtime.database) as connection:
        erased = erased_among(connection, runtime.sealer, portal_id, emails)
    return [email for email in emails if email not in erased]


def forget_erased(runtime: Runtime, portals: Sequence[str], deliveries: Mapping[int, str]) -> None:
    """Drop the bodies of deliveries about somebody erased; ``deliveries`` gives each one's address.

    Call it once they are merged.
    """
    emails = set(deliveries.values())
    hidden: set[str] = set()
    with reading(runtime.database) as connection:
        for one in portals:
            hidden |= erased_among(connection, runtime.sealer, one, emails).keys()
    if hidden:
        with writing(runtime.database) as connection:
            for pk, email in deliveries.items():
                if email in hidden:
                    forget_body(connection, pk)
        empty_log(runtime.database)
