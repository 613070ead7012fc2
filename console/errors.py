"""Every error as a page a person can read, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, flash, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from console.blueprint import HOME, is_fragment
from oauth.notices import Notice
from rollcall.errors import Retryable, RollcallError

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

_TEXTS = {
    400: ("This request cannot be read", "The address or something in it is not as it should be."),
    404: ("There is no such page", "It may have been moved, or the address is incomplete."),
    405: ("This page takes no such request", "Go back and use the button or the link again."),
    413: ("That is too much", "What was sent is larger than Rollcall accepts."),
    429: (
        "Too many attempts",
        "Links or codes that are not good came from where you are. Wait a minute, then try again.",
    ),
    500: (
        "Something went wrong on our side",
        "It has been noted. Syncing goes on by itself; try this page again in a minute.",
    ),
}
_OTHER = ("This did not work", "Go back and try again.")


def show_errors(app: Flask, answer_api: Callable[[HTTPException], Any]) -> None:
    """Answer errors with pages; those of ``/api/`` go to ``answer_api``."""

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        if request.path.startswith("/api/"):
            return answer_api(error)
        if error.response is not None or request.path.startswith("/webhooks/"):
            return error
        status = error.code or 500
        title, text = _TEXTS.get(status, _OTHER)
        refused = refusal_of(error)
        if refused:
            return show_refusal(refused, status)
        page = render_template(
            "notice.html", title=title, text=text, link="/", link_text="Back to Rollcall"
        )
        answer = Response(page, status)
        for name, value in error.get_headers():
            if name.lower() not in ("content-type", "content-length"):
                answer.headers[name] = value
        return answer

    @app.errorhandler(RollcallError)
    def stopped(error: RollcallError) -> Any:
        return show_refusal(str(error), 503 if isinstance(error, Retryable) else 409)

    @app.errorhandler(Notice)
    def notice(error: Notice) -> tuple[str, int]:
        page = render_template(
            "notice.html",
            title=error.title,
            text=error.text,
            link=error.link,
            link_text=error.link_text,
        )
        return page, error.status


def refusal_of(error: HTTPException) -> str:
    """What the API said when it refused: its message and what it named; empty for other errors."""
    given: dict[str, Any] = getattr(error, "data", None) or {}
    return " ".join([given.get("message", ""), *map(str, given.get("errors", []))]).strip()


def show_refusal(text: str, status: int) -> Any:
    """Say why not: within the open page, else back on the page of the form, else on one of its own.

    A browser that came from one of our pages by a form is sent back there and reads it on top.
    """
    if is_fragment():
        return Response(text, status, mimetype="text/plain")
    came_from = urlsplit(request.referrer or "")
    is_ours = came_from.netloc == request.host and came_from.path.startswith(HOME)
    if request.method == "POST" and is_ours:
        flash(text, "error")
        query = f"?{came_from.query}" if came_from.query else ""
        return redirect(f"{came_from.path}{query}", 303)
    page = render_template(
        "notice.html", title="This was not done", text=text, link=HOME, link_text="Back to Rollcall"
    )
    return page, status


def protecting_headers(*, is_https: bool) -> list[tuple[str, str]]:
    """What protects a browser, for every answer that leads nowhere else and may not be kept."""
    headers = [
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", PERMISSIONS),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ]
    return headers + ([("Strict-Transport-Security", "max-age=31536000")] if is_https else [])


_CUTTING_OFF = ("x-frame-options", "cross-origin-opener-policy")


def add_headers(app: Flask, *, is_https: bool) -> None:
    """Put the headers that protect a browser on every answer, errors included."""
    every = [(name.lower(), name, value) for name, value in protecting_headers(is_https=is_https)]

    @app.after_request
    def protect(response: Response) -> Response:
        # One look at what is there: asking header by header costs four times as much.
        left_out = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - pairs
        if _leads_away(response):
            left_out.update(_CUTTING_OFF)
        if request.endpoint == "console.static":
            left_out.add("cache-control")
        response.headers.extend(
            [(name, value) for key, name, value in every if key not in left_out]
        )
        return response


def _leads_away(response: Response) -> bool:
    """Whether the answer only sends the browser to another site.

    HubSpot installs in a frame or a popup of its own, which either header would cut off from it on
    the way through.
    https://developers.hubspot.com/docs/apps/developer-platform/list-apps/listing-your-app/overview
    """
    if not 300 <= response.status_code < 400:
        return False
    return bool(urlsplit(response.headers.get("Location", "")).netloc)
