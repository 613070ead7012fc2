"""Connection and plugins as the JSON API shows them."""

from __future__ import annotations

from marshmallow import Schema, validate
from marshmallow import fields as ma

from schemas.tenant_settings import SettingsSchema


class VersionedSettings(SettingsSchema):
    """Every setting, and the number of the version in force."""

    version = ma.Integer()


class DomainsSchema(Schema):
    """Domains that suggest themselves for exclusions."""

    hosts = ma.List(ma.String())
    colleagues = ma.List(ma.String())


class OutageSchema(Schema):
    """An account that does not answer: what is to be read or written waits, and is not lost."""

    since = ma.AwareDateTime()
    next_try_at = ma.AwareDateTime()


class HubSpotConnectionSchema(Schema):
    """The grant in HubSpot; `not_answering` is null while it answers."""

    status = ma.String()
    scopes = ma.List(ma.String())
    connected_by = ma.String(metadata={"description": "Who installed Rollcall; empty: not known."})
    connected_at = ma.AwareDateTime(allow_none=True)
    not_answering = ma.Nested(OutageSchema, allow_none=True)


class ZoomConnectionSchema(Schema):
    """One Zoom account; `reduced`: the installer may not read attendance reports.

    `not_answering` is null while it answers. An account that several people connected is listed
    once for each.
    """

    account_id = ma.String()
    status = ma.String()
    scopes = ma.List(ma.String())
    connected_by = ma.String(metadata={"description": "Name or address; empty: not known."})
    connected_at = ma.AwareDateTime()
    business_unit = ma.String()
    reduced = ma.Boolean()
    not_answering = ma.Nested(OutageSchema, allow_none=True)


class BusinessUnitSchema(Schema):
    """The business unit (brand) a Zoom account belongs to."""

    business_unit = ma.String(
        required=True,
        validate=validate.Length(max=64),
        metadata={"description": 'Its name or number in HubSpot; "" is the primary one.'},
    )


class TimelineSchema(Schema):
    """Which kinds of timeline entries the portal has."""

    marketing_events = ma.String(validate=validate.OneOf(("on", "no_scope")))
    app_events = ma.String(validate=validate.OneOf(("on", "off", "no_scope")))


class ConnectionSchema(Schema):
    """What the portal is connected to."""

    portal_id = ma.String()
    hubspot = ma.Nested(HubSpotConnectionSchema)
    zoom = ma.List(ma.Nested(ZoomConnectionSchema))
    timeline = ma.Nested(TimelineSchema)


class HealthSchema(Schema):
    """How the plugin fares in this portal: people it makes wait, and people it failed for.

    A paused plugin is not asked; `why` says what it did, `since` when it was paused.
    `last_failure` is what it did last while it is still asked; empty: nothing.
    """

    state = ma.String(
        validate=validate.OneOf(("healthy", "needs_attention", "paused", "off", "missing"))
    )
    why = ma.String()
    since = ma.AwareDateTime(allow_none=True)
    last_failure = ma.String()
    waiting = ma.Integer()
    failing = ma.Integer()


class PluginSchema(Schema):
    """A plugin, what the portal decided about it, and its form as JSON Schema."""

    name = ma.String()
    title = ma.String()
    version = ma.String()
    summary = ma.String()
    hooks = ma.List(ma.String())
    enabled = ma.Boolean()
    order = ma.Integer(metadata={"description": "Its place among all plugins, from 0."})
    settings = ma.Dict()
    settings_version = ma.Integer(
        metadata={
            "description": "The version of the settings' shape. Settings of an earlier one are"
            " accepted where they name it as `$version`, and migrated."
        }
    )
    settings_problem = ma.String(
        metadata={"description": "Why the stored settings cannot be used; empty: they can."}
    )
    defaults = ma.Dict()
    schema = ma.Dict(allow_none=True)
    health = ma.Nested(HealthSchema)


class PluginProblemSchema(Schema):
    """A plugin that could not be loaded."""

    name = ma.String()
    what = ma.String()
    remedy = ma.String()


class PluginListSchema(Schema):
    """The plugins in the order they are asked, and those that could not be loaded."""

    results = ma.List(ma.Nested(PluginSchema))
    problems = ma.List(ma.Nested(PluginProblemSchema))


class ConsoleLinkSchema(Schema):
    """An address that signs the caller in to the console once."""

    url = ma.String()
    expires_in = ma.Integer(metadata={"description": "Seconds."})
