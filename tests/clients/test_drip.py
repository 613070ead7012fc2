"""An answer that comes a byte at a time is cut by the deadline, however it says where it ends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from clients import errors
from clients.transport import Transport

WITH_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
DEADLINE = 0.4


@contextmanager
def dripping(head: bytes, drop: bytes) -> Iterator[str]:
    """A server that answers with ``head``, then for ever with one ``drop`` after another."""
    is_over = threading.Event()

    def serve(listener: socket.socket) -> None:
        with listener.accept()[0] as caller:
            caller.recv(65536)
            caller.sendall(head)
            while not is_over.wait(0.02):
                try:
                    caller.sendall(drop)
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        is_over.set()
        thread.join()


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        pytest.param(WITH_LENGTH, b" ", id="with a length"),
        pytest.param(IN_CHUNKS, b"1\r\n \r\n", id="in chunks"),
        pytest.param(UNTIL_CLOSED, b" ", id="until it closes"),
    ],
)
def test_an_answer_that_drips_is_cut_and_leaves_a_write_unconfirmed_F23(
    make_transport: Callable[..., Transport],
    monkeypatch: pytest.MonkeyPatch,
    head: bytes,
    drop: bytes,
) -> None:
    monkeypatch.setattr("clients.transport.ANSWER_DEADLINE", DEADLINE)
    started = time.monotonic()
    with dripping(head, drop) as base_url, pytest.raises(errors.Unconfirmed):
        make_transport("hubspot", base_url).call("POST", "/crm/objects", body={})
    assert DEADLINE <= time.monotonic() - started < 10
