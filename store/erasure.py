"""Erasing people on their own demand: nothing of them stays but keyed hashes.

Their place in an occurrence stays as a nameless row, so that Zoom's count of people still adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, case, delete, exists, select, update

from engine.registration_outcomes import describe
from store.gone import ERASED, ensure_hash, note_erased
from store.registration_requests import forget_people
from store.sealing import Sealer
from store.tables import (
    decision_log,
    effect,
    hand_match,
    occurrence,
    occurrence_person,
    person,
    registrant_alias,
    registration_fact,
    registration_request,
    run,
    run_change,
    session,
    webinar,
)

REASON = "privacy_deleted"
DETAIL = "erased on the person's demand"
_CHUNK = 500

_NOTHING: dict[str, Any] = {
    "person_pk": None,
    "email": "",
    "first_name": "",
    "last_name": "",
    "join_url": "",
    "lead_pk": None,
    "is_included_by_hand": False,
    "is_released_by_hand": False,
    "outcome": "excluded",
    "reason": REASON,
    "detail": DETAIL,
    "decided_by": "engine",
    "decided_by_version": "",
    "opinions": [],
    "is_excluded": True,
    "is_held": False,
    "plugin_failure": "",
}
"""What is left of a person in an occurrence."""


def people_of_contact(
    connection: Connection, portal_id: str, contact_ids: Iterable[str]
) -> list[RowMapping]:
    """The people known to be any of these contacts: ``id``, ``email``, ``contact_id``."""
    rows = connection.execute(
        select(person.c.id, person.c.email, person.c.contact_id).where(
            person.c.portal_id == portal_id, person.c.contact_id.in_(list(contact_ids))
        )
    )
    return list(rows.mappings())


def occurrences_of_people(connection: Connection, person_pks: Sequence[int]) -> list[int]:
    """Keys of the occurrences these people appear in."""
    rows = connection.execute(
        select(occurrence_person.c.occurrence_pk)
        .where(occurrence_person.c.person_pk.in_(person_pks))
        .distinct()
    )
    return [row.occurrence_pk for row in rows]


def erase_person(
    connection: Connection, sealer: Sealer, portal_id: str, person_pk: int, now: datetime
) -> str:
    """Remove a person from every table of the portal; the address that is gone.

    Call it under ``lock_erasures``. Raw deliveries, which name people too, are not its concern.
    """
    row = connection.execute(select(person).where(person.c.id == person_pk)).mappings().one()
    email = str(row["email"])
    digest = ensure_hash(connection, sealer, portal_id).of(email)
    note_erased(connection, portal_id, [digest, *(row["other_addresses"] or ())])
    _erase_decisions(connection, person_pk, ERASED + digest, now)
    _erase_facts(connection, portal_id, email, ERASED + digest)
    _erase_elsewhere(connection, portal_id, email)
    erase_requests(connection, portal_id, emails=[email])
    connection.execute(delete(person).where(person.c.id == person_pk))
    return email


def _erase_decisions(connection: Connection, person_pk: int, identity: str, now: datetime) -> None:
    mine = select(occurrence_person.c.id).where(occurrence_person.c.person_pk == person_pk)
    connection.execute(
        delete(decision_log).where(decision_log.c.occurrence_person_pk.in_(mine.scalar_subquery()))
    )
    connection.execute(
        delete(effect).where(
            (effect.c.person_pk == person_pk)
            | effect.c.occurrence_person_pk.in_(mine.scalar_subquery())
        )
    )
    followers = occurrence_person.c.lead_pk.in_(mine.scalar_subquery())
    connection.execute(
        update(occurrence_person)
        .where(followers)
        .values(lead_pk=None, dirty=occurrence_person.c.dirty + 1)
    )
    connection.execute(
        update(occurrence_person)
        .where(occurrence_person.c.person_pk == person_pk)
        .values(
            identity_key=identity,
            decided_at=now,
            dirty=occurrence_person.c.dirty + 1,
            **_NOTHING,
        )
    )


def _erase_facts(connection: Connection, portal_id: str, email: str, identity: str) -> None:
    here = select(occurrence.c.id).where(occurrence.c.portal_id == portal_id).scalar_subquery()
    for table in (registration_fact, registrant_alias, hand_match):
        connection.execute(
            update(table)
            .where(table.c.occurrence_pk.in_(here), table.c.email == email)
            .values(email=identity)
        )
    aliases = (
        select(registrant_alias.c.registrant_id)
        .where(
            registrant_alias.c.occurrence_pk == session.c.occurrence_pk,
            registrant_alias.c.email == identity,
        )
        .scalar_subquery()
    )
    named = {"name": "", "zoom_user_id": ""}
    connection.execute(
        update(session)
        .where(session.c.occurrence_pk.in_(here), session.c.registrant_id.in_(aliases))
        .values(email="", **named)
    )
    is_matched = exists().where(
        hand_match.c.occurrence_pk == session.c.occurrence_pk,
        hand_match.c.row_key == session.c.row_key,
        hand_match.c.email == identity,
    )
    connection.execute(
        update(session).where(session.c.occurrence_pk.in_(here), is_matched).values(**named)
    )
    connection.execute(
        update(session)
        .where(session.c.occurrence_pk.in_(here), session.c.email == email)
        .values(email=identity, **named)
    )


def _erase_elsewhere(connection: Connection, portal_id: str, email: str) -> None:
    """Previews that named the person, and lists of panelists."""
    runs = select(run.c.id).where(run.c.portal_id == portal_id).scalar_subquery()
    connection.execute(
        delete(run_change).where(run_change.c.email == email, run_change.c.run_id.in_(runs))
    )
    rows = connection.execute(
        select(webinar.c.id, webinar.c.panelists).where(webinar.c.portal_id == portal_id)
    ).all()
    for row in rows:
        if email in row.panelists:
            others = [one for one in row.panelists if one != email]
            connection.execute(
                update(webinar).where(webinar.c.id == row.id).values(panelists=others)
            )


def erase_requests(
    connection: Connection,
    portal_id: str,
    *,
    emails: Iterable[str] = (),
    contact_ids: Iterable[str] = (),
) -> None:
    """Empty what workflows asked for these people; whoever still waits is never sent to Zoom.

    The rows stay, so that HubSpot gets the same answer when it asks again.
    """
    mine = registration_request.c.portal_id == portal_id
    for column, values in (
        (registration_request.c.email, list(emails)),
        (registration_request.c.contact_id, list(contact_ids)),
    ):
        for start in range(0, len(values), _CHUNK):
            here = mine & column.in_(values[start : start + _CHUNK])
            connection.execute(
                update(registration_request)
                .where(here, registration_request.c.state != "done")
                .values(
                    state="done",
                    outcome=REASON,
                    message=describe(REASON),
                    due_at=case(
                        (
                            registration_request.c.is_blocked.is_(True),
                            registration_request.c.due_at,
                        ),
                        else_=None,
                    ),
                )
            )
            forget_people(connection, here)
