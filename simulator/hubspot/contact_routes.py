"""Single contacts: read, write, list, search, merge, erase.

https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide
"""

from __future__ import annotations

from simulator.hubspot.contact_batches import READ, WRITE, checked_values
from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints
from simulator.hubspot.errors import refuse
from simulator.hubspot.models import Record
from simulator.hubspot.record_wire import (
    find_contact,
    lag_of,
    record_body,
    requested_properties,
    written_body,
)
from simulator.hubspot.search import MOST_PER_PAGE, search_records
from simulator.hubspot.wire import page_of

BASE, OLD = "/crm/objects/{V}/contacts", "/crm/v3/objects/contacts"


def add_contact_routes(endpoints: Endpoints) -> None:
    """Routes of single contacts and of search."""
    add, one = endpoints.add, "/<contact_id>"
    add("GET", BASE, OLD, scopes=READ)(list_contacts)
    add("POST", BASE, OLD, scopes=WRITE, write=True)(create)
    add("GET", BASE + one, OLD + one, scopes=READ)(read)
    add("PATCH", BASE + one, OLD + one, scopes=WRITE, write=True)(update)
    add("DELETE", BASE + one, OLD + one, scopes=WRITE, write=True)(archive)
    add("POST", BASE + "/search", OLD + "/search", scopes=READ, limit="hubspot.search")(search)
    add("POST", BASE + "/merge", OLD + "/merge", scopes=WRITE, write=True)(merge)
    add("POST", BASE + "/gdpr-delete", OLD + "/gdpr-delete", scopes=WRITE, write=True)(erase)


def list_contacts(call: ApiCall) -> Answer:
    """A page of contacts, oldest first."""
    archived = call.flag("archived")
    contacts = call.portal.contacts.archived() if archived else call.portal.contacts.live()
    limit = call.limit(10, 100)
    page, frame = page_of(contacts, limit, call.arg("after"))
    wanted = call.arg_list("properties")
    return {
        "results": [record_body(call, record, "contacts", wanted) for record in page],
        **frame,
    }, 200


def read(call: ApiCall, contact_id: str) -> Answer:
    """One contact."""
    record = _need(call, contact_id, archived=call.flag("archived"))
    wanted = call.arg_list("properties")
    return record_body(call, record, "contacts", wanted), 200


def create(call: ApiCall) -> Answer:
    """One new contact."""
    values = checked_values(call, call.body, None)
    record = call.portal.contacts.create(values, "INTEGRATION")
    return written_body(call, record, "contacts", list(values)), 201


def update(call: ApiCall, contact_id: str) -> Answer:
    """One changed contact."""
    record = _need(call, contact_id)
    values = checked_values(call, call.body, record)
    call.portal.contacts.update(record, values, "INTEGRATION", lag_of(call))
    return written_body(call, record, "contacts", list(values)), 200


def archive(call: ApiCall, contact_id: str) -> Answer:
    """Delete one contact."""
    record = find_contact(call, contact_id, "hs_object_id", archived=False)
    if record is not None:
        call.world.hubspot.delete_contact(call.portal, record, "INTEGRATION")
    return None, 204


def search(call: ApiCall) -> Answer:
    """Contacts that satisfy filters, as the index knows them; archived ones never."""
    return search_answer(call, "contacts")


def search_answer(call: ApiCall, object_type: str) -> Answer:
    """A page of search results of any object type."""
    limit = int(call.body.get("limit") or 10)
    if limit > MOST_PER_PAGE:
        raise refuse(400, "VALIDATION_ERROR", f"limit must not be over {MOST_PER_PAGE}")
    store = call.portal.store_of(object_type)
    assert store is not None
    hits = search_records(store.indexed(lag_of(call)), call.body)
    page, frame = page_of(hits, limit, str(call.body.get("after") or ""), with_total=True)
    wanted = requested_properties(call.body.get("properties"))
    return {
        **frame,
        "results": [record_body(call, record, object_type, wanted) for record in page],
    }, 200


def merge(call: ApiCall) -> Answer:
    """Join two contacts."""
    primary = _need(call, str(call.body.get("primaryObjectId", "")))
    other = _need(call, str(call.body.get("objectIdToMerge", "")))
    if primary is other:
        raise refuse(400, "VALIDATION_ERROR", "Cannot merge a contact with itself")
    survivor = call.world.hubspot.merge_contacts(call.portal, primary, other, "INTEGRATION")
    return written_body(call, survivor, "contacts", []), 200


def erase(call: ApiCall) -> Answer:
    """Privacy-delete one contact."""
    id_property = str(call.body.get("idProperty") or "hs_object_id")
    record = find_contact(call, str(call.body.get("objectId", "")), id_property, archived=False)
    if record is not None:
        call.world.hubspot.erase_contact(call.portal, record, "INTEGRATION")
    return None, 204


def _need(call: ApiCall, contact_id: str, *, archived: bool = False) -> Record:
    id_property = call.arg("idProperty") or "hs_object_id"
    record = find_contact(call, contact_id, id_property, archived=archived)
    if record is None:
        raise refuse(404, "OBJECT_NOT_FOUND", "resource not found", context={"id": [contact_id]})
    return record
