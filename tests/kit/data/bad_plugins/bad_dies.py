"""Takes the process with it."""

import os

from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-dies", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    os._exit(0)
