"""Logs whom it was asked about."""

import logging

from rollcall import PluginDescription, PropertyUpdate, hookimpl

log = logging.getLogger(__name__)


@hookimpl
def describe_plugin():
    return PluginDescription(name="bad-leaks", title="A bad plugin", version="1.0.0")


@hookimpl
def on_attendance(attendance, context):
    log.info("scoring %s", attendance.person.email)
    yield PropertyUpdate("score", str(attendance.seconds))
