"""Webhooks: signatures, shapes, retries: https://developers.zoom.us/docs/api/webhooks/"""

from __future__ import annotations

import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from simulator.zoom.sender import compact, sign
from tests.simulator.zoom.support import ACCOUNT, HOST, NOW, MovableClock, Receiver, Zoom

SECRET = "sim-zoom-webhook-secret"


def flush(zoom: Zoom) -> dict[str, Any]:
    answer: dict[str, Any] = zoom.control("POST", "/zoom/webhooks/flush?timeout=20")
    assert answer["empty"], answer
    return answer


def register(zoom: Zoom, webinar: int, email: str = "zoë@x.example", **more: Any) -> None:
    person = {"email": email, "first_name": "Zoë", "last_name": "Ünal"} | more
    zoom.control("POST", f"/zoom/webinars/{webinar}/registrants", {"registrants": [person]})


class TestSignature:
    @pytest.mark.parametrize(
        ("body", "signature"),
        [
            pytest.param(
                b'{"event":"webinar.updated","event_ts":1794315775000,"payload":{"account_id":'
                b'"wZPl9qd-KCzQjxaK2mBjvA","object":{"id":88531246790,"topic":"Pr\xc3\xa4sentation '
                b'\xe2\x80\x93 \xc3\xa9t\xc3\xa9 \xe2\x98\x80"}}}',
                "v0=4a2a074a2e145726c71865dec8b661a7a97bbe16966e25c1811157f6a8956230",
                id="non-ASCII",
            ),
        ],
    )
    def test_agrees_with_a_known_vector(self, body: bytes, signature: str) -> None:
        assert sign("FAKE_secret_token_for_tests_01", "1794315775", body) == signature

    def test_bodies_are_compact_utf_8(self) -> None:
        assert compact({"a": ["é", 1]}) == '{"a":["é",1]}'.encode()

    def test_a_delivery_is_signed_over_its_bytes(self, zoom: Zoom, receiver: Receiver) -> None:
        register(zoom, zoom.webinar())
        flush(zoom)
        headers, body = receiver.received[0]
        timestamp = headers["x-zm-request-timestamp"]
        assert timestamp == str(int(NOW.timestamp()))
        message = b"v0:" + timestamp.encode() + b":" + body
        wanted = "v0=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        assert headers["x-zm-signature"] == wanted
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert headers["clientid"] == "sim-zoom-app"
        assert "Zoë".encode() in body

    def test_another_secret_can_be_set(self, zoom: Zoom, receiver: Receiver) -> None:
        zoom.control("PATCH", "/zoom/webhooks", {"secret": "rotated"})
        register(zoom, zoom.webinar())
        flush(zoom)
        headers, body = receiver.received[0]
        assert headers["x-zm-signature"] == sign("rotated", headers["x-zm-request-timestamp"], body)


class TestRetries:
    @pytest.mark.parametrize(
        ("statuses", "sent", "status"),
        [
            pytest.param([204], 1, "delivered", id="taken at once"),
            pytest.param([503, 500, 204], 3, "delivered", id="taken in the end"),
            pytest.param([500, 500, 500, 500], 4, "lost", id="three retries, then lost"),
            pytest.param([401], 1, "refused", id="4xx is not retried"),
            pytest.param([302], 1, "refused", id="redirects are not followed"),
        ],
    )
    def test_what_an_answer_leads_to(
        self, zoom: Zoom, receiver: Receiver, statuses: list[int], sent: int, status: str
    ) -> None:
        receiver.statuses = statuses
        register(zoom, zoom.webinar())
        assert flush(zoom)["counts"] == {status: 1}
        assert len(receiver.received) == sent
        log = zoom.control("GET", "/zoom/webhooks")["deliveries"]
        assert [len(entry["attempts"]) for entry in log] == [sent]

    def test_a_retry_keeps_id_and_body_and_is_signed_anew(
        self, zoom: Zoom, receiver: Receiver, clock: MovableClock, wait_until: Any
    ) -> None:
        zoom.control("PATCH", "/zoom/webhooks", {"retry_scale": 0.001})
        receiver.statuses = [500]
        register(zoom, zoom.webinar())
        wait_until(lambda: receiver.received, what="the first try")
        clock.advance(minutes=5)
        flush(zoom)
        (first, body), (second, same_body) = receiver.received
        assert first["x-zm-request-id"] == second["x-zm-request-id"]
        assert body == same_body
        assert first["x-zm-request-timestamp"] != second["x-zm-request-timestamp"]
        assert first["x-zm-signature"] != second["x-zm-signature"]
        assert first["x-zm-trackingid"] != second["x-zm-trackingid"]

    def test_a_dead_endpoint_is_retried_too(self, zoom: Zoom, receiver: Receiver) -> None:
        zoom.control("PATCH", "/zoom/webhooks", {"url": "http://127.0.0.1:9/hook"})
        register(zoom, zoom.webinar())
        assert flush(zoom)["counts"] == {"lost": 1}


class TestMishaps:
    def announce(self, zoom: Zoom, count: int) -> list[str]:
        webinar = zoom.webinar()
        people = [{"email": f"p{n}@x.example", "first_name": "P"} for n in range(count)]
        zoom.control("POST", f"/zoom/webinars/{webinar}/registrants", {"registrants": people})
        flush(zoom)
        return [person["email"] for person in people]

    def emails(self, receiver: Receiver) -> list[str]:
        return [body["payload"]["object"]["registrant"]["email"] for body in receiver.bodies()]

    def test_thousands_are_delivered(self, zoom: Zoom, receiver: Receiver) -> None:
        sent = self.announce(zoom, 2_000)
        assert sorted(self.emails(receiver)) == sorted(sent)

    def test_some_get_lost(self, zoom: Zoom, receiver: Receiver) -> None:
        zoom.control("PATCH", "/zoom/webhooks", {"drop_rate": 0.5, "seed": 7})
        self.announce(zoom, 100)
        counts = zoom.control("GET", "/zoom/webhooks?entries=0")["counts"]
        assert counts["dropped"] + counts["delivered"] == 100
        assert 20 < len(receiver.received) == counts["delivered"] < 80

    def test_some_come_twice_under_one_id(self, zoom: Zoom, receiver: Receiver) -> None:
        zoom.control("PATCH", "/zoom/webhooks", {"duplicate_rate": 1.0})
        self.announce(zoom, 5)
        ids = [headers["x-zm-request-id"] for headers, _ in receiver.received]
        assert (len(ids), len(set(ids))) == (10, 5)

    def test_they_may_come_in_another_order(self, zoom: Zoom, receiver: Receiver) -> None:
        zoom.control("PATCH", "/zoom/webhooks", {"shuffle": True, "seed": 3})
        sent = self.announce(zoom, 60)
        assert self.emails(receiver) != sent
        assert sorted(self.emails(receiver)) == sorted(sent)

    def test_a_switched_off_target_hears_nothing(self, zoom: Zoom, receiver: Receiver) -> None:
        zoom.control("PATCH", "/zoom/webhooks", {"enabled": False})
        self.announce(zoom, 3)
        assert receiver.received == []

    def test_a_reset_stops_what_is_on_its_way(self, zoom: Zoom, receiver: Receiver) -> None:
        receiver.statuses = [500]
        zoom.control("PATCH", "/zoom/webhooks", {"retry_scale": 1.0})
        register(zoom, zoom.webinar())
        zoom.control("POST", "/reset")
        assert zoom.control("GET", "/zoom/webhooks")["counts"] == {}


class TestByHand:
    @pytest.mark.parametrize("honest", [True, False], ids=["right answer", "wrong answer"])
    def test_url_validation_judges_the_answer(self, zoom: Zoom, honest: bool) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                token = body["payload"]["plainToken"]
                key = SECRET.encode() if honest else b"guess"
                sealed = hmac.new(key, token.encode(), hashlib.sha256).hexdigest()
                answer = json.dumps({"plainToken": token, "encryptedToken": sealed}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                return None

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            url = f"http://127.0.0.1:{server.server_port}/"
            zoom.control("PATCH", "/zoom/webhooks", {"url": url})
            answer = zoom.control("POST", "/zoom/webhooks/validate", {"plain_token": "abc_-1"})
            server.shutdown()
            thread.join()
        assert answer["valid"] is honest
        assert answer["answer"]["plainToken"] == "abc_-1"

    @pytest.mark.parametrize(
        ("wanted", "is_right"),
        [
            pytest.param({"raw": '{ "a": 1 }'}, True, id="any bytes, signed"),
            pytest.param({"body": {"a": 1}, "secret": "other"}, False, id="another secret"),
            pytest.param(
                {"body": {}, "headers": {"x-zm-signature": "v0=00"}}, False, id="a bad signature"
            ),
            pytest.param(
                {"body": {}, "headers": {"x-zm-signature": None}}, False, id="no signature"
            ),
        ],
    )
    def test_a_body_sent_by_hand(
        self, zoom: Zoom, receiver: Receiver, wanted: dict[str, Any], is_right: bool
    ) -> None:
        assert zoom.control("POST", "/zoom/webhooks/send", wanted)["status"] == 204
        headers, body = receiver.received[0]
        signature = sign(SECRET, headers["x-zm-request-timestamp"], body)
        assert (headers.get("x-zm-signature") == signature) is is_right


class TestEvents:
    def happen(self, zoom: Zoom, receiver: Receiver) -> dict[str, dict[str, Any]]:
        flush(zoom)
        return {body["event"]: body for body in receiver.bodies()}

    def test_the_life_of_a_webinar(self, zoom: Zoom, receiver: Receiver) -> None:
        webinar = zoom.webinar(silent=False)
        path = f"/zoom/webinars/{webinar}"
        zoom.control("PATCH", path, {"topic": "Renamed", "approval_type": 1})
        played = zoom.play(webinar, silent=False, participants=[{"name": "G"}])
        zoom.control("DELETE", path)
        events = self.happen(zoom, receiver)
        assert set(events) == {
            "webinar.created",
            "webinar.updated",
            "webinar.started",
            "webinar.ended",
            "webinar.deleted",
        }
        objects = {name: body["payload"]["object"] for name, body in events.items()}
        for name in ("webinar.created", "webinar.updated", "webinar.deleted"):
            assert objects[name]["id"] == webinar
        for name in ("webinar.started", "webinar.ended"):
            assert (objects[name]["id"], objects[name]["uuid"]) == (str(webinar), played["uuid"])
        updated = events["webinar.updated"]["payload"]
        assert updated["object"]["settings"] == {"approval_type": 1}
        assert updated["old_object"]["topic"] == "Product news"
        assert updated["time_stamp"] == int(NOW.timestamp() * 1000)
        assert objects["webinar.ended"]["practice_session"] is False
        assert events["webinar.ended"]["payload"]["account_id"] == ACCOUNT
        assert events["webinar.ended"]["event_ts"] == int(NOW.timestamp() * 1000)

    def test_the_old_values_may_stand_inside_the_object(
        self, zoom: Zoom, receiver: Receiver
    ) -> None:
        zoom.control("PATCH", "/switches", {"zoom_old_object_nested": True})
        webinar = zoom.webinar()
        zoom.control("PATCH", f"/zoom/webinars/{webinar}", {"duration": 30})
        payload = self.happen(zoom, receiver)["webinar.updated"]["payload"]
        assert payload["object"]["old_object"] == {"id": webinar, "duration": 60}
        assert "old_object" not in payload

    @pytest.mark.parametrize("announced", [True, False])
    def test_a_change_of_the_questions_may_be_announced_without_them(
        self, zoom: Zoom, receiver: Receiver, announced: bool
    ) -> None:
        zoom.control("PATCH", "/switches", {"zoom_questions_announced": announced})
        webinar = zoom.webinar()
        diet = {"title": "Diet", "type": "short", "required": True, "answers": []}
        path = f"/webinars/{webinar}/registrants/questions"
        changed = zoom.call("PATCH", path, json={"custom_questions": [diet]})
        assert (changed.status_code, zoom.get(path)["custom_questions"]) == (204, [diet])
        events = self.happen(zoom, receiver)
        assert list(events) == (["webinar.updated"] if announced else [])
        for body in events.values():
            assert "custom_questions" not in body["payload"]["object"]

    def test_the_life_of_a_registration(self, zoom: Zoom, receiver: Receiver) -> None:
        webinar = zoom.webinar(approval_type=1)
        register(zoom, webinar, org="Acme")
        person = zoom.control("GET", f"/zoom/webinars/{webinar}")["registrants"][0]["id"]
        for action in ("approve", "deny", "cancel"):
            zoom.control("POST", f"/zoom/webinars/{webinar}/registrants/{person}/{action}")
        events = self.happen(zoom, receiver)
        created = events["webinar.registration_created"]["payload"]
        assert "operator" not in created
        assert created["object"]["id"] == webinar
        assert created["object"]["registrant"]["status"] == "pending"
        assert created["object"]["registrant"]["org"] == "Acme"
        assert created["object"]["registrant"]["join_url"]
        for name in ("approved", "denied", "cancelled"):
            payload = events[f"webinar.registration_{name}"]["payload"]
            assert payload["operator_id"] == HOST
            assert payload["object"]["registrant"]["id"] == person
            assert ("join_url" in payload["object"]["registrant"]) is (name == "approved")

    @pytest.mark.parametrize("both", [False, True])
    def test_an_automatic_approval_may_be_announced_too(
        self, zoom: Zoom, receiver: Receiver, both: bool
    ) -> None:
        zoom.control("PATCH", "/switches", {"zoom_approved_event_on_add": both})
        register(zoom, zoom.webinar())
        assert ("webinar.registration_approved" in self.happen(zoom, receiver)) is both

    @pytest.mark.parametrize("told", [False, True])
    def test_a_deleted_registration_may_be_announced(
        self, zoom: Zoom, receiver: Receiver, told: bool
    ) -> None:
        zoom.control("PATCH", "/switches", {"zoom_delete_registrant_announced": told})
        webinar = zoom.webinar()
        person = zoom.register(webinar, "a@x.example")[0]["id"]
        zoom.control("DELETE", f"/zoom/webinars/{webinar}/registrants/{person}")
        assert ("webinar.registration_cancelled" in self.happen(zoom, receiver)) is told

    def test_a_registration_names_its_dates(self, zoom: Zoom, receiver: Receiver) -> None:
        planned = [
            {"occurrence_id": "a", "start_time": 60},
            {"occurrence_id": "b", "start_time": 99},
        ]
        webinar = zoom.webinar(type=9, registration_type=2, occurrences=planned)
        register(zoom, webinar, occurrence_ids=["b"])
        shown = self.happen(zoom, receiver)["webinar.registration_created"]["payload"]["object"]
        assert [date["occurrence_id"] for date in shown["occurrences"]] == ["b"]

    @pytest.mark.parametrize("wanted", [False, True], ids=["not subscribed", "subscribed"])
    def test_joins_and_leaves(self, zoom: Zoom, receiver: Receiver, wanted: bool) -> None:
        zoom.control("PATCH", "/switches", {"zoom_participant_events": wanted})
        webinar = zoom.webinar()
        zoom.play(webinar, silent=False, participants=[{"name": "Guest"}])
        events = self.happen(zoom, receiver)
        assert ("webinar.participant_joined" in events) is wanted
        if wanted:
            shown = events["webinar.participant_left"]["payload"]["object"]
            assert shown["id"] == str(webinar)
            assert (shown["participant"]["email"], shown["participant"]["user_name"]) == (
                "",
                "Guest",
            )

    def test_a_rehearsal_ends_too(self, zoom: Zoom, receiver: Receiver) -> None:
        zoom.play(zoom.webinar(), silent=False, practice_session=True)
        ended = self.happen(zoom, receiver)["webinar.ended"]["payload"]["object"]
        assert ended["practice_session"] is True

    def test_people_of_the_account(self, zoom: Zoom, receiver: Receiver) -> None:
        path = f"/zoom/accounts/{ACCOUNT}/users"
        made = zoom.control("POST", path, {"email": "new@acme.example", "first_name": "New"})
        zoom.control("PATCH", f"{path}/{made['id']}", {"email": "newer@acme.example"})
        zoom.control("POST", f"{path}/{made['id']}/deactivated")
        zoom.control("POST", f"{path}/{made['id']}/deleted")
        events = self.happen(zoom, receiver)
        assert set(events) == {
            f"user.{w}" for w in ("created", "updated", "deactivated", "deleted")
        }
        assert events["user.updated"]["payload"]["old_object"]["email"] == "new@acme.example"
        assert events["user.deleted"]["payload"]["object"]["email"] == "newer@acme.example"

    def test_removing_the_app_ends_tokens_and_further_events(
        self, zoom: Zoom, receiver: Receiver
    ) -> None:
        webinar = zoom.webinar()
        zoom.control("POST", "/zoom/deauthorize", {"account_id": ACCOUNT})
        register(zoom, webinar)
        flush(zoom)
        assert receiver.events() == ["app_deauthorized"]
        body = receiver.bodies()[0]
        assert "event_ts" not in body
        assert body["payload"]["account_id"] == ACCOUNT
        assert body["payload"]["user_id"] == HOST
        assert body["payload"]["event_ts"] == "2026-11-18 16:00:00"
        assert zoom.call("GET", "/users/me").status_code == 401
        zoom.sign_in()
        register(zoom, webinar, "second@x.example")
        flush(zoom)
        assert receiver.events()[1:] == ["webinar.registration_created"]
