"""Asks who it is before it is asked anything."""

import contextlib
import socket

from rollcall import PluginDescription, hookimpl

with contextlib.suppress(OSError):
    socket.getaddrinfo("localhost", 80)


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-asks", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    return None
