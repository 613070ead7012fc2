"""How a portal's connections and work fare, as the JSON API shows it."""

from __future__ import annotations

from marshmallow import Schema
from marshmallow import fields as ma

from schemas.api_portal import OutageSchema


class AccountHealthSchema(Schema):
    """One grant: the portal's own in HubSpot, or one of a Zoom account; never its tokens."""

    platform = ma.String()
    account_id = ma.String()
    status = ma.String()
    reduced = ma.Boolean()
    connected_at = ma.AwareDateTime(
        allow_none=True, metadata={"description": "When it was authorised, or ended."}
    )
    renewed_at = ma.AwareDateTime(
        allow_none=True, metadata={"description": "When its tokens were last renewed."}
    )
    not_answering = ma.Nested(OutageSchema, allow_none=True)
    paused_seconds = ma.Float(
        metadata={"description": "It asked to be left alone for so long; 0: it did not."}
    )


class WebhookHealthSchema(Schema):
    """What one account delivered; waiting since `oldest_at`, null when nothing waits."""

    platform = ma.String()
    account_id = ma.String()
    last_at = ma.AwareDateTime(allow_none=True)
    waiting = ma.Integer()
    oldest_at = ma.AwareDateTime(allow_none=True)
    parked = ma.Integer()


class RunsHealthSchema(Schema):
    """Runs that are queued or going on; `put_off` may not go on before `next_at`."""

    open = ma.Integer(attribute="count")
    put_off = ma.Integer()
    next_at = ma.AwareDateTime(allow_none=True)
    oldest_at = ma.AwareDateTime(
        allow_none=True, metadata={"description": "Since when the oldest of the others waits."}
    )


class AlertsHealthSchema(Schema):
    """Dates operators were told are overdue and still are; alerts on their way out."""

    told = ma.Integer()
    waiting = ma.Integer()


class HealthActionSchema(Schema):
    """The button that mends it, or leads there."""

    name = ma.String()
    label = ma.String()


class HealthWarningSchema(Schema):
    """Something that is wrong: what it means and how to mend it."""

    code = ma.String()
    title = ma.String()
    meaning = ma.String()
    remedy = ma.String()
    account_id = ma.String(metadata={"description": "Empty: it concerns them all."})
    action = ma.Nested(HealthActionSchema)


class PortalHealthSchema(Schema):
    """Only of the calling portal; nothing of anybody else's is counted."""

    accounts = ma.List(ma.Nested(AccountHealthSchema))
    webhooks = ma.List(ma.Nested(WebhookHealthSchema))
    runs = ma.Nested(RunsHealthSchema)
    alerts = ma.Nested(AlertsHealthSchema)
    clock_skew_seconds = ma.Float(
        metadata={"description": "By how much our clock is ahead of the database's."}
    )
    warnings = ma.List(ma.Nested(HealthWarningSchema))
