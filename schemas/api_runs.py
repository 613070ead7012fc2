"""One run looked at closely, as the JSON API shows it: its source, and what fails by cause."""

from __future__ import annotations

from marshmallow import Schema, validate
from marshmallow import fields as ma

from schemas.api_webinars import RunSchema


class RunSourceSchema(Schema):
    """What Zoom said of the run's dates; `people` is Zoom's own figure, null before it is known."""

    people = ma.Integer(allow_none=True)
    report_rows = ma.Integer(
        metadata={"description": "Rows of the attendance reports: one for each time somebody came."}
    )
    read_at = ma.AwareDateTime(
        allow_none=True, metadata={"description": "When the last complete read began."}
    )
    read_by_run = ma.Boolean(metadata={"description": "Whether this run read all of them."})


class RunDetailSchema(RunSchema):
    """One run over one or more dates of a webinar, with what it came from."""

    source = ma.Nested(RunSourceSchema)
    settings = ma.Dict(
        keys=ma.String(),
        metadata={"description": "The settings a dry run tries out; empty for those in force."},
    )
    previous = ma.String(
        allow_none=True, metadata={"description": "The run of the webinar before this one."}
    )


class FailingSampleSchema(Schema):
    """Somebody who fails, as an example."""

    person_id = ma.String()
    occurrence_id = ma.String()
    email = ma.String()
    name = ma.String()
    detail = ma.String()


class FailureCauseSchema(Schema):
    """Failing people of the run's dates who fail for the same cause; at most 3 are named."""

    cause = ma.String(metadata={"description": "Give it to `retry` to try all of them again."})
    reason = ma.String()
    message = ma.String(metadata={"description": "What HubSpot or the plugin said of the first."})
    people = ma.Integer()
    samples = ma.List(ma.Nested(FailingSampleSchema))


class RetryRequest(Schema):
    """Who is tried again; nothing given: everybody who fails."""

    cause = ma.String(load_default="", validate=validate.Length(max=64))


class DecidedUnderSchema(Schema):
    """People whose last decision was made under a version of the settings."""

    version = ma.Integer()
    people = ma.Integer()


class PluginChangeSchema(Schema):
    """A plugin that is another now than when it decided or wrote something of the webinar."""

    name = ma.String()
    title = ma.String()
    version = ma.String(
        allow_none=True, metadata={"description": "Null: it is not there any more."}
    )
    before = ma.List(ma.String())


class WrittenKindSchema(Schema):
    """What HubSpot holds of people who are excluded now; `withdrawable`: it can be taken back."""

    kind = ma.String()
    count = ma.Integer()
    withdrawable = ma.Boolean()


class ReplayFactsSchema(Schema):
    """What has changed since the webinar's people were decided upon, as far as is stored."""

    settings_version = ma.Integer()
    decided_under = ma.List(ma.Nested(DecidedUnderSchema))
    changed_settings = ma.List(
        ma.String(),
        metadata={"description": "Settings that differ from the oldest version people are under."},
    )
    changed_plugins = ma.List(ma.Nested(PluginChangeSchema))
    written_for_excluded = ma.List(ma.Nested(WrittenKindSchema))
