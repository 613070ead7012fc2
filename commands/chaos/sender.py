"""A sender of numbered webhooks, signed as Zoom signs, that remembers what it was answered."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from contextlib import suppress
from pathlib import Path

import requests

PAUSE = 0.05


class Sender:
    """Sends numbers until they are answered 2xx. Its file is open while the block lasts.

    ``answer_seconds`` has how long each 2xx took; ``repeated`` counts what was sent again.
    """

    def __init__(self, url: str, secret: str, path: Path, patience: float) -> None:
        self._url, self._secret, self._path, self._patience = url, secret, path, patience
        self.answer_seconds: list[float] = []
        self.repeated = 0

    def __enter__(self) -> Sender:
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._file)

    def deliver(self, number: int) -> None:
        """Send a number, byte for byte the same until it is answered 2xx or patience ends."""
        body = json.dumps(
            {"event": "webinar.ended", "event_ts": number, "payload": {"account_id": "nobody"}}
        ).encode()
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            began = time.monotonic()
            with suppress(requests.RequestException):
                answer = requests.post(self._url, body, headers=self._sign(body), timeout=10)
                if answer.ok:
                    self._note(number, time.monotonic() - began)
                    return
            self.repeated += 1
            time.sleep(PAUSE)

    def read_answered(self) -> list[int]:
        """The numbers that were answered 2xx, as the file has them."""
        return [int(line) for line in self._path.read_text().split()]

    def _note(self, number: int, seconds: float) -> None:
        # On the disk before the next is sent, so that it is the sender's truth after any crash.
        os.write(self._file, f"{number}\n".encode())
        os.fsync(self._file)
        self.answer_seconds.append(seconds)

    def _sign(self, body: bytes) -> dict[str, str]:
        stamp = str(int(time.time()))
        signed = b"v0:" + stamp.encode() + b":" + body
        signature = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        return {
            "x-zm-request-timestamp": stamp,
            "x-zm-signature": f"v0={signature}",
            "Content-Type": "application/json",
        }
