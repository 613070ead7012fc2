"""The intake's lines and what is sent; the measuring itself is `./run bench`'s."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from bench import intake, sender
from bench.intake import BARE, ENQUEUE, SETTINGS, Rates, medians, missing, place_of, ratios_of
from webhooks.signatures import find_secret

POSTGRESQL, SQLITE, TOGETHER = SETTINGS


def test_a_setting_is_held_against_both_other_routes() -> None:
    against_bare, against_enqueue = ratios_of(POSTGRESQL, Rates(2_300, 5_000, 1_300))
    assert (against_bare.basis, against_enqueue.basis) == (BARE, ENQUEUE)
    assert against_bare.value == pytest.approx(0.46) and against_bare.holds
    assert against_enqueue.value == pytest.approx(1.77, abs=0.01) and against_enqueue.holds
    assert not ratios_of(POSTGRESQL, Rates(2_200, 5_000, 1_400))[0].holds
    assert not against_bare.is_better_low and not against_bare.is_count


def test_each_rate_has_a_median_of_its_own() -> None:
    rounds = [Rates(1, 50, 7), Rates(3, 10, 9), Rates(2, 30, 8)]
    assert medians(rounds) == Rates(2, 30, 8)


@pytest.mark.parametrize(
    ("setting", "cores", "is_here", "why"),
    [
        (POSTGRESQL, 2, True, ""),
        (POSTGRESQL, 2, False, "no PostgreSQL here"),
        (SQLITE, 2, False, ""),
        (SQLITE, 1, False, "processes cannot be kept to two cores here"),
    ],
)
def test_what_cannot_be_had_is_named_and_judged_by_nobody(
    setting: intake.Setting, cores: int, is_here: bool, why: str
) -> None:
    assert missing(setting, cores, is_here) == why
    (line,) = intake.not_measured(setting, "no PostgreSQL here")
    assert "no PostgreSQL here" in line.what and line.holds is None


def test_the_web_processes_are_apart_or_on_both_cores() -> None:
    apart, together = place_of(SQLITE, [2, 5, 7]), place_of(TOGETHER, [2, 5])
    assert (apart.processes, apart.web_cores, apart.other_cores) == (1, {2}, {5})
    assert (together.processes, together.web_cores, together.other_cores) == (2, {2, 5}, {2, 5})


def test_each_webhook_is_another_one_and_signed_as_zoom_signs() -> None:
    requests = sender.Order(port=8000, requests=3, connections=1, first=7).prepare()
    bodies = set()
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert int(headers["content-length"]) == len(body)
        proof, stamp = headers["x-zm-signature"], headers["x-zm-request-timestamp"]
        assert find_secret([sender.SECRET], proof, stamp, body, datetime.now(UTC))
        bodies.add(body)
    assert len(bodies) == 3


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers each request of one connection alike; its port and the requests."""
    received = list[bytes]()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while request := connection.recv(65_536):
                    received.append(request)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], received
        thread.join(10)


def test_every_request_is_sent_and_its_answer_looked_at() -> None:
    with answering(b"HTTP/1.1 204 NO CONTENT\r\nServer: x\r\n\r\n") as (port, received):
        sender.send(port, [b"one", b"two", b"three"], connections=1)
    assert received == [b"one", b"two", b"three"]


def test_an_answer_that_is_no_204_ends_the_measurement() -> None:
    refusal = b"HTTP/1.1 503 SERVICE UNAVAILABLE\r\n\r\n"
    with answering(refusal) as (port, _), pytest.raises(RuntimeError, match="503"):
        sender.send(port, [b"one"], connections=1)
