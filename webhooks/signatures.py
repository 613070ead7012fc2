"""Whether a delivery is Zoom's, and the answer to its endpoint check.

https://developers.zoom.us/docs/api/webhooks/
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

LONGEST_AGE = timedelta(hours=24)
"""Retries come up to 85 minutes later, and whether they are signed anew is not documented."""
FURTHEST_AHEAD = timedelta(minutes=5)

_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{10}", re.ASCII)
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the ``x-zm-signature`` of a body; ``timestamp`` in seconds."""
    message = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.digest(secret.encode(), message, "sha256").hex()


def find_secret(
    secrets: Sequence[str], signature: str, timestamp: str, body: bytes, now: datetime
) -> str | None:
    """Return the secret a delivery was signed with, None when it was signed with none of them.

    Also None when a header is malformed (two of a kind arrive joined by a comma, and so are), or
    the timestamp is more than a day old or five minutes ahead.
    """
    if not _SIGNATURE.fullmatch(signature) or not _TIMESTAMP.fullmatch(timestamp):
        return None
    age = timedelta(seconds=now.timestamp() - int(timestamp))
    if age > LONGEST_AGE or -age > FURTHEST_AHEAD:
        return None
    # All are compared, so that the time taken does not say which one fits.
    fitting = [one for one in secrets if hmac.compare_digest(sign(one, timestamp, body), signature)]
    return fitting[0] if fitting else None


def answer_validation(secret: str, plain_token: object) -> dict[str, str] | None:
    """Return the answer to ``endpoint.url_validation``, None for a token that is not one.

    The answer is made with the very secret that signs events: a "token" of the form
    ``v0:<timestamp>:<body>`` would have us sign a forged event.
    """
    if not isinstance(plain_token, str) or not _PLAIN_TOKEN.fullmatch(plain_token):
        return None
    proof = hmac.new(secret.encode(), plain_token.encode(), hashlib.sha256).hexdigest()
    return {"plainToken": plain_token, "encryptedToken": proof}
