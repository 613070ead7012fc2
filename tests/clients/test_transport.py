"""One call: bearer, refresh, repetitions, permits, limits of size, and what is logged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import structlog

from clients import errors
from clients.transport import ANSWER_LIMIT, Transport, shared_session
from tests.clients.conftest import HUBSPOT, CountedPermits, Tokens

URL = f"{HUBSPOT}/things"


@pytest.fixture
def transport(make_transport: Callable[..., Transport]) -> Transport:
    return make_transport("hubspot")


class TestBearer:
    def test_a_401_is_refreshed_once_and_repeated_F25(
        self, http: responses.RequestsMock, transport: Transport, tokens: Tokens
    ) -> None:
        http.get(URL, status=401)
        http.get(URL, json={"fine": True})
        assert transport.call("GET", "/things") == {"fine": True}
        bearers = [call.request.headers["Authorization"] for call in http.calls]
        assert bearers == ["Bearer stale-token", "Bearer fresh-token-1"]
        assert tokens.refreshes == 1

    def test_a_second_401_asks_a_person_to_reconnect(
        self, http: responses.RequestsMock, transport: Transport, tokens: Tokens
    ) -> None:
        http.get(URL, status=401)
        http.get(URL, status=401)
        with pytest.raises(errors.ReconnectNeeded):
            transport.call("GET", "/things")
        assert tokens.refreshes == 1

    def test_a_missing_scope_is_not_worth_a_refresh_F25(
        self, http: responses.RequestsMock, make_transport: Callable[..., Transport], tokens: Tokens
    ) -> None:
        message = "Invalid access token, does not contain scopes:[report:read:admin]"
        http.get(URL, status=401, json={"code": 4711, "message": message})
        with pytest.raises(errors.ScopeMissing):
            make_transport("zoom", HUBSPOT).call("GET", "/things")
        assert tokens.refreshes == 0

    def test_a_netrc_entry_does_not_replace_the_bearer(
        self,
        http: responses.RequestsMock,
        transport: Transport,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine hubspot.example login somebody password else\n")
        monkeypatch.setenv("NETRC", str(netrc))
        http.get(URL, json={})
        transport.call("GET", "/things")
        assert http.calls[0].request.headers["Authorization"] == "Bearer stale-token"


class TestRepetitions:
    def test_a_read_survives_two_passing_faults(
        self, http: responses.RequestsMock, transport: Transport, naps: list[float]
    ) -> None:
        http.get(URL, status=503)
        http.get(URL, status=502)
        http.get(URL, json=[1])
        assert transport.call("GET", "/things") == [1]
        assert naps == [0.5, 1.0]

    def test_a_read_gives_up_after_the_third(
        self, http: responses.RequestsMock, transport: Transport
    ) -> None:
        for _ in range(3):
            http.get(URL, status=503)
        with pytest.raises(errors.Unavailable):
            transport.call("GET", "/things")

    def test_a_post_that_only_reads_is_a_read(
        self, http: responses.RequestsMock, transport: Transport
    ) -> None:
        http.post(URL, status=503)
        http.post(URL, json={})
        assert transport.call("POST", "/things", read=True) == {}

    @pytest.mark.parametrize(
        ("status", "error"), [(503, errors.Unavailable), (504, errors.Unconfirmed)]
    )
    def test_a_write_is_never_repeated_here(
        self,
        http: responses.RequestsMock,
        transport: Transport,
        status: int,
        error: type[Exception],
    ) -> None:
        http.post(URL, status=status)
        with pytest.raises(error):
            transport.call("POST", "/things", body={})
        assert len(http.calls) == 1

    def test_a_long_wait_is_handed_back(
        self, http: responses.RequestsMock, transport: Transport, naps: list[float]
    ) -> None:
        http.get(URL, status=477, headers={"Retry-After": "86400"})
        with pytest.raises(errors.Unavailable) as raised:
            transport.call("GET", "/things")
        assert raised.value.retry_after == 86400
        assert naps == []


class TestPermits:
    def test_each_attempt_takes_a_permit_of_its_bucket(
        self, http: responses.RequestsMock, transport: Transport, permits: CountedPermits
    ) -> None:
        http.get(URL, status=503)
        http.get(URL, json={})
        transport.call("GET", "/things", bucket="search")
        assert permits.taken == ["search", "search"]

    def test_a_permit_taken_by_the_caller_is_not_taken_twice(
        self, http: responses.RequestsMock, transport: Transport, permits: CountedPermits
    ) -> None:
        http.get(URL, status=401)
        http.get(URL, json={})
        transport.call("GET", "/things", permit=False)
        assert permits.taken == ["main"]

    def test_without_a_permit_nothing_is_sent(
        self,
        http: responses.RequestsMock,
        transport: Transport,
        permits: CountedPermits,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def refuse(bucket: str) -> None:
            raise errors.BudgetExhausted("no permit", retry_after=7.0)

        monkeypatch.setattr(permits, "acquire", refuse)
        with pytest.raises(errors.BudgetExhausted):
            transport.call("GET", "/things")
        assert len(http.calls) == 0

    def test_the_stated_limit_is_handed_to_the_limiter(
        self, http: responses.RequestsMock, transport: Transport, permits: CountedPermits
    ) -> None:
        http.get(URL, json={}, headers={"X-HubSpot-RateLimit-Max": "190"})
        transport.call("GET", "/things")
        assert permits.learnt == [("main", 190, 10.0)]

    def test_a_short_limit_pauses_everybody_and_even_a_write_is_repeated_F19(
        self, http: responses.RequestsMock, transport: Transport, permits: CountedPermits
    ) -> None:
        http.post(URL, status=429, json={"policyName": "TEN_SECONDLY_ROLLING"})
        http.post(URL, status=429, json={"policyName": "TEN_SECONDLY_ROLLING"})
        http.post(URL, json={"fine": True})
        assert transport.call("POST", "/things", body={}) == {"fine": True}
        assert permits.pauses == [("main", 1.0), ("main", 2.0)]

    def test_a_daily_limit_pauses_everybody_and_is_handed_back_F19(
        self, http: responses.RequestsMock, transport: Transport, permits: CountedPermits
    ) -> None:
        http.get(URL, status=429, json={"policyName": "DAILY"}, headers={"Retry-After": "5000"})
        with pytest.raises(errors.RateLimited) as raised:
            transport.call("GET", "/things")
        assert raised.value.retry_after == 5000
        assert permits.pauses == [("main", 5000.0)]

    def test_the_limit_of_one_registrant_pauses_nobody_else(
        self,
        http: responses.RequestsMock,
        make_transport: Callable[..., Transport],
        permits: CountedPermits,
    ) -> None:
        http.post(f"{HUBSPOT}/registrants", status=429, json={"code": 429, "message": "daily"})
        with pytest.raises(errors.RateLimited) as raised:
            make_transport("zoom", HUBSPOT).call("POST", "/registrants", body={})
        assert raised.value.policy == "registrant"
        assert permits.pauses == []


class TestAnswers:
    @pytest.mark.parametrize("body", [b"", b"  \n"])
    def test_an_empty_answer_is_none(
        self, http: responses.RequestsMock, transport: Transport, body: bytes
    ) -> None:
        http.delete(URL, body=body)
        assert transport.call("DELETE", "/things") is None

    def test_html_instead_of_json_leaves_a_write_unconfirmed_F23(
        self, http: responses.RequestsMock, transport: Transport
    ) -> None:
        http.post(URL, body="<html>maintenance</html>")
        with pytest.raises(errors.Unconfirmed):
            transport.call("POST", "/things", body={})

    def test_an_answer_that_is_too_large_is_refused_F23(
        self, http: responses.RequestsMock, transport: Transport
    ) -> None:
        http.get(URL, body=b" " * (ANSWER_LIMIT + 1))
        with pytest.raises(errors.Rejected, match="5 MiB"):
            transport.call("GET", "/things")

    def test_an_answer_just_within_the_limit_is_read(
        self, http: responses.RequestsMock, transport: Transport
    ) -> None:
        http.get(URL, body=b'"' + b"a" * (ANSWER_LIMIT - 2) + b'"')
        assert len(transport.call("GET", "/things")) == ANSWER_LIMIT - 2

    @pytest.mark.parametrize(
        ("method", "error", "expected"),
        [
            ("POST", requests.ReadTimeout("slow"), errors.Unconfirmed),
            ("POST", requests.ConnectionError("reset"), errors.Unconfirmed),
            ("POST", requests.exceptions.ChunkedEncodingError("cut"), errors.Unconfirmed),
            ("POST", requests.ConnectTimeout("nobody"), errors.NotSent),
            ("GET", requests.ReadTimeout("slow"), errors.Unavailable),
        ],
    )
    def test_a_broken_connection_says_whether_anything_left_F21(
        self,
        transport: Transport,
        method: str,
        error: Exception,
        expected: type[Exception],
    ) -> None:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
            http.add(method, URL, body=error)
            with pytest.raises(expected):
                transport.call(method, "/things", body={} if method == "POST" else None)


class TestLog:
    def test_a_line_names_the_route_and_nothing_personal(
        self, http: responses.RequestsMock, transport: Transport
    ) -> None:
        http.post(f"{HUBSPOT}/people/ann%40thyme.example", json={"secret": "in the answer"})
        with structlog.testing.capture_logs() as lines:
            transport.call(
                "POST",
                "/people/{email}",
                path="/people/ann%40thyme.example",
                params={"q": "bea@thyme.example"},
                body={"email": "cid@thyme.example"},
            )
        (line,) = lines
        assert line["route"] == "/people/{email}"
        assert set(line) == {
            "event", "log_level", "platform", "tenant", "method", "route", "status", "ms",
        }  # fmt: skip
        for secret in ("thyme", "stale-token", "secret"):
            assert secret not in str(line)

    def test_a_call_without_answer_is_logged_too(
        self, http: responses.RequestsMock, transport: Transport
    ) -> None:
        http.post(URL, body=requests.ReadTimeout("slow"))
        with structlog.testing.capture_logs() as lines, pytest.raises(errors.Unconfirmed):
            transport.call("POST", "/things", body={})
        assert [(line["method"], line["status"]) for line in lines] == [("POST", 0)]


# --- against a real socket ----------------------------------------------------------------------


class Recorder(BaseHTTPRequestHandler):
    """Answers by path and remembers what really arrived."""

    seen: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Cookie")))
        if self.path == "/drop":
            self.close_connection = True
            self.connection.close()
            return
        self.send_response({"/moved": 302, "/limited": 429}.get(self.path, 200))
        self.send_header("Retry-After", "3600")
        self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "tenant=one; Path=/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    seen: list[tuple[str, str | None]] = []
    handler = type("Handler", (Recorder,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http_server.server_address[1]}", seen
        http_server.shutdown()
        thread.join()


class TestRealSocket:
    def test_an_encoded_path_arrives_as_it_was_written(
        self,
        server: tuple[str, list[tuple[str, str | None]]],
        make_transport: Callable[..., Transport],
    ) -> None:
        base_url, seen = server
        path = "/report/webinars/%252FxPq%252F%252F7Zk%253D%253D/participants"
        make_transport("zoom", base_url).call("GET", "/report/webinars/{uuid}", path=path)
        assert seen == [(path, None)]

    def test_cookies_never_come_back(
        self,
        server: tuple[str, list[tuple[str, str | None]]],
        make_transport: Callable[..., Transport],
    ) -> None:
        base_url, seen = server
        transport = make_transport("hubspot", base_url)
        transport.call("GET", "/one")
        transport.call("GET", "/two")
        assert seen == [("/one", None), ("/two", None)]

    def test_a_redirect_is_not_followed(
        self,
        server: tuple[str, list[tuple[str, str | None]]],
        make_transport: Callable[..., Transport],
    ) -> None:
        base_url, seen = server
        with pytest.raises(errors.Rejected):
            make_transport("hubspot", base_url).call("GET", "/moved")
        assert [path for path, _ in seen] == ["/moved"]

    def test_the_adapter_neither_sleeps_through_a_rate_limit_nor_hides_it(
        self,
        server: tuple[str, list[tuple[str, str | None]]],
        make_transport: Callable[..., Transport],
    ) -> None:
        base_url, seen = server
        with pytest.raises(errors.RateLimited) as raised:
            make_transport("hubspot", base_url).call("GET", "/limited")
        assert raised.value.retry_after == 3600
        assert len(seen) == 1

    def test_a_connection_dropped_before_the_answer_leaves_a_write_unconfirmed_and_unrepeated(
        self,
        server: tuple[str, list[tuple[str, str | None]]],
        make_transport: Callable[..., Transport],
    ) -> None:
        base_url, seen = server
        with pytest.raises(errors.Unconfirmed):
            make_transport("hubspot", base_url).call("POST", "/drop", body={})
        assert len(seen) == 1

    def test_a_closed_port_means_nothing_was_sent(
        self, make_transport: Callable[..., Transport]
    ) -> None:
        with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as closed:
            port = closed.server_address[1]
        with pytest.raises(errors.NotSent):
            make_transport("hubspot", f"http://127.0.0.1:{port}").call("POST", "/things", body={})

    def test_eight_threads_share_one_transport(
        self,
        server: tuple[str, list[tuple[str, str | None]]],
        make_transport: Callable[..., Transport],
    ) -> None:
        base_url, seen = server
        transport = make_transport("hubspot", base_url)
        answers: list[Any] = []

        def work() -> None:
            for _ in range(10):
                answers.append(transport.call("GET", "/shared"))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [{}] * 80
        assert len(seen) == 80


def test_a_process_has_one_session_for_each_platform() -> None:
    assert shared_session("hubspot") is shared_session("hubspot")
    assert shared_session("hubspot") is not shared_session("zoom")


class TestPermitsAhead:
    def test_one_is_taken_only_if_there_is_one_at_once(
        self, transport: Transport, permits: CountedPermits, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert transport.try_permit() is True
        monkeypatch.setattr(permits, "try_acquire", lambda bucket: 2.5)
        assert transport.try_permit() is False
        assert permits.taken == ["main"]

    def test_there_is_none_while_nobody_is_to_call(
        self, transport: Transport, permits: CountedPermits, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(bucket: str) -> float:
            raise errors.NotAnswering("down", retry_after=30.0)

        monkeypatch.setattr(permits, "try_acquire", refuse)
        assert transport.try_permit() is False
