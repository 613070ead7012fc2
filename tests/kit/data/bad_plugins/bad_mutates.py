"""Rounds the percent where everybody sees it."""

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-mutates", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    object.__setattr__(attendance, "percent", round(attendance.percent))
    yield PropertyUpdate("score", str(attendance.percent))
