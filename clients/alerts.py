"""Alerts to whoever runs Rollcall: signed POSTs to an address of their choice.

The body is JSON. ``X-Rollcall-Timestamp`` holds Unix seconds, ``X-Rollcall-Signature`` is ``v1=``
and the hex HMAC-SHA256 of ``<timestamp>.<body>`` under the key of :func:`alert_key`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests

from clients.errors import Unavailable
from clients.transport import CONNECT_TIMEOUT, open_session

ANSWER_TIMEOUT = 10.0


def alert_key(secret_key: str) -> str:
    """The key that signs alerts, made from the installation's secret, which receivers never see."""
    return hmac.digest(secret_key.encode(), b"rollcall alerts", hashlib.sha256).hex()


class AlertDoor:
    """Where alerts go. Redirects are not followed."""

    def __init__(self, url: str, key: str, clock: Callable[[], float] = time.time) -> None:
        self._url, self._key, self._clock = url, key, clock
        self._session = open_session()

    def post(self, body: Mapping[str, Any]) -> None:
        """Hand in one alert. Raises Unavailable unless it was taken with a 2xx."""
        raw = json.dumps(body, sort_keys=True).encode()
        stamp = str(int(self._clock()))
        signed = hmac.digest(self._key.encode(), stamp.encode() + b"." + raw, hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "X-Rollcall-Timestamp": stamp,
            "X-Rollcall-Signature": f"v1={signed.hex()}",
        }
        try:
            with self._session.post(
                self._url,
                data=raw,
                headers=headers,
                timeout=(CONNECT_TIMEOUT, ANSWER_TIMEOUT),
                allow_redirects=False,
                stream=True,
            ) as answer:
                status = answer.status_code
        except requests.RequestException as error:
            # The address may carry a secret of its own, so it is not repeated.
            raise Unavailable(f"the alert was not taken: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise Unavailable(f"the alert was not taken: answered {status}")
