"""How HubSpot signs what it sends.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_DECODED = {"3A": ":", "2F": "/", "3F": "?", "40": "@", "21": "!", "24": "$", "27": "'"}
_DECODED |= {"28": "(", "29": ")", "2A": "*", "2C": ",", "3B": ";"}


def decode_for_v3(uri: str) -> str:
    """The URI with the few percent-encodings that version 3 undoes, and no others."""
    return re.sub("%([0-9A-Fa-f]{2})", lambda hit: _DECODED.get(hit[1].upper(), hit[0]), uri)


def sign_v1(secret: str, body: bytes) -> str:
    """Hex SHA-256 of secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def sign_v2(secret: str, method: str, uri: str, body: bytes) -> str:
    """Hex SHA-256 of secret, method, URI and body."""
    return hashlib.sha256(secret.encode() + (method + uri).encode() + body).hexdigest()


def sign_v3(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """Base64 HMAC-SHA-256 of method, URI, body and timestamp (milliseconds as text)."""
    signed = (method + decode_for_v3(uri)).encode() + body + timestamp.encode()
    return base64.b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()


def v3_headers(secret: str, method: str, uri: str, body: bytes, timestamp: int) -> dict[str, str]:
    """The two headers of a version 3 signature; `timestamp` in milliseconds."""
    return {
        "X-HubSpot-Signature-v3": sign_v3(secret, method, uri, body, str(timestamp)),
        "X-HubSpot-Request-Timestamp": str(timestamp),
    }
