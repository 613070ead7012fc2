"""Draws lots."""

import random

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-random", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    yield PropertyUpdate("score", str(random.random()))
