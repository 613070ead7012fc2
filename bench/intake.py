"""How many webhooks a second one web process takes in, against its cheapest answer.

The web process runs alone: no worker competes for the machine, and nothing is worked off.
"""

from __future__ import annotations

import socket
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.trial import Process, TrialFailed, answers, free_port, trial_environment, wait_for
from config import child_environment
from simulator.zoom.sender import compact, sign

SECRET = "sim-zoom-webhook-secret"  # the simulated app's, as in `trial_environment`
CONNECTIONS = 4
ROUNDS = 5
REQUESTS = 1_000


@dataclass(frozen=True, slots=True)
class Intake:
    """Requests a second, the medians of several rounds in turn."""

    webhooks: float
    health: float


def measure_intake() -> Intake:
    """Start the web process and send both kinds of request. Raises `TrialFailed`."""
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name:
        folder, port = Path(name), free_port(0)
        environment = child_environment(
            **trial_environment("http://127.0.0.1:9", port, folder / "data")
        )
        web = Process(["commands", "web"], environment, folder / "web.log")
        _migrate(environment, folder)
        try:
            web.start()
            wait_for(
                lambda: answers(f"http://localhost:{port}/readyz"), "the web process to start", web
            )
            return _measure(port)
        finally:
            web.stop()


def _migrate(environment: dict[str, str], folder: Path) -> None:
    migrate = Process(["commands", "migrate"], environment, folder / "migrate.log")
    migrate.start()
    try:
        wait_for(lambda: not migrate.is_running, "the tables to be made")
    finally:
        migrate.stop()


def _measure(port: int) -> Intake:
    health = [_request("GET", "/healthz", port)] * REQUESTS
    rates: dict[str, list[float]] = {"health": [], "webhooks": []}
    # In turn, so that a slow moment of the machine meets both; the first of each warms up.
    for number in range(ROUNDS + 1):
        webhooks = [_webhook(port, number * REQUESTS + n) for n in range(REQUESTS)]
        measured = {
            "health": _requests_a_second(port, health, 200),
            "webhooks": _requests_a_second(port, webhooks, 204),
        }
        for name, rate in measured.items():
            rates[name] += [rate] if number else []
    return Intake(statistics.median(rates["webhooks"]), statistics.median(rates["health"]))


def _webhook(port: int, number: int) -> bytes:
    """A registration of somebody else each time, signed as Zoom signs."""
    now = time.time()
    registrant = {
        "id": f"registrant-{number}",
        "email": f"intake{number:06d}@northquay.example",
        "first_name": "Ingrid",
        "last_name": f"Intake {number}",
        "status": "approved",
        "join_url": f"https://zoom.example/w/90000000001?tk={number:060d}",
        "custom_questions": [{"title": "What do you hope to learn?", "value": "x" * 200}],
    }
    webinar: dict[str, Any] = {
        "uuid": "gm8s9L+PTEC+FG3sFbd1Cw==",
        "id": 90000000001,
        "host_id": "hAnnaHost",
        "topic": "Autumn release: what is new",
        "type": 5,
        "start_time": "2026-11-23T09:00:00Z",
        "duration": 60,
        "timezone": "Europe/Berlin",
        "registrant": registrant,
    }
    body = compact(
        {
            "payload": {"account_id": "bench-account", "object": webinar},
            "event_ts": int(now * 1000),
            "event": "webinar.registration_created",
        }
    )
    timestamp = str(int(now))
    headers = {
        "content-type": "application/json; charset=utf-8",
        "content-length": str(len(body)),
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": sign(SECRET, timestamp, body),
    }
    return _request("POST", "/webhooks/zoom", port, headers, body)


def _request(
    method: str, path: str, port: int, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"host: localhost:{port}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _requests_a_second(port: int, requests: Sequence[bytes], status: int) -> float:
    """Send prepared bytes over a few open connections: a client that costs next to nothing."""
    shares = [requests[number::CONNECTIONS] for number in range(CONNECTIONS)]
    began = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda share: _send_all(port, share, status), shares))
    return len(requests) / (time.monotonic() - began)


def _send_all(port: int, requests: Sequence[bytes], status: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            connection.sendall(request)
            answer = _read_answer(connection)
            if not answer.startswith(b"HTTP/1.1 %d" % status):
                raise TrialFailed(f"answered {answer[:80]!r} instead of {status}")


def _read_answer(connection: socket.socket) -> bytes:
    """One answer, its body of known length included."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    missing = _length(head) - len(body)
    while missing > 0:
        missing -= len(_receive(connection))
    return head


def _receive(connection: socket.socket) -> bytes:
    more = connection.recv(65_536)
    if not more:
        raise TrialFailed("the web process closed the connection")
    return more


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
