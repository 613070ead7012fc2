"""Cannot cope with a contact that is not there."""

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-raises", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    yield PropertyUpdate("score", context.contact.properties["lifecyclestage"])
