"""Webhooks from HubSpot to the app, sent from the background with retries.

https://developers.hubspot.com/docs/apps/developer-platform/add-features/configure-webhooks
"""

from __future__ import annotations

import itertools
import json
import queue
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.hubspot.signatures import sign_v1, v3_headers
from simulator.hubspot.wire import milliseconds

if TYPE_CHECKING:
    from simulator.world import World

MOST_EVENTS = 100
MOST_ATTEMPTS = 11
ANSWER_WITHIN_SECONDS = 5.0


@dataclass(slots=True)
class Delivery:
    """One POST to the app; `statuses` has an entry per attempt, 0 where nothing answered."""

    url: str
    events: list[dict[str, Any]]
    statuses: list[int]
    done: bool = False


class WebhookSender:
    """Queues events and delivers them one POST at a time; `retry_seconds` between attempts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: queue.Queue[Delivery] = queue.Queue()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._event_ids = itertools.count(1)
        self.deliveries: list[Delivery] = []
        self.retry_seconds = 1.0

    def event(
        self, portal_id: int, subscription_type: str, object_id: str, **more: Any
    ) -> dict[str, Any]:
        """An event about one object, as HubSpot writes it."""
        return {
            "eventId": next(self._event_ids),
            "subscriptionId": 1,
            "portalId": portal_id,
            "appId": int(self._world.apps.hubspot_app_id),
            "occurredAt": milliseconds(self._world.clock()),
            "subscriptionType": subscription_type,
            "attemptNumber": 0,
            "objectId": int(object_id),
            **more,
        }

    def send(self, events: list[dict[str, Any]]) -> None:
        """Deliver events soon; nothing happens while the app has no webhook address."""
        url = self._world.hubspot.app.webhook_url
        if not url:
            return
        for start in range(0, len(events), MOST_EVENTS):
            delivery = Delivery(url, events[start : start + MOST_EVENTS], [])
            self.deliveries.append(delivery)
            self._queue.put(delivery)
        if self._thread is None:
            self._thread = threading.Thread(target=self._deliver_all, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Deliver nothing more."""
        self._closed.set()

    def _deliver_all(self) -> None:
        while not (self._closed.is_set() or self._world.closing.is_set()):
            try:
                delivery = self._queue.get(timeout=0.2)
            except queue.Empty:
                continue
            self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        attempt = len(delivery.statuses)
        for event in delivery.events:
            event["attemptNumber"] = attempt
        status = self._post(delivery)
        delivery.statuses.append(status)
        delivery.done = 200 <= status < 300 or len(delivery.statuses) >= MOST_ATTEMPTS
        if not delivery.done:
            timer = threading.Timer(self.retry_seconds, self._queue.put, [delivery])
            timer.daemon = True
            timer.start()

    def _post(self, delivery: Delivery) -> int:
        secret = self._world.apps.hubspot_client_secret
        body = json.dumps(delivery.events).encode()
        headers = {
            "Content-Type": "application/json",
            "X-HubSpot-Signature": sign_v1(secret, body),
            "X-HubSpot-Signature-Version": "v1",
            **v3_headers(secret, "POST", delivery.url, body, milliseconds(self._world.clock())),
        }
        return send_request("POST", delivery.url, headers, body, ANSWER_WITHIN_SECONDS)[0]


def send_request(
    method: str, url: str, headers: dict[str, str], body: bytes | None, seconds: float
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one HTTP request; status 0 when nothing answered in time."""
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, dict(answer.headers.items()), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers.items()), error.read()
    except OSError:
        return 0, {}, b""
