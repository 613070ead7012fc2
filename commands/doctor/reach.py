"""One request, sent the way the product sends its own, and why it met nobody if it did not."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from urllib3 import exceptions as urllib3_errors

from clients.transport import open_session

CONNECT_SECONDS, ANSWER_SECONDS = 3.05, 8.0
LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``leads_to`` is where a redirect points, which is never followed."""

    status: int
    body: bytes
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody answered: why, and what to do about it."""

    why: str
    remedy: str


def ask(
    method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer | Silence:
    """The answer to one request without credentials; the environment's proxies are not used."""
    try:
        with (
            open_session() as session,
            session.request(
                method,
                url,
                data=body,
                headers=dict(headers or {}),
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            content = response.raw.read(LARGEST_ANSWER, decode_content=True)
            leads_to = response.headers.get("Location", "")
            return Answer(response.status_code, content, leads_to)
    except (OSError, ValueError, urllib3_errors.HTTPError) as error:
        return explain(error, url)


def explain(error: BaseException, url: str) -> Silence:
    """Why an attempt to reach ``url`` failed, from whatever error that ended in."""
    host = urlsplit(url).hostname or url
    causes = list(_causes(error))
    if _any(causes, socket.gaierror, urllib3_errors.NameResolutionError):
        return Silence(
            f"DNS does not know {host}",
            f"correct the name, or mend this machine's DNS: getent hosts {host}",
        )
    refusals = [cause for cause in causes if isinstance(cause, ssl.SSLError)]
    if refusals or _any(causes, urllib3_errors.SSLError):
        words = [getattr(one, "verify_message", "") or one.reason for one in refusals]
        why = next((str(one) for one in words if one), "no common way to speak it")
        return Silence(
            f"TLS with {host} fails: {why}",
            "check its certificate and chain, this machine's clock, and what inspects traffic"
            " in between",
        )
    # Before timeouts: urllib3 counts a connection that did not come about among those.
    if _any(causes, ConnectionRefusedError):
        return Silence(f"{host} refuses connections", "start what should listen there")
    if _any(causes, TimeoutError, urllib3_errors.TimeoutError):
        return Silence(
            f"{host} does not answer in time", "let a firewall pass outgoing HTTPS to it; try again"
        )
    return Silence(
        f"the connection to {host} breaks ({type(error).__name__})",
        "look at what stands between this machine and it; try again",
    )


def _any(causes: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it was raised for; libraries wrap each other's in many ways."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
