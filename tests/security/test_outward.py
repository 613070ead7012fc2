"""X10: Rollcall fetches from where it was configured to and from Zoom, and never from within."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import requests
import responses

from clients.downloads import open_download
from clients.errors import NotSent, Rejected, Unavailable
from clients.public_addresses import is_public, public_session
from clients.transport import open_session

API, FILE = "https://api.zoom.us/v2", "https://us02web.zoom.us/rec/download/x"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/rec",
        "https://zoom.us.evil.example/rec",
        "https://evilzoom.us/rec",
        "https://zoom.us@evil.example/rec",
        "https://user:word@us02web.zoom.us/rec",
        "https://evil.example\\@zoom.us/rec",
        "https://evil.example\\.zoom.us/rec",
        "https://evil.example#.zoom.us/rec",
        "https://evil.example?.zoom.us/rec",
        "https://us02web.zoom.us:22/rec",
        "http://us02web.zoom.us/rec",
        "//evil.example/rec",
        "file:///etc/passwd",
        "gopher://zoom.us/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://",
        "",
    ],
)
def test_X10_a_file_is_fetched_from_zoom_alone(url: str) -> None:
    with responses.RequestsMock() as http, pytest.raises(Rejected):
        open_download(open_session(), API, url, "bearer")
    assert not http.calls


@pytest.mark.parametrize(
    "there",
    [
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://files.example:6379/x",
        "https://user:word@files.example/x",
    ],
)
def test_X10_a_redirect_elsewhere_is_not_followed(there: str) -> None:
    with responses.RequestsMock() as http:
        http.get(FILE, status=302, headers={"Location": there})
        with pytest.raises(Rejected):
            open_download(open_session(), API, FILE, "bearer")
        assert len(http.calls) == 1


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A listener in our own network, which every host name resolves to; the bytes it was sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    port, heard, real = listener.getsockname()[1], [], socket.getaddrinfo

    def listen() -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            with accepted:
                accepted.settimeout(2)
                try:
                    heard.append(accepted.recv(1024))
                except OSError:
                    heard.append(b"")

    def resolve(host: Any, asked: Any, *more: Any, **options: Any) -> Any:
        return real("127.0.0.1", port, *more, **options)

    thread = Thread(target=listen, daemon=True)
    thread.start()
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield heard
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=5)


@pytest.mark.parametrize("url", [FILE, "https://zoom.us/x"])
def test_X10_a_name_that_leads_into_our_own_network_gets_nothing(
    inside: list[bytes], url: str, wait_until: Any
) -> None:
    with pytest.raises(Rejected, match="public address"):
        open_download(open_session(), API, url, "bearer")
    wait_until(lambda: inside)
    assert inside == [b""]


def test_X10_the_guard_is_what_stops_it(inside: list[bytes], wait_until: Any) -> None:
    """The same address through a session without a guard is spoken to."""
    with pytest.raises((requests.RequestException, ssl.SSLError)):
        open_session().get("https://zoom.us/x", timeout=3)
    wait_until(lambda: inside)
    assert inside[0] != b""


def test_X10_nothing_is_fetched_in_the_clear_by_the_guarded_session() -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        public_session().get("http://127.0.0.1:1/")


def test_X10_a_simulation_on_ones_own_machine_goes_on_working() -> None:
    with pytest.raises((NotSent, Unavailable)):
        open_download(open_session(), "http://127.0.0.1:1/v2", "http://127.0.0.1:1/x", "bearer")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
    ],
)
def test_X10_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public
