from marshmallow import Schema, fields

from rollcall import PluginDescription, hookimpl


class Settings(Schema):
    threshold = fields.Integer(required=True)


@hookimpl
def describe_plugin():
    return PluginDescription(
        name="bad_defaults",
        title="Bad defaults",
        version="1.0.0",
        settings_schema=Settings,
        defaults={"threshold": "many"},
    )


@hookimpl
def on_attendance(attendance):
    return None
