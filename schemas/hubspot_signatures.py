"""Whether a request is HubSpot's: signatures of version 3, 2 and 1 over the raw bytes.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Version = Literal["v3", "v2", "v1"]

LONGEST_AGE = timedelta(minutes=5)
_TIMESTAMP = re.compile(r"[0-9]{1,15}", re.ASCII)
_ENCODED = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
"""The percent-encodings that version 3 undoes before signing; all others stay as they are."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it arrived. ``uri`` is the whole public URL with its query; ``body`` is raw."""

    method: str
    uri: str
    body: bytes
    headers: Mapping[str, str]


def verify(
    secret: str, request: SignedRequest, now: datetime, *, accept: tuple[Version, ...]
) -> Version | None:
    """The version of signature that proves the request to be HubSpot's, or None.

    Only versions in ``accept`` count. Version 3 is decisive where its header is present: a wrong
    one is not saved by an older one that fits. Only version 3 has a time, at most five minutes off.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    if "x-hubspot-signature-v3" in headers:
        fits = "v3" in accept and _is_v3(secret, request, headers, now)
        return "v3" if fits else None
    given = headers.get("x-hubspot-signature", "")
    version = headers.get("x-hubspot-signature-version", "v1").lower()
    if version == "v2" and "v2" in accept:
        fits = _is_same(given, sign_v2(secret, request.method, request.uri, request.body))
        return "v2" if fits else None
    if version == "v1" and "v1" in accept:
        return "v1" if _is_same(given, sign_v1(secret, request.body)) else None
    return None


def _is_v3(secret: str, request: SignedRequest, headers: Mapping[str, str], now: datetime) -> bool:
    timestamp = headers.get("x-hubspot-request-timestamp", "")
    return _TIMESTAMP.fullmatch(timestamp) is not None and verify_v3(
        secret,
        request.method,
        request.uri,
        request.body,
        int(timestamp),
        headers["x-hubspot-signature-v3"],
        now,
    )


def verify_v3(
    secret: str,
    method: str,
    uri: str,
    body: bytes,
    timestamp: int,
    signature: str,
    now: datetime,
) -> bool:
    """Whether a signature of version 3 fits and is at most five minutes old, or ahead.

    ``timestamp`` is in milliseconds; ``uri`` is the whole public URL with its query, as sent.
    """
    off = abs(now.timestamp() * 1000 - timestamp)
    if off > LONGEST_AGE.total_seconds() * 1000:
        return False
    return _is_same(signature, sign_v3(secret, method, uri, body, str(timestamp)))


def sign_v1(secret: str, body: bytes) -> str:
    """Return the hex SHA-256 of secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def sign_v2(secret: str, method: str, uri: str, body: bytes) -> str:
    """Return the hex SHA-256 of secret, method, URI and body."""
    return hashlib.sha256((secret + method + uri).encode() + body).hexdigest()


def sign_v3(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """Return the base64 HMAC of method, decoded URI, body and timestamp (milliseconds)."""
    message = (method + decode_uri(uri)).encode() + body + timestamp.encode()
    return base64.b64encode(hmac.digest(secret.encode(), message, "sha256")).decode()


def decode_uri(uri: str) -> str:
    """Return the URI as version 3 signs it; the question mark before the query is the first one."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), uri)


def _is_same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def public_uri(public_url: str, environ: Mapping[str, object]) -> str:
    """Return the URL a WSGI request was sent to, as the world writes it: byte for byte.

    The host comes from our configuration; the path and query are those of the request line, since
    a decoded and re-encoded path is another one.
    """
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    if "://" in raw.split("?", 1)[0]:
        raw = "/" + raw.split("://", 1)[1].partition("/")[2]
    if not raw:
        query = str(environ.get("QUERY_STRING") or "")
        raw = str(environ.get("PATH_INFO") or "/") + (f"?{query}" if query else "")
    return public_url.rstrip("/") + raw
