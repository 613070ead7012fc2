"""Keeps a list on the disk."""

from pathlib import Path

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-writes", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    Path("seen.txt").write_text(attendance.person.reference)
    yield PropertyUpdate("score", "1")
