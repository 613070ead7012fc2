"""Takes its time."""

import time

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-slow", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    time.sleep(0.12)
    yield PropertyUpdate("score", str(attendance.seconds))
