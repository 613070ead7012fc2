"""Returns a dictionary."""

from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-wrong-type", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    return [{"property": "score", "value": attendance.seconds}]
