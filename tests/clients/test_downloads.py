"""Files at Zoom: the bearer goes to Zoom alone, parts are passed on, pages are no files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import responses
from requests import ConnectionError as RequestsConnectionError
from requests import ReadTimeout

from clients.errors import (
    NotFound,
    NotSent,
    PermissionMissing,
    Rejected,
    Unavailable,
)
from clients.transport import Transport
from clients.zoom import TEXT_LIMIT, Zoom

FILE = "https://us02web.zoom.us/rec/download/x"
STORAGE = "https://files.cdn.example/x"


@pytest.fixture
def zoom(make_transport: Callable[..., Transport]) -> Zoom:
    return Zoom(make_transport("zoom"))


def test_a_part_is_asked_for_with_the_bearer_and_passed_on(
    http: responses.RequestsMock, zoom: Zoom
) -> None:
    headers = {"Content-Range": "bytes 0-2/9", "Set-Cookie": "a=b"}
    http.get(FILE, status=206, body=b"abc", content_type="audio/mp4", headers=headers)
    opened = zoom.download(FILE, "bytes=0-2")
    sent = http.calls[0].request.headers
    assert sent["Range"] == "bytes=0-2"
    assert sent["Authorization"].startswith("Bearer ")
    assert sent["Accept-Encoding"] == "identity"
    assert (opened.status, b"".join(opened.chunks())) == (206, b"abc")
    assert opened.headers["Content-Range"] == "bytes 0-2/9"
    assert "Set-Cookie" not in opened.headers
    opened.close()


@pytest.mark.parametrize(
    ("there", "has_bearer"),
    [(STORAGE, False), ("https://us02web.zoom.us/rec/file/x", True)],
    ids=["another host", "the same host"],
)
def test_X10_a_redirect_takes_the_bearer_along_only_to_the_same_host(
    http: responses.RequestsMock, zoom: Zoom, there: str, has_bearer: bool
) -> None:
    http.get(FILE, status=302, headers={"Location": there})
    http.get(there, body=b"abc", content_type="video/mp4")
    zoom.download(FILE).close()
    assert ("Authorization" in http.calls[1].request.headers) is has_bearer


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/rec/download/x",
        "https://zoom.us.evil.example/x",
        "https://notzoom.us/x",
        "http://us02web.zoom.us/x",
        "file:///etc/passwd",
    ],
)
def test_X10_a_file_that_is_not_at_zooms_is_not_asked_for(
    http: responses.RequestsMock, zoom: Zoom, url: str
) -> None:
    with pytest.raises(Rejected, match="not Zoom's"):
        zoom.download(url)
    assert not http.calls


def test_X10_a_redirect_to_an_address_without_encryption_is_not_followed(
    http: responses.RequestsMock, zoom: Zoom
) -> None:
    http.get(FILE, status=302, headers={"Location": "http://files.cdn.example/x"})
    with pytest.raises(Rejected, match="without encryption"):
        zoom.download(FILE)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param({"status": 404}, NotFound, id="gone"),
        pytest.param({"status": 503}, Unavailable, id="busy"),
        pytest.param({"status": 429}, Unavailable, id="too many"),
        pytest.param({"status": 400}, Rejected, id="refused"),
        pytest.param({"status": 401}, PermissionMissing, id="not allowed"),
        pytest.param(
            {"status": 200, "body": "<html>", "content_type": "text/html; charset=utf-8"},
            PermissionMissing,
            id="a page instead",
        ),
        pytest.param({"body": ReadTimeout()}, Unavailable, id="silent"),
        pytest.param({"body": RequestsConnectionError()}, NotSent, id="not reached"),
    ],
)
def test_what_is_no_file_is_named_by_its_remedy(
    http: responses.RequestsMock, zoom: Zoom, answer: dict[str, Any], error: type[Exception]
) -> None:
    http.get(FILE, **answer)
    with pytest.raises(error):
        zoom.download(FILE)


def test_a_transcript_beyond_all_measure_is_refused(
    http: responses.RequestsMock, zoom: Zoom
) -> None:
    http.get(FILE, body=b"x" * (TEXT_LIMIT + 1), content_type="text/vtt")
    with pytest.raises(Rejected, match="10 MiB"):
        zoom.download_text(FILE)


def test_a_transcript_is_read_as_text_whatever_its_bytes(
    http: responses.RequestsMock, zoom: Zoom
) -> None:
    http.get(FILE, body=b"\xef\xbb\xbfWEBVTT \xff", content_type="text/vtt")
    assert zoom.download_text(FILE) == "WEBVTT \ufffd"
