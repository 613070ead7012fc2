"""Sends one call: permit, bearer, timeouts, size cap, judgement, one refresh, a few repetitions."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol

import requests
import structlog
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util import Retry

from clients import policy
from clients.downloads import Download, open_download
from clients.errors import (
    NotAnswering,
    NotSent,
    PermissionMissing,
    RateLimited,
    ReconnectNeeded,
    Rejected,
    Unanswered,
    Unauthorized,
    Unavailable,
    Unconfirmed,
)
from clients.limiter import Bucket
from clients.policy import Call, Platform
from rollcall.errors import RollcallError

CONNECT_TIMEOUT, READ_TIMEOUT = 3.05, 30.0
ANSWER_DEADLINE = 60.0
ANSWER_LIMIT = 5 * 1024 * 1024
REPETITIONS = 2
LONGEST_PAUSE = 10.0

log = structlog.get_logger(__name__)


class Permits(Protocol):
    """What a transport needs of a limiter; :class:`clients.limiter.Budget` is one."""

    def try_acquire(self, bucket: Bucket) -> float: ...

    def acquire(self, bucket: Bucket) -> None: ...

    def pause(self, bucket: Bucket, seconds: float) -> None: ...

    def learn(self, bucket: Bucket, limit: int, window: float) -> None: ...

    def note_answer(self) -> None: ...

    def note_failure(self) -> NotAnswering | None: ...


def open_session() -> requests.Session:
    """Return a session for calls of many tenants at once, from up to 10 threads.

    It ignores the environment (a ``.netrc`` entry would replace the bearer), keeps no cookies (they
    would travel from tenant to tenant) and repeats nothing but failed connects. ``Retry-After`` is
    left to us: obeyed inside the adapter it would sleep past every timeout.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    retry = Retry(
        total=2,
        connect=2,
        read=0,
        status=0,
        redirect=0,
        other=0,
        respect_retry_after_header=False,
        raise_on_status=False,
    )
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=10, max_retries=retry)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers.update({"Accept": "application/json", "User-Agent": "Rollcall"})
    return session


@lru_cache(maxsize=8)
def _session_of(platform: Platform, process: int) -> requests.Session:
    return open_session()


def shared_session(platform: Platform) -> requests.Session:
    """Return this process's session for a platform; a forked child gets one of its own."""
    return _session_of(platform, os.getpid())


class Transport:
    """Calls one tenant's API at one platform. Thread-safe.

    ``token`` returns the bearer; ``refresh`` is called at most once a call, after a 401, and
    returns a new one (or raises). ``budget`` gives the permits and learns what the answers say.
    ``base_url`` has no trailing slash.
    """

    def __init__(
        self,
        platform: Platform,
        base_url: str,
        tenant: str,
        *,
        token: Callable[[], str],
        refresh: Callable[[], str],
        budget: Permits,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._platform, self._base_url, self._tenant = platform, base_url.rstrip("/"), tenant
        self._token, self._refresh, self._budget = token, refresh, budget
        self._session = session or shared_session(platform)
        self._sleep, self._now = sleep, now

    def call(
        self,
        method: str,
        route: str,
        *,
        path: str | None = None,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        bucket: Bucket = "main",
        read: bool = False,
        permit: bool = True,
    ) -> Any:
        """Return the answer's JSON, None when it is empty.

        ``route`` is the path with names in place of ids, for logs and errors; ``path`` the encoded
        one, when it differs. ``read`` marks a POST that changes nothing. With ``permit=False`` the
        caller took the permit already. Repeats, by itself, what a short rate limit stopped and
        reads that met a passing fault; raises the errors of :mod:`clients.errors`.
        """
        call = Call(self._platform, self._tenant, method, route, read or method == "GET")
        url = self._base_url + (path or route)
        token, is_refreshed, faults = "", False, 0
        while True:
            if permit:
                self._budget.acquire(bucket)
            permit = True
            # After the permit: while nobody is to call, the token endpoint is left alone as well.
            token = token or self._ask_for_token(self._token)
            answer, fault = self._send(call, url, params, body, token, bucket)
            if fault is None:
                return answer
            if isinstance(fault, Unauthorized):
                if is_refreshed:
                    raise ReconnectNeeded(f"{fault}; it has to be connected again") from fault
                token, is_refreshed = self._ask_for_token(self._refresh), True
                continue
            wait = self._repeat_after(call, fault, faults, bucket)
            faults += 1
            if wait is None:
                raise fault
            self._sleep(wait)

    def take_permit(self, bucket: Bucket = "main") -> None:
        """Take the permit of a call ahead. Raises BudgetExhausted, NotAnswering."""
        self._budget.acquire(bucket)

    def try_permit(self, bucket: Bucket = "main") -> bool:
        """Take the permit of a call ahead if there is one at once; whether there was."""
        try:
            return self._budget.try_acquire(bucket) <= 0
        except NotAnswering:
            return False  # whoever waits for a permit is told

    def download(self, url: str, byte_range: str = "") -> Download:
        """Open one of the platform's files; see :func:`clients.downloads.open_download`.

        A refused token is renewed once. Raises PermissionMissing when that does not help.
        """
        self._budget.acquire("light")
        try:
            return open_download(self._session, self._base_url, url, self._token(), byte_range)
        except Unauthorized:
            token = self._refresh()
        try:
            return open_download(self._session, self._base_url, url, token, byte_range)
        except Unauthorized as refused:
            raise PermissionMissing(
                f"{refused} for {self._tenant}; who connected Zoom must be allowed to see it"
            ) from refused

    def _ask_for_token(self, ask: Callable[[], str]) -> str:
        try:
            return ask()
        except Unanswered as fault:
            fault.outage = self._budget.note_failure()
            raise

    def _note(self, fault: RollcallError | None, *, is_failure: bool) -> RollcallError | None:
        """Tell the breaker what a call met, and the fault what follows; return the fault."""
        if not is_failure:
            self._budget.note_answer()
        elif isinstance(fault, Unanswered):
            fault.outage = self._budget.note_failure()
        return fault

    def _repeat_after(
        self, call: Call, fault: RollcallError, faults: int, bucket: Bucket
    ) -> float | None:
        """Return the seconds to wait before the call is repeated here, None to give up."""
        if isinstance(fault, RateLimited):
            if fault.policy == "registrant":
                return None
            pause = (fault.retry_after or 1.0) * 2**faults
            self._budget.pause(bucket, pause)
            is_short = fault.policy == "window" and pause <= LONGEST_PAUSE
            # No wait of its own: the paused budget makes the next permit wait, or refuses it.
            return 0.0 if is_short and faults < REPETITIONS else None
        if isinstance(fault, Unavailable) and call.is_read and faults < REPETITIONS:
            if fault.outage is not None:
                return None
            wait = fault.retry_after if fault.retry_after is not None else 0.5 * 2**faults
            return wait if wait <= 2.0 else None
        return None

    def _send(
        self,
        call: Call,
        url: str,
        params: Mapping[str, Any] | None,
        body: Any,
        token: str,
        bucket: Bucket,
    ) -> tuple[Any, RollcallError | None]:
        started, status = time.monotonic(), 0
        try:
            with self._session.request(
                call.method,
                url,
                params=params,
                json=body,
                headers={"Authorization": f"Bearer {token}"},
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                allow_redirects=False,
                stream=True,
            ) as response:
                status, headers = response.status_code, response.headers
                content = _read_capped(response, started + ANSWER_DEADLINE)
        except requests.RequestException as error:
            return None, self._note(_connection_fault(call, error), is_failure=True)
        finally:
            self._log(call, status, started)
        rate = policy.read_rate(self._platform, headers)
        if rate:
            self._budget.learn(bucket, rate.limit, rate.window)
        if content is None:
            self._note(None, is_failure=False)
            return None, Rejected(f"{call}: answered {status} with more than 5 MiB", status=status)
        answer, is_json = _decode(content)
        fault = policy.judge(call, status, headers, answer, self._now())
        self._note(fault, is_failure=policy.is_failure(status))
        if fault is None and not is_json:
            fault = _lost(call, f"answered {status} with something that is not JSON")
        return answer, fault

    def _log(self, call: Call, status: int, started: float) -> None:
        log.info(
            "call",
            platform=call.platform,
            tenant=call.tenant,
            method=call.method,
            route=call.route,
            status=status,
            ms=round((time.monotonic() - started) * 1000),
        )


def _read_capped(response: requests.Response, deadline: float) -> bytes | None:
    """Return the body, None when it passes ``ANSWER_LIMIT``. Raises Timeout past the deadline."""
    parts: list[bytes] = []
    size = 0
    try:
        # What has come so far, and not a whole block of it: an answer may come a byte at a time.
        while part := response.raw.read1(64 * 1024, decode_content=True):
            size += len(part)
            if size > ANSWER_LIMIT:
                return None
            if time.monotonic() > deadline:
                raise requests.Timeout("the body trickles")
            parts.append(part)
    except HTTPError as error:
        raise requests.ConnectionError(error) from error
    return b"".join(parts)


def _decode(content: bytes) -> tuple[Any, bool]:
    if not content.strip():
        return None, True
    try:
        return json.loads(content), True
    except ValueError:
        return None, False


def _lost(call: Call, what: str) -> RollcallError:
    """Return the error of an answer that never came whole: a write may have been applied."""
    if call.is_read:
        return Unavailable(f"{call}: {what}; tried again later")
    return Unconfirmed(f"{call}: {what}; it may have been applied")


def _connection_fault(call: Call, error: requests.RequestException) -> RollcallError:
    """Return NotSent when no connection came about; otherwise the request may have arrived."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(error, requests.ConnectTimeout) or isinstance(
        reason, (NewConnectionError, ConnectTimeoutError)
    ):
        return NotSent(f"{call}: no connection; tried again later")
    return _lost(call, type(error).__name__)
