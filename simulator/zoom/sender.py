"""Webhooks on their way: signed, sent from background threads, retried, counted.

https://developers.zoom.us/docs/api/webhooks/
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from simulator.world import World

RETRY_DELAYS = (300.0, 1200.0, 3600.0)
"""Seconds before the first, second and third retry: https://developers.zoom.us/blog/webhook-delays"""

ANSWER_WITHIN = 3.0
SENDER_THREADS = 8
SHUFFLE_SECONDS = 0.5
WAITING = ("pending", "retrying")


def compact(body: Any) -> bytes:
    """JSON without spaces and with plain UTF-8, the bytes that are signed and sent."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The `x-zm-signature` of a body."""
    message = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


@dataclass(slots=True)
class WebhookTarget:
    """Where webhooks go and what befalls them. Rates are 0-1.

    `secret` empty means the app's own. `shuffle` sends in another order than things happened;
    `retry_scale` shrinks the schedule of retries.
    """

    url: str = ""
    secret: str = ""
    enabled: bool = True
    drop_rate: float = 0.0
    duplicate_rate: float = 0.0
    shuffle: bool = False
    retry_scale: float = 1.0
    seed: int = 0


@dataclass(slots=True)
class Delivery:
    """One event on its way.

    status: pending, retrying, delivered, refused (4xx or a redirect: not retried), lost (out of
    retries) or dropped (never sent).
    """

    event: str
    account_id: str
    body: bytes
    request_id: str
    status: str = "pending"
    attempts: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, object]:
        """The delivery as JSON."""
        return {
            "event": self.event,
            "account_id": self.account_id,
            "request_id": self.request_id,
            "status": self.status,
            "attempts": list(self.attempts),
            "body": json.loads(self.body),
        }


class WebhookSender:
    """Sends what is announced; its threads start with the first event and are daemons."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._due = threading.Condition(self._lock)
        self._idle = threading.Condition(self._lock)
        self._queue: list[tuple[float, int, Delivery]] = []
        self._count = 0
        self._waiting = 0
        self._closed = False
        self._threads: list[threading.Thread] = []
        self._random = random.Random(0)
        self.target = WebhookTarget()
        self.deliveries: list[Delivery] = []

    def aim(self, **changes: Any) -> None:
        """Change the target; raises AttributeError for a name it does not have."""
        with self._lock:
            for name, value in changes.items():
                setattr(self.target, name, value)
            if "seed" in changes:
                self._random = random.Random(self.target.seed)

    def announce(self, event: str, account_id: str, body: dict[str, Any]) -> None:
        """Send an event soon; does nothing without an enabled target."""
        with self._lock:
            if not self.target.url or not self.target.enabled or self._closed:
                return
            delivery = Delivery(event, account_id, compact(body), _request_id())
            self.deliveries.append(delivery)
            if self._random.random() < self.target.drop_rate:
                delivery.status = "dropped"
                return
            self._enqueue(delivery, self._delay())
            if self._random.random() < self.target.duplicate_rate:
                again = Delivery(event, account_id, delivery.body, delivery.request_id)
                self.deliveries.append(again)
                self._enqueue(again, self._delay())
            self._start_threads()

    def flush(self, timeout: float) -> bool:
        """Wait until nothing is on its way, retries included; False when `timeout` ran out."""
        with self._lock:
            return self._idle.wait_for(lambda: self._waiting == 0, timeout)

    def counts(self) -> dict[str, int]:
        """How many deliveries are in which state."""
        with self._lock:
            return dict(Counter(delivery.status for delivery in self.deliveries))

    def clear_log(self) -> None:
        """Forget the deliveries that are over."""
        with self._lock:
            self.deliveries = [item for item in self.deliveries if item.status in WAITING]

    def close(self) -> None:
        """Send nothing more and let the threads end."""
        with self._lock:
            self._closed = True
            self._queue.clear()
            self._waiting = 0
            self._due.notify_all()
            self._idle.notify_all()

    def secret(self) -> str:
        """The key of signatures: the target's own, or the app's (the first while it rotates)."""
        return self.target.secret or self._world.apps.zoom_webhook_secret.partition(",")[0]

    def headers(self, body: bytes, request_id: str, secret: str = "") -> dict[str, str]:
        """The headers of one attempt: a fresh timestamp and signature each time."""
        timestamp = str(int(self._world.clock().timestamp()))
        return {
            "content-type": "application/json; charset=utf-8",
            "x-zm-signature": sign(secret or self.secret(), timestamp, body),
            "x-zm-request-timestamp": timestamp,
            "x-zm-request-id": request_id,
            "x-zm-trackingid": f"v=2.0;clid=us02;rid=WEB_{uuid.uuid4().hex}",
            "clientid": self._world.apps.zoom_client_id,
            "user-agent": "Zoom Marketplace/1.0a",
        }

    def _delay(self) -> float:
        return self._random.random() * SHUFFLE_SECONDS if self.target.shuffle else 0.0

    def _enqueue(self, delivery: Delivery, delay: float) -> None:
        self._count += 1
        self._waiting += 1
        heappush(self._queue, (time.monotonic() + delay, self._count, delivery))
        self._due.notify()

    def _start_threads(self) -> None:
        if not self._threads:
            for _ in range(SENDER_THREADS):
                thread = threading.Thread(target=self._work, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (delivery := self._next()) is not None:
                self._settle(delivery, self._attempt(session, delivery))

    def _next(self) -> Delivery | None:
        """The next delivery that is due; None when the simulator stops."""
        with self._lock:
            while not self._closed and not self._world.closing.is_set():
                wait = self._queue[0][0] - time.monotonic() if self._queue else 1.0
                if self._queue and wait <= 0:
                    return heappop(self._queue)[2]
                self._due.wait(min(wait, 1.0))
        return None

    def _attempt(self, session: requests.Session, delivery: Delivery) -> str:
        """One try; gives the status code, or the kind of trouble."""
        headers = self.headers(delivery.body, delivery.request_id)
        try:
            answer = session.post(
                self.target.url,
                data=delivery.body,
                headers=headers,
                timeout=ANSWER_WITHIN,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return type(error).__name__
        return str(answer.status_code)

    def _settle(self, delivery: Delivery, result: str) -> None:
        with self._lock:
            if self._closed:
                return
            self._waiting -= 1
            retries = len(delivery.attempts)
            delivery.attempts.append(result)
            if result.startswith("2"):
                delivery.status = "delivered"
            elif result[0] in "34":
                delivery.status = "refused"
            elif retries < len(RETRY_DELAYS):
                delivery.status = "retrying"
                self._enqueue(delivery, RETRY_DELAYS[retries] * self.target.retry_scale)
            else:
                delivery.status = "lost"
            if self._waiting == 0:
                self._idle.notify_all()


def _request_id() -> str:
    """`8hex_4hex_4hex_4hex_12hex`, the same over all retries of an event and never seen before."""
    return str(uuid.uuid4()).replace("-", "_")
