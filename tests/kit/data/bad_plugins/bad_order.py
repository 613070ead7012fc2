"""Counts whom it was asked about."""

from rollcall import PluginDescription, PropertyUpdate, hookimpl

asked = []


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-order", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    asked.append(attendance.person.reference)
    yield PropertyUpdate("score", str(len(asked)))
