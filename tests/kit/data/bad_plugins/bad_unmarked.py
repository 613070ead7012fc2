"""Forgot the marker."""

from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-unmarked", title="A bad plugin", version="1.0.0")


def on_attendance(attendance, context):
    return None
