"""GET /recordings/<signed>: a recording to play without signing in to Zoom, streamed as it comes.

The link stands in a call record for as long as that exists. So it holds no permission of its own:
at each use the recording, the switches and both connections have to stand. Zoom's token stays here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from threading import BoundedSemaphore
from typing import Literal

import structlog
from flask import Blueprint, Request, Response, request

from clients.downloads import Download
from clients.errors import NotFound
from clients.zoom import Zoom
from engine.recordings import MEDIA_TYPES
from oauth.access import Access
from oauth.notices import Notice
from rollcall.errors import NeedsAttention, Permanent, Retryable
from schemas.recording_links import RecordingLinks, read_recording_pk
from schemas.zoom_reports import RecordingFileRow
from store.database import reading
from store.recording_access import RecordingAccess, read_access

AT_ONCE = 6
"""Streams of one process: each keeps one of its threads as long as somebody listens."""
PERMIT_WAIT = 3.0
POLICY = "default-src 'none'; media-src 'self'"
_ONE_RANGE = re.compile(r"bytes=(?:[0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})", re.ASCII)
_MEDIA = re.compile(r"(?:audio|video)/[\w.+-]+", re.ASCII)
_PASSED_ON = ("Content-Length", "Content-Range")

Answer = Literal["unknown", "gone", "off", "disconnected", "busy"]

_ANSWERS: Mapping[Answer, tuple[int, str, str]] = {
    "unknown": (
        404,
        "There is no such recording",
        "The link is incomplete, or what it led to is gone.",
    ),
    "gone": (410, "This recording is gone", "It was deleted in Zoom, or lies in Zoom's trash."),
    "off": (
        403,
        "This recording is not shared",
        "Recordings of this webinar are switched off in Rollcall.",
    ),
    "disconnected": (
        403,
        "This recording cannot be fetched",
        "HubSpot or Zoom is not connected. Somebody has to connect it again in Rollcall.",
    ),
    "busy": (
        503,
        "Not just now",
        "Zoom or Rollcall is busy. Try the link again in a minute.",
    ),
}

log = structlog.get_logger(__name__)


def blueprint(access: Access, links: RecordingLinks) -> Blueprint:
    """The route that HubSpot's player and browsers follow a link to."""
    routes = Blueprint("recordings", __name__)
    places = BoundedSemaphore(AT_ONCE)

    @routes.get("/recordings/<signed>")
    def play(signed: str) -> Response:
        allowed = _require_access(access, links, signed)
        if not places.acquire(blocking=False):
            raise _refusal("busy")
        try:
            download = _open(access, allowed, wanted_range(request))
        except BaseException:
            places.release()
            raise
        return _stream(download, places)

    return routes


def _refusal(answer: Answer) -> Notice:
    status, title, text = _ANSWERS[answer]
    return Notice(title, text, status=status)


def _require_access(access: Access, links: RecordingLinks, signed: str) -> RecordingAccess:
    """What the link leads to. Raises the notice that says why it leads nowhere."""
    recording_pk = read_recording_pk(signed)
    if recording_pk is None:
        raise _refusal("unknown")
    with reading(access.engine) as connection:
        found = read_access(connection, recording_pk)
    if found is None:
        raise _refusal("unknown")
    row = found.row
    if not links.is_genuine(signed, row["id"], row["portal_id"], row["uuid"]):
        raise _refusal("unknown")
    if found.hindrance is not None:
        raise _refusal(found.hindrance)
    return found


def wanted_range(asked: Request) -> str:
    """The one range that was asked for, "" for all of it.

    Several at once are answered with all, as is a range that depends on a version: we name none.
    """
    given = asked.headers.get("Range", "").replace(" ", "")
    return given if _ONE_RANGE.fullmatch(given) and "If-Range" not in asked.headers else ""


def _open(access: Access, allowed: RecordingAccess, byte_range: str) -> Download:
    portal_id = allowed.row["portal_id"]
    try:
        # Listeners come after the sync: they take what is left of Zoom's limit.
        zoom = access.zoom(portal_id, allowed.account_id, "bulk", max_wait=PERMIT_WAIT)
        return _open_file(zoom, allowed.row["uuid"], byte_range)
    except NotFound:
        raise _refusal("gone") from None
    except Retryable as error:
        log.warning("recording_not_served", portal=portal_id, why=str(error))
        raise _refusal("busy") from None
    except (NeedsAttention, Permanent) as error:
        log.warning("recording_not_served", portal=portal_id, why=str(error))
        raise _refusal("disconnected") from None


def _open_file(zoom: Zoom, uuid: str, byte_range: str) -> Download:
    file = choose_file(zoom.recordings(uuid).files)
    if file is None:
        raise NotFound("the recording has no file to play")
    return zoom.download(file.download_url, byte_range)


def choose_file(files: Iterable[RecordingFileRow]) -> RecordingFileRow | None:
    """The file to play: the sound alone where there is one, since a call record plays sound."""
    media = [
        file for file in files if file.file_type in MEDIA_TYPES and file.status in ("completed", "")
    ]
    return min(media, key=_rank, default=None)


def _rank(file: RecordingFileRow) -> tuple[bool, str]:
    return file.file_type != "M4A", file.started_at.isoformat() if file.started_at else ""


def _stream(download: Download, places: BoundedSemaphore) -> Response:
    kind = download.headers.get("Content-Type", "")
    response = Response(
        _chunks(download),
        download.status,
        mimetype=kind if _MEDIA.fullmatch(kind) else "application/octet-stream",
    )
    for name in _PASSED_ON:
        if name in download.headers:
            response.headers[name] = download.headers[name]
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-store"
    response.call_on_close(download.close)
    response.call_on_close(places.release)
    return response


def _chunks(download: Download) -> Iterator[bytes]:
    """The bytes; a file that breaks off ends short of its length, so that the player notices."""
    try:
        yield from download.chunks()
    except Retryable as error:
        log.warning("recording_broke_off", why=str(error))
