"""HubSpot's webhook bodies, after their signature was checked: what happened to contacts.

A body is a list of up to 100 events, in no order, each at least once.
https://developers.hubspot.com/docs/apps/developer-platform/add-features/configure-webhooks
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import ValidationError, fields

from rollcall.errors import Permanent
from schemas.base import Text, ValueSchema, describe_fault, keepable

Happening = Literal["deleted", "restored", "erased", "merged", "address_changed"]

_CONTACT_TYPE_ID = "0-1"
_HAPPENINGS: dict[str, Happening] = {
    "deletion": "deleted",
    "restore": "restored",
    "privacyDeletion": "erased",
    "merge": "merged",
    "propertyChange": "address_changed",
}
_ADDRESSES = ("email", "hs_additional_emails")


class UnreadableDelivery(Permanent):
    """A body that is no list of HubSpot events, or an event about a contact without its id."""


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """Something happened to a contact.

    ``contact_ids`` are all ids it is or was known by, the one that stands for it now first: a merge
    names the survivor (which may be a new contact) and the contacts that went into it.
    """

    portal_id: str
    happening: Happening
    contact_ids: tuple[str, ...]


class _Ids(fields.Field[Any]):
    """A list of ids as text; absent is empty."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        listed = value if isinstance(value, list) else [value]
        texts = [keepable(str(one)) for one in listed if isinstance(one, (int, str))]
        return [text for text in texts if text]


class _EventSchema(ValueSchema):
    portal_id = Text(data_key="portalId", required=True)
    contact_id = Text(data_key="objectId", required=True)
    primary_id = Text(data_key="primaryObjectId")
    new_id = Text(data_key="newObjectId")
    merged_ids = _Ids(data_key="mergedObjectIds", load_default=list, allow_none=True)


_EVENT = _EventSchema()


def parse_contact_events(body: bytes) -> list[ContactEvent]:
    """The events about contacts; those about anything else are left out.

    Raises UnreadableDelivery when the body is no list of events, or one of these has no id.
    """
    try:
        listed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableDelivery("a delivery from HubSpot that is not JSON") from error
    events = listed if isinstance(listed, list) else [listed]
    if not all(isinstance(event, dict) for event in events):
        raise UnreadableDelivery("a delivery from HubSpot that is no list of events")
    return [
        _read(event, happening)
        for event in events
        if (happening := _happening_of(event)) is not None
    ]


def _happening_of(event: dict[str, Any]) -> Happening | None:
    """What it tells about a contact; None for anything else."""
    subject, _, verb = str(event.get("subscriptionType") or "").partition(".")
    is_contact = subject == "contact" or (
        subject == "object" and event.get("objectTypeId") == _CONTACT_TYPE_ID
    )
    happening = _HAPPENINGS.get(verb) if is_contact else None
    if happening == "address_changed" and event.get("propertyName") not in _ADDRESSES:
        return None
    return happening


def _read(event: dict[str, Any], happening: Happening) -> ContactEvent:
    try:
        values = _EVENT.load(event)
    except ValidationError as error:
        raise UnreadableDelivery(
            f"an event from HubSpot that cannot be read ({describe_fault(error)})"
        ) from error
    ids = [values["contact_id"]]
    if happening == "merged":
        ids = [values["new_id"] or values["primary_id"] or values["contact_id"], *ids]
        ids += [values["primary_id"], *(values["merged_ids"] or ())]
    return ContactEvent(
        values["portal_id"], happening, tuple(dict.fromkeys(one for one in ids if one))
    )
