"""Takes its time before it is there."""

import time

from rollcall import PluginDescription, hookimpl

time.sleep(60)


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-import", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    return None
