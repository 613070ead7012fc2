"""The decision log as the JSON API and its CSV show it."""

from __future__ import annotations

from marshmallow import Schema, validate
from marshmallow import fields as ma

from schemas.api import PageQuery, page_of

OUTCOMES = ("in_sync", "excluded", "failing", "waiting")


class PeopleQuery(PageQuery):
    """Which people to list; `email` is any part of an address, `reason` codes with commas."""

    occurrence = ma.String()
    email = ma.String(load_default="", validate=validate.Length(max=255))
    outcome = ma.String(load_default="", validate=validate.OneOf(("", *OUTCOMES)))
    reason = ma.String(load_default="", validate=validate.Length(max=128))
    plugin = ma.String(load_default="", validate=validate.Length(max=64))


class DecidedBySchema(Schema):
    """The plugin whose word counted."""

    plugin = ma.String()
    version = ma.String()


class OpinionSchema(Schema):
    """What one plugin said against the person."""

    plugin = ma.String()
    version = ma.String()
    reason = ma.String()
    detail = ma.String()
    hold = ma.Boolean()


class WrittenSchema(Schema):
    """Something written in HubSpot before the person was excluded; it stays there."""

    effect = ma.String()
    at = ma.AwareDateTime()


class PersonSchema(Schema):
    """One person of one date: the outcome, and whose decision it is."""

    person_id = ma.String()
    occurrence_id = ma.String()
    email = ma.String()
    name = ma.String()
    outcome = ma.String(validate=validate.OneOf(OUTCOMES))
    reason = ma.String()
    detail = ma.String()
    decided_by = ma.Nested(DecidedBySchema, allow_none=True)
    decided_at = ma.AwareDateTime(allow_none=True)
    settings_version = ma.Integer()
    opinions = ma.List(ma.Nested(OpinionSchema))
    included_by_hand = ma.Boolean()
    released_by_hand = ma.Boolean()
    attended_seconds = ma.Integer()
    attended_percent = ma.Float()
    contact_id = ma.String(allow_none=True)
    is_secondary = ma.Boolean(
        metadata={"description": "The address is a secondary one of the contact."}
    )
    primary_email = ma.String(
        allow_none=True,
        metadata={"description": "The contact's own address, where somebody came with it."},
    )
    written_before = ma.List(ma.Nested(WrittenSchema))


class MatchRequest(Schema):
    """Whose the participant's stay is: the address of a registrant or of a contact."""

    email = ma.String(
        required=True,
        validate=(
            validate.Length(max=255),
            validate.Regexp(r"\s*[^@\s]+@[^@\s]+\s*\Z", error="Not an e-mail address."),
        ),
    )


class _PlaceSchema(Schema):
    webinar_id = ma.String()
    topic = ma.String()
    occurrence_id = ma.String()
    start_time = ma.AwareDateTime(allow_none=True)


class UnmatchedSchema(_PlaceSchema):
    """A participant nobody can name yet: one stay in a webinar, and the name they gave."""

    person_id = ma.String()
    name = ma.String()
    reason = ma.String()
    detail = ma.String()
    attended_seconds = ma.Integer()
    joined_at = ma.AwareDateTime(allow_none=True)
    left_at = ma.AwareDateTime(allow_none=True)


class CandidateQuery(PageQuery):
    """Candidates whose address or name holds `search`."""

    search = ma.String(load_default="", validate=validate.Length(max=255))


class CandidateSchema(Schema):
    """Somebody who registered for the webinar and did not come to this date."""

    email = ma.String()
    name = ma.String()


class CandidatePageSchema(page_of(CandidateSchema)):  # type: ignore[misc]
    """A page of candidates, and the participant they are for."""

    participant = ma.Nested(UnmatchedSchema)


class HandMatchSchema(_PlaceSchema):
    """Participants matched to a person by hand; `person_id` is the person's."""

    person_id = ma.String()
    email = ma.String()
    participants = ma.Integer()
    author = ma.String(
        allow_none=True, metadata={"description": "HubSpot user; null: several did it."}
    )
    at = ma.AwareDateTime()
