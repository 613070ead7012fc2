"""POST /webhooks/zoom: only Zoom's deliveries, each kept once before it is answered."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from simulator.app import create_simulator
from tests.oauth.support import ACCOUNT, HOST, PUBLIC_URL, Rung, Site
from tests.samples import sample, sample_names
from tests.webhooks.support import (
    EMAIL,
    ZOOM,
    ZOOM_SECRET,
    Delivery,
    as_bytes,
    body_of,
    refusing_database,
    stored,
)

REGISTERED = {
    "event": "webinar.registration_created",
    "event_ts": 1_792_487_647_628,
    "payload": {
        "account_id": ACCOUNT,
        "object": {"id": 88_531_246_790, "registrant": {"id": "r", "email": EMAIL}},
    },
}
DAY, MINUTE = 86_400, 60


def assert_discreet(lines: list[Any], *secrets: str) -> None:
    """No address, secret or signature in what was logged."""
    text = repr(lines)
    for secret in (EMAIL, ZOOM_SECRET, "v0=", *secrets):
        assert secret not in text


class TestWhatIsZooms:
    @pytest.mark.parametrize(
        "delivery",
        [
            pytest.param(Delivery(REGISTERED), id="signed now"),
            pytest.param(Delivery(REGISTERED, age=DAY - MINUTE), id="signed almost a day ago"),
            pytest.param(Delivery(REGISTERED, age=-4 * MINUTE), id="F36 four minutes ahead"),
            pytest.param(
                Delivery(b'{ "event":"x.y",\n "payload": {"account_id":"a"} }'), id="with spaces"
            ),
            pytest.param(Delivery('{"event":"x.y","t":"Präsentation ☀"}'.encode()), id="UTF-8"),
        ],
    )
    def test_it_is_kept_byte_for_byte(self, site: Site, delivery: Delivery, lines: Any) -> None:
        answer = delivery.to_zoom(site)
        assert (answer.status_code, answer.data) == (204, b"")
        (row,) = stored(site)
        assert (row["source"], row["state"]) == ("zoom", "new")
        assert body_of(site, row) == as_bytes(delivery.body)
        assert [line["event"] for line in lines] == ["delivery_stored"]
        assert_discreet(lines)

    @pytest.mark.parametrize(
        "delivery",
        [
            pytest.param(
                Delivery(REGISTERED, headers={"x-zm-signature": None}), id="without a signature"
            ),
            pytest.param(
                Delivery(REGISTERED, headers={"x-zm-request-timestamp": None}),
                id="without a timestamp",
            ),
            pytest.param(Delivery(REGISTERED, secret="another"), id="another secret"),
            pytest.param(Delivery(REGISTERED, secret="sim-zoom-secret"), id="the client secret"),
            pytest.param(Delivery(REGISTERED, signed_body={"event": "y"}), id="another body"),
            pytest.param(
                Delivery(b'{"a":1}', signed_body=b'{"a": 1}'), id="the same JSON, other bytes"
            ),
            pytest.param(Delivery(REGISTERED, age=DAY + MINUTE), id="stale: more than a day old"),
            pytest.param(Delivery(REGISTERED, age=-6 * MINUTE), id="F36 six minutes ahead"),
            pytest.param(
                Delivery(REGISTERED, headers={"x-zm-request-timestamp": "1792487647"}),
                id="another timestamp",
            ),
            pytest.param(
                Delivery(REGISTERED, headers={"x-zm-request-timestamp": "1792487647628"}),
                id="a timestamp in milliseconds",
            ),
            pytest.param(
                Delivery(REGISTERED, headers={"x-zm-request-timestamp": "now"}),
                id="a timestamp that is none",
            ),
            pytest.param(
                Delivery(REGISTERED, headers={"x-zm-request-timestamp": "١٧٩٢٤٨٧٦٤٧"}),
                id="a timestamp in other digits",
            ),
            pytest.param(
                Delivery(REGISTERED, headers={"x-zm-signature": "v0="}), id="an empty signature"
            ),
            pytest.param(
                Delivery(REGISTERED, headers={"x-zm-signature": "v1=" + "0" * 64}),
                id="another scheme",
            ),
            pytest.param(
                Delivery(REGISTERED, headers={"x-zm-signature": "v0=" + "é" * 64}),
                id="a signature that is no hex",
            ),
        ],
    )
    def test_X7_anything_else_is_refused_and_not_kept(
        self, site: Site, delivery: Delivery, lines: Any
    ) -> None:
        answer = delivery.to_zoom(site)
        assert answer.status_code == 401
        assert answer.data == b""
        assert stored(site) == []
        assert site.doorbell.pools == []
        assert [(line["event"], line["reason"]) for line in lines] == [
            ("delivery_refused", "bad_signature")
        ]
        assert_discreet(lines)

    def test_X7_a_second_signature_header_makes_neither_count(self, site: Site) -> None:
        proper = Delivery(REGISTERED).to_zoom(site).request.headers["x-zm-signature"]
        forged = Delivery(REGISTERED, headers={"x-zm-signature": f"{proper},{proper}"})
        assert forged.to_zoom(site).status_code == 401
        assert len(stored(site)) == 1  # the proper one

    @pytest.mark.parametrize(
        ("secret", "status"), [("new-secret", 204), ("old-secret", 204), (ZOOM_SECRET, 401)]
    )
    def test_while_the_secret_rotates_both_are_good(
        self, site: Site, secret: str, status: int
    ) -> None:
        zoom = replace(site.config.zoom, webhook_secrets=("new-secret", "old-secret"))
        app = create_app(replace(site.config, zoom=zoom), doorbell=Rung())
        assert Delivery(REGISTERED, secret=secret).to_zoom(site, app).status_code == status


class TestKeeping:
    def test_a_repetition_is_answered_alike_and_kept_once_F28(
        self, any_site: Site, lines: Any
    ) -> None:
        """A retry comes with a fresh timestamp and signature over the same bytes."""
        for age in (300, 0, 0):
            assert Delivery(REGISTERED, age=age).to_zoom(any_site).status_code == 204
        assert len(stored(any_site)) == 1
        assert [line["event"] for line in lines] == ["delivery_stored"] + ["delivery_repeated"] * 2

    def test_the_row_says_what_it_is_without_being_opened(self, any_site: Site) -> None:
        Delivery(REGISTERED).to_zoom(any_site)
        (row,) = stored(any_site)
        assert (row["event"], row["account_id"]) == ("webinar.registration_created", ACCOUNT)
        assert EMAIL.encode() not in row["body"]

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b'{"event": "webinar.created", "payl', id="malformed JSON"),
            pytest.param(b'["event"]', id="a list"),
            pytest.param(b"null", id="null"),
            pytest.param(b'"event"', id="a text"),
            pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
            pytest.param(b"\xef\xbb\xbf{}", id="with a byte order mark"),
            pytest.param(b"[" * 100_000, id="a hundred thousand deep"),
            pytest.param(b'{"event_ts": 1e400, "x": NaN}', id="no numbers"),
            pytest.param(b'{"event_ts": ' + b"9" * 5_000 + b"}", id="a huge number"),
            pytest.param({"event": 5, "payload": "text"}, id="of other types"),
            pytest.param({"event": ["x"], "payload": {"account_id": {}}}, id="nested names"),
            pytest.param(
                {"event": "a\x00b", "payload": {"account_id": "\x00"}}, id="zero bytes in names"
            ),
            pytest.param(
                b'{"event": "\\ud800", "payload": {"account_id": "\\udfff"}}', id="half characters"
            ),
            pytest.param({"event": "e" * 500, "payload": {"account_id": "a" * 500}}, id="long"),
            pytest.param({"event": "a.new_one", "payload": {"account_id": "a"}}, id="unknown"),
            pytest.param({"event": "endpoint.url_validation_", "payload": {}}, id="almost known"),
        ],
    )
    def test_X9_whatever_zoom_signs_is_kept_however_strange_F30(
        self, any_site: Site, body: Any, lines: Any
    ) -> None:
        assert Delivery(body).to_zoom(any_site).status_code == 204
        (row,) = stored(any_site)
        assert body_of(any_site, row) == as_bytes(body)
        assert [line["event"] for line in lines] == ["delivery_stored"]

    @pytest.mark.parametrize(
        "name", [name for name in sample_names("zoom/webhooks") if "validation" not in name]
    )
    def test_every_kind_of_event_is_kept(self, site: Site, name: str) -> None:
        body = sample(f"zoom/webhooks/{name}")
        assert Delivery(body).to_zoom(site).status_code == 204
        (row,) = stored(site)
        assert row["event"] == body["event"]
        assert row["account_id"] == body["payload"]["account_id"]

    def test_the_live_workers_are_woken(self, site: Site, wait_until: Any) -> None:
        Delivery(REGISTERED).to_zoom(site)
        wait_until(lambda: site.doorbell.pools == ["live"], what="the bell")

    def test_a_bell_out_of_order_loses_nothing_F13(self, site: Site, wait_until: Any) -> None:
        class Broken:
            def ring(self, pool: str = "live") -> None:
                raise ConnectionError("Redis is away")

        app = create_app(site.config, doorbell=Broken())
        assert Delivery(REGISTERED).to_zoom(site, app).status_code == 204
        assert len(stored(site)) == 1
        metrics = lambda: app.test_client().get("/metrics", base_url=PUBLIC_URL).text  # noqa: E731
        wait_until(lambda: "rollcall_doorbell_failures_total 1.0" in metrics(), what="the count")

    def test_when_the_database_refuses_zoom_is_asked_to_come_again_F17(
        self, any_site: Site, lines: Any
    ) -> None:
        started = time.monotonic()
        with refusing_database(any_site):
            answer = Delivery(REGISTERED).to_zoom(any_site)
        assert time.monotonic() - started < 3.0
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert [line["event"] for line in lines] == ["delivery_not_stored"]
        assert_discreet(lines, any_site.config.database_url)
        assert any_site.doorbell.pools == []

        assert Delivery(REGISTERED).to_zoom(any_site).status_code == 204
        assert len(stored(any_site)) == 1


class TestSize:
    def test_X9_half_a_megabyte_is_the_most(self, site: Site, lines: Any) -> None:
        largest = b'"' + b"x" * (512 * 1024 - 2) + b'"'
        assert Delivery(largest).to_zoom(site).status_code == 204
        answer = Delivery(largest + b" ").to_zoom(site)
        assert answer.status_code == 413
        assert len(stored(site)) == 1
        assert lines[-1]["reason"] == "too_large"

    def test_X9_a_body_without_a_length_is_measured_as_it_comes(self, site: Site) -> None:
        with served(site.app) as (host, port):
            connection = http.client.HTTPConnection(host, port, timeout=10)
            parts = (b"x" * 65_536 for _ in range(9))
            connection.request("POST", ZOOM, body=parts)
            assert connection.getresponse().status == 413
            connection.close()
        assert stored(site) == []


class TestOtherRequests:
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
    def test_only_posts_are_taken(self, site: Site, method: str) -> None:
        answer = Delivery(REGISTERED, method=method).to_zoom(site)
        assert answer.status_code == 405
        assert "POST" in answer.headers["Allow"]
        assert stored(site) == []

    def test_no_cookie_is_needed_or_given(self, site: Site) -> None:
        assert "Set-Cookie" not in Delivery(REGISTERED).to_zoom(site).headers


def validation(token: Any) -> dict[str, Any]:
    return {"event": "endpoint.url_validation", "payload": {"plainToken": token}, "event_ts": 1}


class TestEndpointValidation:
    @pytest.mark.parametrize("token", ["qgg8vlvZRS6UYooatFL8Aw", "a", "-_" * 32])
    def test_a_token_is_answered_with_its_proof(self, site: Site, token: str, lines: Any) -> None:
        answer = Delivery(validation(token)).to_zoom(site)
        proof = hmac.new(ZOOM_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        assert answer.status_code == 200
        assert answer.json == {"plainToken": token, "encryptedToken": proof}
        assert stored(site) == []
        assert [line["event"] for line in lines] == ["endpoint_validated"]

    def test_while_the_secret_rotates_the_one_that_signed_makes_the_proof(self, site: Site) -> None:
        zoom = replace(site.config.zoom, webhook_secrets=("new-secret", "old-secret"))
        app = create_app(replace(site.config, zoom=zoom), doorbell=Rung())
        for secret in ("new-secret", "old-secret"):
            answer = Delivery(validation("token"), secret=secret).to_zoom(site, app)
            proof = hmac.new(secret.encode(), b"token", hashlib.sha256).hexdigest()
            assert answer.json["encryptedToken"] == proof

    @pytest.mark.parametrize(
        "token",
        [
            pytest.param('v0:1792487647:{"event":"app_deauthorized"}', id="a body to be signed"),
            pytest.param("v0:1792487647:", id="a prefix to be signed"),
            pytest.param("a b", id="a space"),
            pytest.param("x" * 65, id="too long"),
            pytest.param("x" * 10_240, id="ten thousand"),
            pytest.param("token\n", id="a line end"),
            pytest.param("tökén", id="other letters"),
            pytest.param("", id="empty"),
            pytest.param(None, id="null"),
            pytest.param(12345, id="a number"),
            pytest.param(["token"], id="a list"),
        ],
    )
    def test_X8_what_is_no_token_is_never_signed(self, site: Site, token: Any, lines: Any) -> None:
        """Else anybody who may have tokens signed could have events signed."""
        answer = Delivery(validation(token)).to_zoom(site)
        assert answer.status_code == 400
        assert b"encryptedToken" not in answer.data
        assert [(line["event"], line["reason"]) for line in lines] == [
            ("delivery_refused", "bad_validation")
        ]

    @pytest.mark.parametrize(
        "delivery",
        [
            pytest.param(
                Delivery(validation("token"), headers={"x-zm-signature": None}), id="unsigned"
            ),
            pytest.param(Delivery(validation("token"), secret="another"), id="wrongly signed"),
        ],
    )
    def test_X8_a_stranger_gets_no_proof(self, site: Site, delivery: Delivery) -> None:
        answer = delivery.to_zoom(site)
        assert (answer.status_code, answer.data) == (401, b"")


@contextmanager
def served(app: Flask) -> Iterator[tuple[str, int]]:
    """The application on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield "127.0.0.1", server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TestOverHttp:
    """Zoom as the simulator plays it, sending by itself."""

    def test_the_endpoint_passes_zooms_check_and_events_arrive_once(self, site: Site) -> None:
        control = create_simulator(site.world).test_client()
        with served(site.app) as (host, port):
            site.world.zoom.sender.aim(
                url=f"http://{host}:{port}{ZOOM}", duplicate_rate=1.0, retry_scale=0.0
            )
            assert control.post("/control/zoom/webhooks/validate", json={}).json["valid"]
            host_user = {"topic": "Demo", "host_id": HOST}
            control.post(f"/control/zoom/accounts/{ACCOUNT}/webinars", json=host_user)
            control.post("/control/zoom/deauthorize", json={"account_id": ACCOUNT})
            assert site.world.zoom.sender.flush(20)
            assert set(site.world.zoom.sender.counts()) == {"delivered"}
        assert sorted(row["event"] for row in stored(site)) == [
            "app_deauthorized",
            "webinar.created",
        ]
