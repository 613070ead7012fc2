"""HubSpot in HubSpot's words: portal, users, contacts, properties, app events, callbacks.

Marketing events and call records are in modules of their own.

Only dated paths are used, since unversioned ones end in 2027:
https://developers.hubspot.com/docs/developer-tooling/platform/versioning
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clients.errors import Rejected, Unavailable, Unconfirmed
from clients.hubspot_calls import Calls
from clients.hubspot_marketing import MarketingEvents
from clients.outcomes import BatchOutcome, require_batch, require_distinct, settle
from schemas import hubspot_api as wire
from schemas import hubspot_contacts as contact_wire
from schemas.base import Page
from schemas.hubspot_api import (
    AccountDetails,
    AppEvent,
    CallbackCompletion,
    HubSpotUserRow,
    OwnerRow,
    PropertyConflict,
    PropertyDefinition,
    PropertyGroup,
    PropertyRow,
)
from schemas.hubspot_contacts import ContactCreate, ContactRow, ContactUpdate

CONTACT_BATCH = 100
"""Inputs of a contact batch. https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide"""
APP_EVENT_BATCH = 500
"""App events of a batch. https://developers.hubspot.com/changelog/new-size-limits-for-app-events-and-app-event-properties"""

CALLBACK_BATCH = 100
"""Callbacks completed in one call, as many as the batches of objects hold."""


@dataclass(frozen=True, slots=True)
class PropertiesOutcome:
    """What became of the properties; those in ``conflicts`` cannot be written."""

    created: tuple[str, ...]
    existing: tuple[str, ...]
    conflicts: tuple[PropertyConflict, ...]


class HubSpot(MarketingEvents, Calls):
    """One portal's API. Raises the errors of :mod:`clients.errors`.

    Write methods take at most one batch (``CONTACT_BATCH``, ``APP_EVENT_BATCH``) and raise
    ValueError above it; read methods cut longer lists into batches themselves.
    """

    # --- portal, users, owners

    def account_details(self) -> AccountDetails:
        """Return the portal's id, time zone and link domain."""
        return wire.read_account(self._call("GET", "/account-info/{v}/details"))

    def users(self, after: str = "") -> Iterator[Page[HubSpotUserRow]]:
        """Yield the portal's users, a page at a time; ``after`` continues from a page's token."""
        return self._pages("/settings/users/{v}", wire.read_users, {"limit": 100}, after)

    def owners(self, after: str = "") -> Iterator[Page[OwnerRow]]:
        """Yield the owners of records, a page at a time."""
        return self._pages("/crm/owners/{v}", wire.read_owners, {"limit": 100}, after)

    def uninstall(self) -> None:
        """Remove the app from the portal; HubSpot tells the customer by mail."""
        self._call("DELETE", "/appinstalls/{v}/external-install")

    # --- properties

    def ensure_properties(
        self, group: PropertyGroup, definitions: Sequence[PropertyDefinition]
    ) -> PropertiesOutcome:
        """Create the group and the properties that are missing; what exists is left as it is.

        Raises Rejected when HubSpot creates a property neither now nor had it before.
        """
        found = self._property_types(definitions)
        missing = [one for one in definitions if one.name not in found]
        if missing:
            self._create_group(group)
            refusal = self._create_properties(group, missing)
            found = found | self._property_types(missing)
            absent = [one.name for one in missing if one.name not in found]
            if absent:
                raise refusal or Rejected(f"HubSpot did not create: {', '.join(absent)}")
        return PropertiesOutcome(
            created=tuple(one.name for one in missing),
            existing=tuple(one.name for one in definitions if one not in missing),
            conflicts=tuple(
                PropertyConflict(one.name, one.type, found[one.name])
                for one in definitions
                if found[one.name] != one.type
            ),
        )

    def contact_properties(self) -> Page[PropertyRow]:
        """Return every contact property of the portal with its options, in one page.

        https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide
        """
        return wire.read_properties(self._call("GET", "/crm/properties/{v}/contacts"))

    def _property_types(self, definitions: Sequence[PropertyDefinition]) -> dict[str, str]:
        body = wire.properties_read_body(one.name for one in definitions)
        route = "/crm/properties/{v}/contacts/batch/read"
        return wire.read_property_types(self._call("POST", route, body=body, read=True))

    def _create_group(self, group: PropertyGroup) -> None:
        route = "/crm/properties/{v}/contacts/groups"
        try:
            self._call("POST", route, body=wire.group_body(group))
        except Rejected as refusal:
            if refusal.status != 409:
                raise

    def _create_properties(
        self, group: PropertyGroup, definitions: Sequence[PropertyDefinition]
    ) -> Rejected | None:
        """Create them and return the refusal, if any: the caller looks at what exists now."""
        route = "/crm/properties/{v}/contacts/batch/create"
        body = wire.properties_create_body(group, definitions)
        try:
            faults = wire.read_batch_faults(self._call("POST", route, body=body))
        except Rejected as refusal:
            return refusal
        return Rejected(faults[0].message, category=faults[0].category) if faults else None

    # --- contacts

    def read_contacts_by_email(
        self, emails: Sequence[str], properties: Sequence[str] = (), *, permit: bool = True
    ) -> list[ContactRow]:
        """Return the contacts that hold any of the addresses, as primary or secondary one.

        An address nobody holds is simply absent; map back through ``ContactRow.emails``.
        """
        unique = list(dict.fromkeys(one.strip().lower() for one in emails if one.strip()))
        body = contact_wire.contacts_by_email_body
        return self._read_contacts(unique, lambda part: body(part, properties), False, permit)

    def read_contacts_by_id(
        self,
        ids: Sequence[str],
        properties: Sequence[str] = (),
        *,
        archived: bool = False,
        permit: bool = True,
    ) -> list[ContactRow]:
        """Return the contacts with these record ids; with ``archived`` only deleted ones."""
        unique = list(dict.fromkeys(ids))
        body = contact_wire.contacts_by_id_body
        return self._read_contacts(unique, lambda part: body(part, properties), archived, permit)

    def deleted_contacts(self, after: str = "") -> Iterator[Page[ContactRow]]:
        """Yield the contacts in the bin with all their addresses, a page at a time.

        HubSpot keeps them for 90 days. ``after`` continues from a page's token.
        """
        params = {
            "archived": "true",
            "limit": CONTACT_BATCH,
            "properties": ",".join(contact_wire.EMAIL_PROPERTIES),
        }
        read = contact_wire.read_contact_page
        return self._pages("/crm/objects/{v}/contacts", read, params, after)

    def _read_contacts(
        self,
        keys: Sequence[str],
        body: Callable[[Sequence[str]], dict[str, Any]],
        archived: bool,
        permit: bool,
    ) -> list[ContactRow]:
        route = "/crm/objects/{v}/contacts/batch/read"
        params = {"archived": "true" if archived else "false"}
        rows: dict[str, ContactRow] = {}
        for start in range(0, len(keys), CONTACT_BATCH):
            part = keys[start : start + CONTACT_BATCH]
            answer = contact_wire.read_contacts(
                self._call(
                    "POST",
                    route,
                    params=params,
                    body=body(part),
                    read=True,
                    permit=permit or start > 0,
                )
            )
            for fault in answer.faults:
                # Taking any other error for "no such contact" would create it a second time.
                if fault.category != wire.NOT_FOUND_CATEGORY:
                    raise Unavailable(f"HubSpot could not read contacts: {fault.message}")
            rows |= {row.contact_id: row for row in answer.rows}
        return list(rows.values())

    def create_contacts(
        self, contacts: Sequence[ContactCreate], *, permit: bool = True
    ) -> BatchOutcome:
        """Create contacts; the outcome is keyed by trace id, ``done`` gives contact ids.

        Raises Rejected for the whole batch (``existing_id`` names the contact that already holds
        an address, when HubSpot says so): the caller halves the batch and tries again.
        """
        require_batch(contacts, CONTACT_BATCH)
        require_distinct("trace id", [one.trace_id for one in contacts])
        require_distinct("address", [one.email for one in contacts])
        route = "/crm/objects/{v}/contacts/batch/create"
        body = contact_wire.create_contacts_body(contacts)
        answer = contact_wire.read_contacts(self._call("POST", route, body=body, permit=permit))
        by_email = {email: row.contact_id for row in answer.rows for email in row.emails}
        done = {
            one.trace_id: by_email.get(one.email) or answer.traces.get(one.trace_id)
            for one in contacts
        }
        return settle(
            [one.trace_id for one in contacts],
            {trace_id: contact_id for trace_id, contact_id in done.items() if contact_id},
            answer.faults,
        )

    def update_contacts(
        self, contacts: Sequence[ContactUpdate], *, permit: bool = True
    ) -> BatchOutcome:
        """Set properties by record id; the outcome is keyed by trace id.

        ``missing`` includes the ids HubSpot does not find (deleted) and those it silently leaves
        out (merged). Raises Rejected for the whole batch, ValueError when an address is among the
        properties or a contact comes twice.
        """
        require_batch(contacts, CONTACT_BATCH)
        require_distinct("trace id", [one.trace_id for one in contacts])
        require_distinct("contact", [one.contact_id for one in contacts])
        if any(one.sets_address for one in contacts):
            raise ValueError("an update never sets a contact's address")
        route = "/crm/objects/{v}/contacts/batch/update"
        body = contact_wire.update_contacts_body(contacts)
        answer = contact_wire.read_contacts(self._call("POST", route, body=body, permit=permit))
        stored = {row.contact_id for row in answer.rows}
        return settle(
            [one.trace_id for one in contacts],
            {one.trace_id: one.contact_id for one in contacts if one.contact_id in stored},
            answer.faults,
            aliases={one.contact_id: one.trace_id for one in contacts},
        )

    # --- app events and workflow callbacks

    def send_app_events(
        self, events: Sequence[AppEvent], *, permit: bool = True
    ) -> Literal["stored", "duplicate"]:
        """Store a batch of app events: all of them, or none.

        ``duplicate`` says that an id of the batch was stored before, so nothing was stored now.
        Raises Rejected (nothing stored) when any event is invalid, Unconfirmed when HubSpot's
        answer holds fewer events than were sent.
        https://developers.hubspot.com/docs/apps/developer-platform/add-features/app-events/send-event-occurrences
        """
        require_batch(events, APP_EVENT_BATCH)
        require_distinct("event id", [f"{one.type_name} {one.event_id}" for one in events])
        route = "/integrators/timeline/{v}/events/batch"
        body = wire.app_events_body(events)
        try:
            stored = wire.count_results(self._call("POST", route, body=body, permit=permit))
        except Rejected as refusal:
            if refusal.status == 409:
                return "duplicate"
            raise
        if stored != len(events):
            raise Unconfirmed(f"HubSpot confirmed {stored or 0} of {len(events)} app events")
        return "stored"

    def complete_callbacks(self, completions: Sequence[CallbackCompletion]) -> None:
        """Let at most ``CALLBACK_BATCH`` blocked workflow actions go on.

        https://developers.hubspot.com/docs/api-reference/latest/automation/workflow-actions/custom-action-reference
        """
        require_batch(completions, CALLBACK_BATCH)
        require_distinct("callback", [one.callback_id for one in completions])
        route = "/automation/actions/callbacks/{v}/complete"
        self._call("POST", route, body=wire.callbacks_body(completions))
