"""What the tests of the simulated Zoom share: a clock to move, a client, a webhook receiver."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import requests

from simulator.world import World

ACCOUNT = "acme-account"
HOST = "host-user"
NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)


def twice(uuid: str) -> str:
    """A UUID encoded twice, as those need that begin with a slash or contain two."""
    return quote(quote(uuid, safe=""), safe="")


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Zoom:
    """A caller of one running simulator: its control API, and its REST API with a token."""

    base_url: str
    world: World
    session: requests.Session = field(default_factory=requests.Session)
    token: str = ""

    def control(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        answer = self.session.request(method, f"{self.base_url}/control{path}", json=body)
        assert answer.status_code == status if status else answer.ok, answer.text
        return answer.json()

    def sign_in(self, user_id: str = HOST) -> None:
        """Take a fresh token, as that person of the account."""
        body = {"user_id": user_id}
        granted = self.control("POST", f"/zoom/accounts/{ACCOUNT}/grants", body)
        self.token = granted["access_token"]

    def call(
        self, method: str, path: str, *, token: str = "", json: Any = None, **query: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        url = f"{self.base_url}/zoom/v2{path}"
        return self.session.request(method, url, headers=headers, params=query, json=json)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, *, json: Any = None, **query: Any) -> tuple[int, int]:
        answer = self.call(method, path, json=json, **query)
        return answer.status_code, answer.json()["code"]

    def webinar(self, **fields: Any) -> int:
        """A planned webinar, an hour from now unless told otherwise; its number."""
        wanted = {"topic": "Product news", "start_time": 3600, "silent": True} | fields
        made = self.control("POST", f"/zoom/accounts/{ACCOUNT}/webinars", wanted)
        return int(made["webinar_id"])

    def register(self, webinar_id: int, *emails: str, **more: Any) -> list[dict[str, Any]]:
        """People on the list, quietly."""
        fields = {"first_name": "Test", "last_name": "Person"} | more
        people = [{"email": email} | fields for email in emails]
        path = f"/zoom/webinars/{webinar_id}/registrants"
        answer = self.control("POST", path, {"registrants": people, "silent": True})
        return list(answer["registrants"])

    def play(self, webinar_id: int, **wanted: Any) -> dict[str, Any]:
        """An hour-long session that just ended, quietly."""
        times = {"start_time": -3600, "end_time": 0, "silent": True}
        path = f"/zoom/webinars/{webinar_id}/play"
        answer: dict[str, Any] = self.control("POST", path, times | wanted)
        return answer

    def pages(self, path: str, key: str, **query: Any) -> list[dict[str, Any]]:
        """Every entry of a paged list."""
        entries: list[dict[str, Any]] = []
        token = ""
        while True:
            page = self.get(path, next_page_token=token, **query)
            entries += page[key]
            token = page["next_page_token"]
            if not token:
                return entries


@dataclass
class Receiver:
    """A webhook endpoint that keeps what comes and answers as told, then 204."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]

    def events(self) -> list[str]:
        return [body["event"] for body in self.bodies()]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    receiver = Receiver()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                receiver.received.append((headers, body))
                status = receiver.statuses.pop(0) if receiver.statuses else 204
            self.send_response(status)
            if status == 302:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
