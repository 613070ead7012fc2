"""Has another program do the sum."""

import subprocess

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-spawns", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    yield PropertyUpdate("score", subprocess.check_output(["expr", "1", "+", "1"], text=True))
