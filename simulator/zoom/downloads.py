"""Recording files and the pages people open: downloads with bearer token and `Range`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from markupsafe import escape
from werkzeug.wrappers import Response as BaseResponse

from simulator.zoom.model import Recording, RecordingFile

if TYPE_CHECKING:
    from simulator.world import World
    from simulator.zoom.state import ZoomState

MEDIA_TYPES = {"MP4": "video/mp4", "M4A": "audio/mp4", "VTT": "text/vtt", "TXT": "text/plain"}


def add_routes(blue: Blueprint, world: World) -> None:
    """Add the file routes to the platform's blueprint."""

    @blue.get("/rec/download/<file_id>")
    @blue.get("/rec/download/<file_id>/<part>")
    def download(file_id: str, part: str = "") -> BaseResponse:
        with world.lock:
            state = world.zoom
            recording, file = state.files.get(file_id, (None, None))
            if recording is None or file is None or recording.state != "available":
                return _page("This recording does not exist.", 404)
            if file.status != "completed" or not _may_download(state, recording):
                # Zoom answers a page instead of media to whoever is not allowed.
                return _page("Sign in to view this recording.", 200)
            root = str(state.switch("download_root"))
            if root:
                seal = state.make_download_token(recording.account_id, 60)
                return redirect(f"{root}/zoom/rec/file/{file.id}?{urlencode({'key': seal})}")
            content = content_of(file)
        return _media(content, file)

    @blue.get("/rec/file/<file_id>")
    def storage(file_id: str) -> BaseResponse:
        # The storage behind the redirect: it takes the key of the link and refuses our header.
        with world.lock:
            state = world.zoom
            recording, file = state.files.get(file_id, (None, None))
            allowed = (
                _is_valid(state, recording, request.args.get("key", "")) if recording else False
            )
            if file is None or not allowed:
                return _page("This link has expired.", 403)
            if "Authorization" in request.headers:
                return _page("Only one way to authenticate is allowed.", 400)
            content = content_of(file)
        return _media(content, file)

    @blue.get("/rec/share/<token>")
    @blue.get("/rec/play/<token>")
    def watch(token: str) -> BaseResponse:
        return _page("A recorded webinar would play here.", 200)

    @blue.get("/webinar/register/<token>")
    def registration_page(token: str) -> BaseResponse:
        with world.lock:
            webinars = [w for w in world.zoom.webinars.values() if w.register_token == token]
        if not webinars:
            return _page("This webinar does not exist.", 404)
        return _page(f"Register for {webinars[0].topic}", 200)

    @blue.get("/j/<webinar_id>")
    @blue.get("/w/<webinar_id>")
    def join_page(webinar_id: str) -> BaseResponse:
        return _page("The webinar would open here.", 200)


def content_of(file: RecordingFile) -> bytes:
    """The bytes of a file; made up from its id where none were given."""
    if file.content:
        return file.content
    seed = (file.id + "\n").encode()
    return (seed * (file.size // len(seed) + 1))[: file.size]


def _may_download(state: ZoomState, recording: Recording) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    access = state.grants.find_access(token)
    if access is not None:
        lives = state.now() < access.expires_at
        return lives and access.grant.account_id == recording.account_id
    return _is_valid(state, recording, token)


def _is_valid(state: ZoomState, recording: Recording, token: str) -> bool:
    account_id, expires_at = state.download_tokens.get(token, ("", state.now()))
    return account_id == recording.account_id and state.now() < expires_at


def _media(content: bytes, file: RecordingFile) -> Response:
    answer = Response(content, mimetype=MEDIA_TYPES.get(file.extension, "application/octet-stream"))
    answer.set_etag(file.id)
    answer.make_conditional(request, accept_ranges=True, complete_length=len(content))
    return answer


def _page(text: str, status: int) -> Response:
    return Response(f"<!doctype html><title>Zoom</title><p>{escape(text)}</p>", status)
