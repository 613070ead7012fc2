"""One contact's webinars as the JSON API shows them."""

from __future__ import annotations

from marshmallow import Schema, validate
from marshmallow import fields as ma

from schemas.api_people import OUTCOMES, WrittenSchema

DATES = ("scheduled", "started", "ended", "cancelled")
REGISTRATIONS = ("approved", "pending", "denied", "cancelled")


class ContactWebinarSchema(Schema):
    """What became of one contact on one date of a webinar, and what was written of it."""

    webinar_id = ma.String()
    topic = ma.String()
    occurrence_id = ma.String(metadata={"description": "`0` for a single webinar."})
    series = ma.Boolean(metadata={"description": "A registration for every date of a series."})
    start_time = ma.AwareDateTime(allow_none=True)
    status = ma.String(validate=validate.OneOf(DATES), metadata={"description": "Of the date."})
    public_url = ma.String(metadata={"description": "The webinar's page at Zoom's, or empty."})
    person_id = ma.String()
    email = ma.String(metadata={"description": "The address the person gave to Zoom."})
    registration = ma.String(allow_none=True, validate=validate.OneOf((*REGISTRATIONS, None)))
    outcome = ma.String(validate=validate.OneOf(OUTCOMES))
    reason = ma.String()
    detail = ma.String()
    attended_seconds = ma.Integer()
    attended_percent = ma.Float()
    provisional = ma.Boolean(
        metadata={"description": "Zoom's attendance is not complete yet, so it may still change."}
    )
    final_at = ma.AwareDateTime(allow_none=True)
    written = ma.List(
        ma.Nested(WrittenSchema), metadata={"description": "What was written in HubSpot, and when."}
    )
    recordings = ma.List(ma.String(), metadata={"description": "Where people watch it, at Zoom's."})
