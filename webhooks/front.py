"""Zoom's ordinary deliveries, taken in before Flask is asked; everything else goes on to Flask.

What Flask does around a route (contexts, routing, sessions, hooks) costs more than verifying,
sealing and storing a delivery together; docs/decisions/0017 has the figures. Only what is stored is
answered here: whatever is odd about a request, and every refusal, is left to the route.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from werkzeug.sansio.utils import host_is_trusted

from webhooks.door import LARGEST_BODY, Door, more_headers
from webhooks.signatures import find_secret
from webhooks.zoom import PATH, VALIDATION, describe, read_envelope

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_STATUS_LINES = {204: "204 NO CONTENT", 503: "503 SERVICE UNAVAILABLE"}


class Front:
    """A WSGI application before another one.

    ``hosts`` are the names a request may call us by; ``headers`` go on every answer given here.
    """

    def __init__(
        self,
        application: WSGIApplication,
        door: Door,
        secrets: Sequence[str],
        *,
        hosts: Sequence[str],
        headers: Iterable[tuple[str, str]],
    ) -> None:
        self._application, self._door, self._secrets = application, door, secrets
        self._headers = [("Content-Type", "text/html; charset=utf-8"), *headers]
        # Senders use one name, and strangers should not fill the memory with theirs.
        self._is_trusted = lru_cache(maxsize=16)(lambda host: host_is_trusted(host, hosts))

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer 204 or 503 when it is a delivery of Zoom's, else let the application answer."""
        if environ.get("PATH_INFO") == PATH and self._is_ordinary(environ):
            status = self._take_in(environ)
            if status is not None:
                # Only a 204 is without a body by itself.
                length = [] if status == 204 else [("Content-Length", "0")]
                start(_STATUS_LINES[status], self._headers + more_headers(status) + length)
                return ()
        return self._application(environ, start)

    def _is_ordinary(self, environ: WSGIEnvironment) -> bool:
        length = environ.get("CONTENT_LENGTH") or ""
        return (
            environ["REQUEST_METHOD"] == "POST"
            and length.isascii()
            and length.isdigit()
            and int(length) <= LARGEST_BODY
            and "HTTP_TRANSFER_ENCODING" not in environ
            and self._is_trusted(environ.get("HTTP_HOST"))
        )

    def _take_in(self, environ: WSGIEnvironment) -> int | None:
        """The status of a delivery that was to be stored; None for anything else, body put back."""
        body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        signature = environ.get("HTTP_X_ZM_SIGNATURE", "")
        timestamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
        if find_secret(self._secrets, signature, timestamp, body, self._door.now()) is not None:
            envelope: dict[str, Any] = read_envelope(body)
            if envelope.get("event") != VALIDATION:
                return self._door.keep("zoom", body, identity=body, **describe(envelope))
        environ["wsgi.input"] = io.BytesIO(body)
        return None
