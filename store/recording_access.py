"""Whether a recording may still be handed out: asked anew at each use of its link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, RowMapping

from engine.recordings import FileState
from store.connections import hubspot_grant
from store.recording_facts import read_recording
from store.settings import read_settings
from store.switches import why_recordings_off
from store.webinar_facts import find_occurrence, find_webinar

Hindrance = Literal["disconnected", "off", "gone"]


@dataclass(frozen=True, slots=True)
class RecordingAccess:
    """A recording, its Zoom account, and what keeps it from being handed out (None: nothing)."""

    row: RowMapping
    account_id: str
    hindrance: Hindrance | None


def read_access(connection: Connection, recording_pk: int) -> RecordingAccess | None:
    """What stands now about the recording with this key; None when there is none (any more)."""
    stored = read_recording(connection, recording_pk)
    if stored is None or stored.row["occurrence_pk"] is None:
        return None
    place = find_occurrence(connection, stored.row["occurrence_pk"])
    webinar = find_webinar(connection, place["webinar_pk"])
    hindrance = _hindrance(connection, webinar, stored.state.state)
    return RecordingAccess(stored.row, webinar["account_id"], hindrance)


def _hindrance(connection: Connection, webinar: RowMapping, state: FileState) -> Hindrance | None:
    portal_id = webinar["portal_id"]
    grant = hubspot_grant(connection, portal_id)
    if grant is None or grant.status != "connected":
        return "disconnected"
    _, settings = read_settings(connection, portal_id)
    if webinar["is_zoom_events"] or why_recordings_off(connection, webinar, settings) is not None:
        return "off"
    return None if state == "available" else "gone"
