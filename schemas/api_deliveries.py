"""Stored deliveries as the JSON API shows them, and which of them a call is about."""

from __future__ import annotations

from datetime import UTC, datetime

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow import fields as ma

from schemas.api import PageQuery

_STATES = ("new", "done", "ignored", "dead")
_MOMENTS = validate.Range(datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def _state() -> ma.String:
    return ma.String(
        validate=validate.OneOf(_STATES),
        metadata={
            "description": "`new`: waits to be merged. `done`: merged. `ignored`: concerns nothing "
            "of this account. `dead`: parked."
        },
    )


def _event() -> ma.String:
    return ma.String(metadata={"description": "The platform's name of it, e.g. `webinar.ended`."})


def _since() -> ma.AwareDateTime:
    return ma.AwareDateTime(
        validate=_MOMENTS, metadata={"description": "Arrived then or later; with a time zone."}
    )


class DeliveryQuery(PageQuery):
    """Which deliveries to list; all of them when nothing is said."""

    state = _state()
    event = _event()
    since = _since()


class DeliveryFilter(Schema):
    """Which deliveries to merge again."""

    state = _state()
    event = _event()
    since = _since()

    @validates_schema
    def _say_which(self, values: dict[str, object], **_: object) -> None:
        if not values:
            raise ValidationError("Say which: a state, an event, or since when.", "state")


class DeadLetterSchema(Schema):
    """A parked delivery; its body is never shown."""

    id = ma.String()
    source = ma.String()
    event = ma.String()
    received_at = ma.AwareDateTime()
    attempts = ma.Integer()
    error = ma.String(
        metadata={"description": "What happened, and what somebody can do, in a sentence."}
    )


class DeliverySchema(DeadLetterSchema):
    """A stored delivery; its body is never shown."""

    state = _state()
    replayable = ma.Boolean(
        attribute="is_kept",
        metadata={"description": "False once what it said was forgotten: it stays as it is."},
    )


class ReplayedSchema(Schema):
    """What a replay of many came to."""

    replayed = ma.Integer(metadata={"description": "Deliveries that are merged again."})
