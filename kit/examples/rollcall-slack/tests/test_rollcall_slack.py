"""What is told, and what becomes of it at a server of our own."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from rollcall_slack import post

from rollcall import FollowUp
from rollcall.errors import Permanent, Retryable
from rollcall.testing import golden_webinar, preview

EVERYDAY = golden_webinar("everyday")
URL = "https://hooks.slack.example/services/T0/B0/x"


class Slack(HTTPServer):
    """Answers ``status`` and keeps what it was told."""

    status = 200
    told: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Slack

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append(json.loads(body)["text"])
        self.send_response(self.server.status)
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def slack() -> Iterator[Slack]:
    server = Slack(("127.0.0.1", 0), Handler)
    server.told = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def settings_of(slack: Slack) -> dict[str, str]:
    return {"webhook_url": f"http://127.0.0.1:{slack.server_port}/"}


def asked(kind: str, **settings: object) -> list[object]:
    rows = preview("rollcall_slack", EVERYDAY, settings)
    return [row.effect for row in rows if row.who == kind and row.effect]


def test_who_came_is_told() -> None:
    person = EVERYDAY.find("attends").person
    (effect,) = asked("attends", webhook_url=URL)
    assert isinstance(effect, FollowUp)
    topic = EVERYDAY.occurrence.webinar.topic
    assert effect.arguments["text"] == f"{person.first_name} {person.last_name} attended {topic}"


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("attends", {}),
        ("no_show", {"webhook_url": URL}),
        ("attends", {"webhook_url": URL, "tell": []}),
    ],
    ids=["no webhook", "who never came", "nothing to tell of"],
)
def test_nothing_else_is_told(kind: str, settings: dict[str, object]) -> None:
    assert asked(kind, **settings) == []


def test_registrations_are_told_where_wanted() -> None:
    assert len(asked("no_show", webhook_url=URL, tell=["registrations"])) == 1


def test_a_message_reaches_the_channel_as_plain_text(slack: Slack) -> None:
    post({"text": "Ada <!channel> & Rex"}, settings_of(slack))
    assert slack.told == ["Ada &lt;!channel&gt; &amp; Rex"]


@pytest.mark.parametrize(
    ("status", "error", "after"),
    [(429, Retryable, 7.0), (503, Retryable, 7.0), (404, Permanent, None), (403, Permanent, None)],
)
def test_what_slack_refuses_is_tried_again_or_not(
    slack: Slack, status: int, error: type[Exception], after: float | None
) -> None:
    slack.status = status
    with pytest.raises(error, match=f"Slack answered {status}") as told:
        post({"text": "x"}, settings_of(slack))
    assert getattr(told.value, "retry_after", None) == after


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(Retryable, match="did not answer"):
        post({"text": "x"}, {"webhook_url": "http://127.0.0.1:9/"})
