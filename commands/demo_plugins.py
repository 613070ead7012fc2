"""Two example plugins at work in the demo: a score on contacts, and messages to a channel."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rich.console import Console

from commands.customer import Customer
from commands.trial import Process, Simulated, TrialFailed, wait_for

PLUGINS = ("rollcall-engagement", "rollcall-slack")
SCORE = "rollcall_engagement_score"
CHANNEL_SECONDS = 120.0


@dataclass(slots=True)
class Channel:
    """A chat channel with an incoming webhook; ``messages`` are what it was told."""

    url: str
    messages: list[str] = field(default_factory=list)


@contextmanager
def open_channel() -> Iterator[Channel]:
    """A channel on a free port of this machine, until the block ends."""
    channel = Channel("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            channel.messages.append(unescape(json.loads(body)["text"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        channel.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield channel
        finally:
            server.shutdown()
            thread.join()


def switch_on(simulated: Simulated, customer: Customer, portal_id: str, channel: Channel) -> None:
    """Make the score's property and set both plugins up."""
    definition = {"name": SCORE, "label": "Engagement score"}
    simulated.call("POST", f"/hubspot/portals/{portal_id}/properties", definition)
    wanted = {
        "engagement": {"enabled": True},
        "slack": {"enabled": True, "settings": {"webhook_url": channel.url}},
    }
    customer.api("PATCH", "/plugins", wanted)


def show_plugins(
    screen: Console, simulated: Simulated, portal_id: str, channel: Channel, rollcall: Process
) -> list[str]:
    """Print what the plugins did; a fault for each that did not do all of it."""
    attended = simulated.summary(portal_id)["writes"]["attended"]
    with suppress(TrialFailed):
        wait_for(
            lambda: len(channel.messages) >= attended,
            "a message about everybody who attended",
            rollcall,
            seconds=CHANNEL_SECONDS,
        )
    contacts = simulated.contacts(portal_id).values()
    scores = [float(found) for one in contacts if (found := one["properties"].get(SCORE))]
    told = len(channel.messages)
    screen.print("\n[bold]Example plugins[/bold], installed by entry point")
    if scores:
        average = sum(scores) / len(scores)
        screen.print(f"  Engagement score: {len(scores)} contacts, {average:.0f} on average")
    if told:
        screen.print(f"  Slack messages: {told}, such as: {channel.messages[0]}", markup=False)
    faults = []
    if len(scores) != attended:
        faults.append(f"{attended} contacts should have an engagement score, {len(scores)} have")
    if told != attended:
        faults.append(f"the channel should have {attended} messages, it has {told}")
    return faults
