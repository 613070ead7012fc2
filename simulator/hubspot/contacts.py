"""Contacts of one portal: addresses as keys, deletion, erasure, merging."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from simulator.hubspot.errors import refuse
from simulator.hubspot.models import HistoryEntry, Record
from simulator.hubspot.records import RecordStore


def addresses_of(properties: Mapping[str, str]) -> list[str]:
    """Every address of a contact, the primary one first, in lower case."""
    listed = [properties.get("email", ""), *properties.get("hs_additional_emails", "").split(";")]
    return list(dict.fromkeys(part.strip().lower() for part in listed if part.strip()))


class ContactStore(RecordStore):
    """Contacts by id and by address; an address belongs to at most one live contact."""

    def __init__(self, clock: Callable[[], datetime], next_id: Callable[[], str]) -> None:
        super().__init__(clock, next_id, "lastmodifieddate")
        self._by_address: dict[str, str] = {}
        self.erased = 0

    def owner_of(self, address: str) -> Record | None:
        """The live contact with this primary or secondary address."""
        contact_id = self._by_address.get(address.strip().lower())
        return self.records[contact_id] if contact_id else None

    def archived_owner_of(self, address: str, *, secondary: bool) -> Record | None:
        """The newest archived contact with this address."""
        wanted = address.strip().lower()
        for record in reversed(self.archived()):
            known = addresses_of(record.properties)
            if wanted in (known if secondary else known[:1]):
                return record
        return None

    def create(self, values: Mapping[str, str], source: str) -> Record:
        """A new contact; raises 409 when one of its addresses is taken."""
        values = _with_lower_email(values)
        self.check_addresses(values, None)
        record = self.add(values, source)
        self._index(record)
        return record

    def update(
        self, record: Record, values: Mapping[str, str], source: str, lag_seconds: float
    ) -> bool:
        """Write values to a contact; a replaced primary address stays as a secondary one."""
        values = _with_lower_email(values)
        self.check_addresses(values, record)
        before = addresses_of(record.properties)
        if values.get("email"):
            values = {**values, **self._keep_old_primary(record, values)}
        changed = self.change(record, values, source, lag_seconds)
        for address in before:
            self._by_address.pop(address, None)
        self._index(record)
        return changed

    def _keep_old_primary(self, record: Record, values: Mapping[str, str]) -> dict[str, str]:
        known = addresses_of(record.properties)
        listed = addresses_of({"hs_additional_emails": values.get("hs_additional_emails", "")})
        others = [address for address in [*known, *listed] if address != values["email"]]
        return {"hs_additional_emails": ";".join(dict.fromkeys(others))} if others else {}

    def check_addresses(self, values: Mapping[str, str], record: Record | None) -> None:
        """Raise 409 when an address among the values belongs to another contact than `record`."""
        for address in addresses_of(values):
            owner = self.owner_of(address)
            if owner is not None and owner is not record:
                message = f"Contact already exists. Existing ID: {owner.id}"
                raise refuse(409, "CONFLICT", message)

    def _index(self, record: Record) -> None:
        for address in addresses_of(record.properties):
            self._by_address[address] = record.id

    def _forget_addresses(self, record: Record) -> None:
        for address in addresses_of(record.properties):
            if self._by_address.get(address) == record.id:
                del self._by_address[address]

    def delete(self, record: Record, source: str) -> None:
        """Archive a contact; its addresses become free."""
        self._forget_addresses(record)
        self.archive(record, source)

    def restore(self, record: Record, source: str) -> None:
        """Bring an archived contact back; raises 409 when an address of it is taken."""
        self.check_addresses(record.properties, record)
        record.archived_at = None
        record.history.append(HistoryEntry(self._clock(), "state", "restored", None, source))
        self._index(record)

    def erase(self, record: Record) -> None:
        """Remove a contact for good, as a privacy deletion does."""
        self._forget_addresses(record)
        del self.records[record.id]
        self.erased += 1

    def merge(self, primary: Record, other: Record, *, new_id: bool, source: str) -> Record:
        """Join two contacts; the survivor is a new record, or the primary, per `new_id`."""
        now = self._clock()
        for record in (primary, other):
            self._forget_addresses(record)
        values = {**other.properties, **primary.properties}
        addresses = addresses_of(primary.properties) + addresses_of(other.properties)
        values["hs_additional_emails"] = ";".join(dict.fromkeys(addresses[1:]))
        survivor = primary
        if new_id:
            survivor = self._new({}, source)
        identity = {name: survivor.properties[name] for name in ("hs_object_id", "createdate")}
        survivor.properties = {k: v for k, v in {**values, **identity}.items() if v}
        survivor.updated_at = now
        merged = HistoryEntry(now, "state", "merged", f"{primary.id};{other.id}", source)
        entries = [*primary.history, *other.history, merged]
        survivor.history = sorted(entries, key=lambda entry: entry.at)
        for record in (primary, other):
            if record is not survivor:
                record.merged_into = survivor.id
        self._index(survivor)
        return survivor

    def follow(self, contact_id: str) -> Record | None:
        """The record an id stands for today, through merges."""
        record = self.records.get(contact_id)
        while record is not None and record.merged_into is not None:
            record = self.records.get(record.merged_into)
        return record


def _with_lower_email(values: Mapping[str, str]) -> dict[str, str]:
    copied = dict(values)
    if "email" in copied:
        copied["email"] = copied["email"].strip().lower()
    return copied
