"""Files at Zoom: streamed, in parts when asked for, the bearer never shown to another host.

https://developers.zoom.us/docs/api/meetings/#tag/cloud-recording
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests

from clients.errors import NotFound, NotSent, Rejected, Unauthorized, Unavailable
from clients.public_addresses import public_session
from rollcall.errors import RollcallError

CONNECT_TIMEOUT, READ_TIMEOUT = 3.05, 30.0
MOST_REDIRECTS = 5
CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSED_ON = ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "ETag")


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way: 200, 206 or 416, the headers worth passing on, and the bytes.

    Close it, whatever was read of it.
    """

    status: int
    headers: Mapping[str, str]
    _response: requests.Response = field(repr=False)

    def chunks(self) -> Iterator[bytes]:
        """The bytes as they come. Raises Unavailable when they stop coming."""
        try:
            yield from self._response.iter_content(CHUNK)
        except requests.RequestException as error:
            raise Unavailable(f"Zoom's file broke off ({type(error).__name__})") from error

    def close(self) -> None:
        """Let the connection go."""
        self._response.close()


def open_download(
    session: requests.Session, api_url: str, url: str, token: str, byte_range: str = ""
) -> Download:
    """Open a file for reading; ``byte_range`` is a ``Range`` header, "" for all of it.

    The bearer goes to Zoom's own hosts (that of ``api_url`` counts as one), and never along with a
    redirect to another host. Where the API is reached over TLS so is every file, at port 443 of a
    public address. Raises NotFound, Unauthorized (also when Zoom answers with a page in
    place of the file), Unavailable, NotSent, and Rejected for an address that is not Zoom's.
    """
    here = _as_asked(url)
    if not _is_zooms(here, api_url):
        raise Rejected("Zoom named a file at an address that is not Zoom's")
    headers = {"Authorization": f"Bearer {token}", "Accept": "*/*"}
    if byte_range:
        headers["Range"] = byte_range
    # A compressed body would have another length than the part of the file it stands for.
    headers["Accept-Encoding"] = "identity"
    for _ in range(MOST_REDIRECTS):
        response = _get(_session_for(here, session, api_url), here, headers)
        if response.status_code not in _REDIRECTS:
            return _judge(response)
        there = urljoin(here, response.headers.get("Location", ""))
        response.close()
        if urlsplit(there).scheme not in ("https", urlsplit(api_url).scheme):
            raise Rejected("Zoom sent us on to an address without encryption")
        there = _as_asked(there)
        if urlsplit(there).netloc != urlsplit(here).netloc:
            headers.pop("Authorization", None)
        here = there
    raise Unavailable("Zoom's file is behind too many redirects")


def _as_asked(url: str) -> str:
    """The URL as it is going to be asked for: only this form says for sure which host that is."""
    try:
        asked = requests.Request("GET", url).prepare().url or ""
        parts = urlsplit(asked)
        if parts.hostname and "@" not in parts.netloc and parts.port != 0:
            return asked
    except (requests.RequestException, ValueError):
        pass
    raise Rejected("Zoom named a file at an address that is not Zoom's")


def _session_for(url: str, session: requests.Session, api_url: str) -> requests.Session:
    """What the URL is fetched through: any host but the API's own has to be a public one."""
    parts, api = urlsplit(url), urlsplit(api_url)
    if api.scheme != "https" or parts.netloc == api.netloc:
        return session
    if parts.port not in (None, 443):
        raise Rejected("Zoom named a file at a port that is not for files")
    return public_session()


def _get(session: requests.Session, url: str, headers: Mapping[str, str]) -> requests.Response:
    try:
        return session.get(
            url,
            headers=dict(headers),
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
            stream=True,
        )
    except requests.ConnectionError as error:
        raise NotSent("no connection to Zoom's files; tried again later") from error
    except requests.RequestException as error:
        raise Unavailable(f"Zoom's file did not come ({type(error).__name__})") from error


def _judge(response: requests.Response) -> Download:
    fault = _fault(response)
    if fault is not None:
        response.close()
        raise fault
    headers = {name: response.headers[name] for name in _PASSED_ON if name in response.headers}
    return Download(response.status_code, headers, response)


def _fault(response: requests.Response) -> RollcallError | None:
    status = response.status_code
    is_page = response.headers.get("Content-Type", "").lower().startswith("text/html")
    if status in (401, 403) or (status in (200, 206) and is_page):
        return Unauthorized(f"Zoom's file was refused with {status}")
    if status in (404, 410):
        return NotFound("Zoom has the file no more", status=status)
    if status in (200, 206, 416):
        return None
    if status == 429 or status >= 500:
        return Unavailable(f"Zoom's file answered {status}; tried again later")
    return Rejected(f"Zoom's file answered {status}", status=status)


def _is_zooms(url: str, api_url: str) -> bool:
    """Whether a bearer may go there: Zoom's hosts over TLS, or the very host of the API."""
    parts, api = urlsplit(url), urlsplit(api_url)
    host = parts.hostname or ""
    if (parts.scheme, parts.netloc) == (api.scheme, api.netloc):
        return True
    return parts.scheme == "https" and (host == "zoom.us" or host.endswith(".zoom.us"))
