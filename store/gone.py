"""Addresses of people who are gone from HubSpot, kept as keyed hashes and never as addresses.

One key a portal, sealed, made when first needed. It never changes: with another key nobody would be
recognised any more. (Encryption keys rotate by sealing the same key again.)
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, select, update

from store.sealing import Sealer
from store.statements import insert_missing, upsert
from store.tables import gone_address, gone_contact, portal

ERASED = "erased:"
"""Begins the identity of somebody whose data was erased; the rest is the keyed hash."""

_CHUNK = 500

Kind = Literal["deleted", "erased"]


@dataclass(frozen=True, slots=True)
class AddressHash:
    """The portal's keyed hash: 40 hex digits of HMAC-SHA256 of the lower-cased address."""

    key: bytes

    def of(self, email: str) -> str:
        """The hash of one address."""
        return self.of_text(email.strip().lower())

    def of_text(self, text: str) -> str:
        """The hash of anything else, letter for letter."""
        return hmac.digest(self.key, text.encode(), hashlib.sha256).hex()[:40]


def find_hash(connection: Connection, sealer: Sealer, portal_id: str) -> AddressHash | None:
    """The portal's hash; None while nobody was ever gone."""
    sealed = connection.execute(
        select(portal.c.hash_key).where(portal.c.portal_id == portal_id)
    ).scalar()
    return AddressHash(sealer.open(sealed, _place(portal_id))) if sealed else None


def ensure_hash(connection: Connection, sealer: Sealer, portal_id: str) -> AddressHash:
    """The portal's hash, made if there is none yet."""
    sealed = sealer.seal(secrets.token_bytes(32), _place(portal_id))
    connection.execute(
        update(portal)
        .where(portal.c.portal_id == portal_id, portal.c.hash_key.is_(None))
        .values(hash_key=sealed)
    )
    made = find_hash(connection, sealer, portal_id)
    assert made is not None, f"portal {portal_id} has no row"
    return made


def _place(portal_id: str) -> str:
    return f"portal:{portal_id}:hash_key"


def lock_erasures(connection: Connection, portal_id: str, *, is_shared: bool) -> None:
    """Keep an erasure and a merge of facts apart; until the end of the transaction."""
    connection.execute(
        select(portal.c.portal_id)
        .where(portal.c.portal_id == portal_id)
        .with_for_update(read=is_shared)
    )


def erased_among(
    connection: Connection, sealer: Sealer, portal_id: str, emails: Iterable[str]
) -> dict[str, str]:
    """The identity of each of these addresses whose owner was erased; the others are left out."""
    return {
        email: ERASED + digest
        for email, (digest, _) in _gone(connection, sealer, portal_id, emails, "erased").items()
    }


def deleted_among(
    connection: Connection, sealer: Sealer, portal_id: str, emails: Iterable[str]
) -> dict[str, str]:
    """The deleted contact of each of these addresses that has one."""
    found = _gone(connection, sealer, portal_id, emails, "deleted")
    return {email: contact_id for email, (_, contact_id) in found.items()}


def _gone(
    connection: Connection, sealer: Sealer, portal_id: str, emails: Iterable[str], kind: Kind
) -> dict[str, tuple[str, str]]:
    keyed = find_hash(connection, sealer, portal_id)
    if keyed is None:
        return {}
    by_digest = {keyed.of(email): email for email in emails if email}
    digests = list(by_digest)
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(digests), _CHUNK):
        rows = connection.execute(
            select(gone_address.c.digest, gone_address.c.contact_id).where(
                gone_address.c.portal_id == portal_id,
                gone_address.c.digest.in_(digests[start : start + _CHUNK]),
                gone_address.c.kind == kind,
            )
        )
        found.update({by_digest[row.digest]: (row.digest, row.contact_id) for row in rows})
    return found


def note_deleted(connection: Connection, portal_id: str, contacts: Mapping[str, str]) -> None:
    """Remember these hashes, each with its contact's id. What was erased stays erased."""
    rows = [
        {"portal_id": portal_id, "digest": digest, "kind": "deleted", "contact_id": contact_id}
        for digest, contact_id in contacts.items()
    ]
    insert_missing(connection, gone_address, rows, ["portal_id", "digest"])


def note_erased(connection: Connection, portal_id: str, digests: Iterable[str]) -> None:
    """Remember these hashes for good: whoever they stand for never comes back."""
    rows = [
        {"portal_id": portal_id, "digest": digest, "kind": "erased", "contact_id": ""}
        for digest in dict.fromkeys(digests)
    ]
    upsert(connection, gone_address, rows, ["portal_id", "digest"], ["kind", "contact_id"])


def erase_deleted(connection: Connection, portal_id: str, contact_id: str) -> None:
    """A deleted contact turns out to be erased: so are all the addresses we saw it with."""
    connection.execute(
        update(gone_address)
        .where(gone_address.c.portal_id == portal_id, gone_address.c.contact_id == contact_id)
        .values(kind="erased", contact_id="")
    )


def forget_deleted(connection: Connection, portal_id: str, contact_id: str) -> None:
    """The contact was restored: nothing of it counts as deleted any more."""
    connection.execute(
        delete(gone_address).where(
            gone_address.c.portal_id == portal_id,
            gone_address.c.contact_id == contact_id,
            gone_address.c.kind == "deleted",
        )
    )
    forget_contacts(connection, portal_id, [contact_id], "deleted")


# --- contacts by id --------------------------------------------------------------------------


def note_contact(connection: Connection, portal_id: str, contact_id: str, kind: Kind) -> None:
    """Remember that a contact is gone whose address we do not know (yet)."""
    row = {"portal_id": portal_id, "contact_id": contact_id, "kind": kind}
    insert_missing(connection, gone_contact, [row], ["portal_id", "contact_id", "kind"])


def noted_contacts(connection: Connection, portal_id: str, kind: Kind, limit: int) -> list[str]:
    """Contacts noted as gone, by id."""
    rows = connection.execute(
        select(gone_contact.c.contact_id)
        .where(gone_contact.c.portal_id == portal_id, gone_contact.c.kind == kind)
        .order_by(gone_contact.c.contact_id)
        .limit(limit)
    )
    return [row.contact_id for row in rows]


def erased_contacts(
    connection: Connection, portal_id: str, contact_ids: Sequence[str]
) -> frozenset[str]:
    """Those of the contacts that were erased."""
    found: set[str] = set()
    for start in range(0, len(contact_ids), _CHUNK):
        rows = connection.execute(
            select(gone_contact.c.contact_id).where(
                gone_contact.c.portal_id == portal_id,
                gone_contact.c.contact_id.in_(contact_ids[start : start + _CHUNK]),
                gone_contact.c.kind == "erased",
            )
        )
        found |= {row.contact_id for row in rows}
    return frozenset(found)


def forget_contacts(
    connection: Connection, portal_id: str, contact_ids: Sequence[str], kind: Kind
) -> None:
    """These need no note any more."""
    for start in range(0, len(contact_ids), _CHUNK):
        connection.execute(
            delete(gone_contact).where(
                gone_contact.c.portal_id == portal_id,
                gone_contact.c.contact_id.in_(contact_ids[start : start + _CHUNK]),
                gone_contact.c.kind == kind,
            )
        )
