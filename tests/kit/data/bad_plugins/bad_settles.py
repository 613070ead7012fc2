"""Fills its settings, which the next plugin's question would find changed."""

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(
        name="bad-settles", title="A bad plugin", version="1.0.0", defaults={"seen": []}
    )


@hookimpl
def on_attendance(attendance, context):
    context.settings["seen"].append("somebody")
    yield PropertyUpdate("score", "1")
