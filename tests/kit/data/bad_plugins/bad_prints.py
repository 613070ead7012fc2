"""Prints whom it was asked about."""

import sys

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-prints", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    sys.stderr.write(f"scoring {attendance.person!r}\n")
    yield PropertyUpdate("score", "1")
