"""Sends prepared requests over kept-alive connections, as fast as they are answered.

A process of its own: `python -m bench.sender '<JSON>'` prints what it took as JSON. The bytes are
made before the clock starts, and one loop keeps all connections busy, so that it costs next to
nothing beside the server.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from simulator.zoom.sender import compact, sign

SECRET = "sim-zoom-webhook-secret"  # the simulated app's, as in `trial_environment`
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to send: webhooks numbered from ``first`` on, or GETs of a ``path``."""

    port: int
    requests: int
    connections: int
    first: int = 0
    path: str = ""

    def prepare(self) -> list[bytes]:
        """Every request as bytes."""
        if self.path:
            return [request("GET", self.path, self.port)] * self.requests
        return [webhook(self.port, self.first + number) for number in range(self.requests)]


@dataclass(frozen=True, slots=True)
class Sent:
    """How long it took in seconds, and how many of them this process was busy."""

    seconds: float
    busy_seconds: float


def request(
    method: str, path: str, port: int, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """One request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"host: localhost:{port}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def registration(number: int, account_id: str, webinar_id: int, event_ts: int) -> dict[str, Any]:
    """A notice about somebody who registered, somebody else for each number."""
    registrant = {
        "id": f"registrant-{number}",
        "email": f"intake{number:06d}@northquay.example",
        "first_name": "Ingrid",
        "last_name": f"Intake {number}",
        "status": "approved",
        "join_url": f"https://zoom.example/w/90000000001?tk={number:060d}",
        "custom_questions": [{"title": "What do you hope to learn?", "value": "x" * 200}],
    }
    webinar = {
        "uuid": "gm8s9L+PTEC+FG3sFbd1Cw==",
        "id": webinar_id,
        "host_id": "hAnnaHost",
        "topic": "Autumn release: what is new",
        "type": 5,
        "start_time": "2026-11-23T09:00:00Z",
        "duration": 60,
        "timezone": "Europe/Berlin",
        "registrant": registrant,
    }
    return {
        "payload": {"account_id": account_id, "object": webinar},
        "event_ts": event_ts,
        "event": "webinar.registration_created",
    }


def webhook(port: int, number: int) -> bytes:
    """A registration, signed as Zoom signs."""
    now = time.time()
    body = compact(registration(number, "bench-account", 90000000001, int(now * 1000)))
    timestamp = str(int(now))
    headers = {
        "content-type": "application/json; charset=utf-8",
        "content-length": str(len(body)),
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": sign(SECRET, timestamp, body),
    }
    return request("POST", "/webhooks/zoom", port, headers, body)


def send(port: int, requests: Sequence[bytes], connections: int) -> None:
    """Send every request and see it answered 204. Raises RuntimeError when one is not."""
    waiting = iter(requests)
    with selectors.DefaultSelector() as selector, ExitStack() as opened:
        for _ in range(connections):
            one = opened.enter_context(
                socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
            )
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(one, selectors.EVENT_READ, one)
        _keep_busy(selector, waiting)


def _keep_busy(selector: selectors.BaseSelector, waiting: Iterator[bytes]) -> None:
    under_way = 0
    for key in selector.get_map().values():
        under_way += _send_next(key.data, waiting)
    while under_way:
        ready = selector.select(TIMEOUT_SECONDS)
        if not ready:
            raise RuntimeError(f"no answer for {TIMEOUT_SECONDS:g} s")
        for key, _ in ready:
            answer = key.data.recv(65_536)
            # 204 has no body, and its head fits into one packet.
            if not answer.startswith(b"HTTP/1.1 204") or not answer.endswith(b"\r\n\r\n"):
                raise RuntimeError(f"answered {answer[:80]!r} instead of 204")
            under_way += _send_next(key.data, waiting) - 1


def _send_next(connection: socket.socket, waiting: Iterator[bytes]) -> int:
    """Send the next request, if one is left; how many were sent."""
    following = next(waiting, None)
    if following is None:
        return 0
    connection.sendall(following)
    return 1


def main() -> None:
    """Carry out the order on the command line."""
    order = Order(**json.loads(sys.argv[1]))
    requests = order.prepare()
    began, busy = time.monotonic(), time.process_time()
    send(order.port, requests, order.connections)
    sent = Sent(time.monotonic() - began, time.process_time() - busy)
    sys.stdout.write(json.dumps(asdict(sent)))


if __name__ == "__main__":
    main()
