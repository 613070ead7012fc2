"""Asks a server about everybody."""

import socket

from rollcall import PluginDescription, PropertyUpdate, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-network", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    with socket.create_connection(("127.0.0.1", 9), timeout=1):
        yield PropertyUpdate("score", "1")
