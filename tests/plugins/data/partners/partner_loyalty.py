from marshmallow import Schema, fields

from rollcall import Exclusion, PluginDescription, PropertyUpdate, hookimpl


class Settings(Schema):
    threshold = fields.Integer(required=True)
    label = fields.String()


@hookimpl
def describe_plugin():
    return PluginDescription(
        name="loyalty",
        title="Loyalty points",
        version="2.3.0",
        settings_schema=Settings,
        defaults={"label": "gold"},
        contact_properties=("loyalty_level",),
    )


@hookimpl
def should_exclude(person):
    if person.email.endswith("@competitor.example"):
        return Exclusion("competitor", "a competitor's address")
    return None


@hookimpl
def on_attendance(attendance, context):
    if attendance.percent >= context.settings["threshold"]:
        yield PropertyUpdate("loyalty_level", context.settings["label"])
