"""Waits for something that never comes."""

from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-hangs", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    while attendance.seconds:
        pass
