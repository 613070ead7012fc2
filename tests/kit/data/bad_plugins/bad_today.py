"""Writes the day it is where the server stands."""

from datetime import date

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-today", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    yield PropertyUpdate("seen_on", date.today().isoformat())  # noqa: DTZ011
