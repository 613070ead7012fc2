"""The shape of request bodies: what each key may hold, checked before a route looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.hubspot.errors import refuse

OBJECTS = "a list of objects"
OBJECT = "an object"
NUMBER = "a number"
TEXT_OR_NUMBER = "text or a number"
TEXT = "text"

SHAPES: Mapping[str, str] = {
    "associations": OBJECTS,
    "associationTypeId": NUMBER,
    "customProperties": OBJECTS,
    "contactProperties": OBJECT,
    "email": TEXT,
    "endDateTime": TEXT_OR_NUMBER,
    "externalAccountId": TEXT,
    "externalEventId": TEXT,
    "eventName": TEXT,
    "eventOrganizer": TEXT,
    "filterGroups": OBJECTS,
    "filters": OBJECTS,
    "from": OBJECT,
    "id": TEXT_OR_NUMBER,
    "idProperty": TEXT,
    "inputs": OBJECTS,
    "limit": NUMBER,
    "name": TEXT,
    "options": OBJECTS,
    "outputFields": OBJECT,
    "speaker": OBJECT,
    "startDateTime": TEXT_OR_NUMBER,
    "transcriptCreateUtterances": OBJECTS,
    "types": OBJECTS,
    "vid": NUMBER,
}
FREE = {"properties", "contactProperties", "outputFields", "extraData", "typedOutputs"}
"""Keys whose contents are the caller's own."""


def check_shapes(body: Mapping[str, Any]) -> None:
    """Raise 400 naming the first key that holds something else than it may."""
    for key, value in body.items():
        expected = SHAPES.get(key)
        if value is not None and expected is not None and not _is(value, expected):
            raise refuse(400, "VALIDATION_ERROR", f"Invalid input JSON: {key} must be {expected}")
        if key in FREE:
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                check_shapes(part)


def _is(value: Any, expected: str) -> bool:
    if isinstance(value, bool):
        return False
    if expected == OBJECTS:
        return isinstance(value, list) and all(isinstance(part, dict) for part in value)
    kinds: dict[str, tuple[type, ...]] = {
        OBJECT: (dict,),
        NUMBER: (int,),
        TEXT: (str,),
        TEXT_OR_NUMBER: (str, int),
    }
    return isinstance(value, kinds[expected])
