"""One person as the JSON API shows them: all that is known in one webinar, or every webinar."""

from __future__ import annotations

from marshmallow import Schema, validate
from marshmallow import fields as ma

from schemas.api import PageQuery
from schemas.api_people import DecidedBySchema, OpinionSchema, PersonSchema


class PeopleEverywhereQuery(PageQuery):
    """Whose address holds `email`, in every webinar."""

    email = ma.String(
        required=True,
        validate=validate.Length(min=1, max=255),
        metadata={"description": "An address, or any part of one."},
    )


class FoundPersonSchema(PersonSchema):
    """One person of one date, with the webinar it is of."""

    webinar_id = ma.String()
    topic = ma.String()
    start_time = ma.AwareDateTime(allow_none=True)


class DecisionSchema(Schema):
    """One decision about the person; `by_hand`: somebody's, and `entries` say whose."""

    at = ma.AwareDateTime()
    verdict = ma.String(validate=validate.OneOf(("sync", "excluded", "held", "by_hand")))
    reason = ma.String()
    detail = ma.String()
    decided_by = ma.Nested(DecidedBySchema, allow_none=True)
    settings_version = ma.Integer()
    opinions = ma.List(ma.Nested(OpinionSchema))
    entries = ma.List(ma.String(), metadata={"description": "What plugins wrote for the log."})


class StaySchema(Schema):
    """From when to when; `left_at` is null where Zoom gave none."""

    joined_at = ma.AwareDateTime()
    left_at = ma.AwareDateTime(allow_none=True)


class PersonSessionSchema(Schema):
    """One session in Zoom, and when the person was in it."""

    uuid = ma.String()
    start_time = ma.AwareDateTime(allow_none=True)
    end_time = ma.AwareDateTime(allow_none=True)
    stays = ma.List(ma.Nested(StaySchema))


class EffectSchema(Schema):
    """Something wanted or written in HubSpot for the person."""

    effect = ma.String()
    state = ma.String(
        metadata={
            "description": "`planned`, `sending`, `applied`, `unconfirmed`, `rejected`,"
            " `cannot_change` or `withdrawn`."
        }
    )
    at = ma.AwareDateTime(allow_none=True, metadata={"description": "When HubSpot took it."})
    error = ma.String(metadata={"description": "HubSpot's words, where it refused."})
    plugin = ma.String()


class PersonChangeSchema(Schema):
    """One change a run made about the person."""

    at = ma.AwareDateTime()
    run_id = ma.String()
    effect = ma.String()
    property = ma.String(allow_none=True)
    before = ma.String(allow_none=True)
    after = ma.String(allow_none=True)


DEEDS = ("include", "retry", "release", "match", "unmatch")


class PersonDetailSchema(PersonSchema):
    """All that is known about one person of one date."""

    registration = ma.String(
        allow_none=True,
        metadata={"description": "`approved`, `pending`, `denied`, `cancelled`; null: none."},
    )
    registered_at = ma.AwareDateTime(allow_none=True)
    cancelled_at = ma.AwareDateTime(allow_none=True)
    joined_at = ma.AwareDateTime(allow_none=True)
    left_at = ma.AwareDateTime(allow_none=True)
    plugin_failure = ma.String()
    history = ma.List(ma.Nested(DecisionSchema), metadata={"description": "Newest first."})
    sessions = ma.List(ma.Nested(PersonSessionSchema))
    effects = ma.List(ma.Nested(EffectSchema))
    changes = ma.List(ma.Nested(PersonChangeSchema), metadata={"description": "Newest first."})
    deeds = ma.List(
        ma.String(validate=validate.OneOf(DEEDS)),
        metadata={"description": "What can be decided by hand: calls below the person."},
    )
