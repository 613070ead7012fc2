"""POST /actions/add-to-webinar: only HubSpot's, taken once, answered with one outcome."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.completions import begin_completing
from tests.actions.conftest import EMAIL, OTHER_PORTAL, PORTAL, STRANGER, Caller, Door, execution

MINUTE = 60
BLOCK = {"hs_execution_state": "BLOCK", "hs_expiration_duration": "PT86400S"}
OUTCOME = {
    "hs_execution_state": "SUCCESS",
    "outcome": "registered",
    "joinUrl": "https://zoom.us/w/95012345678",
    "registrantId": "reg-1",
    "message": "Words.",
}


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        "how",
        [
            pytest.param({}, id="versions 3 and 2"),
            pytest.param({"versions": "v3"}, id="version 3 alone"),
            pytest.param({"versions": "v2"}, id="version 2 alone, as documented"),
            pytest.param({"age": 4 * MINUTE}, id="four minutes old"),
        ],
    )
    def test_hubspot_does(self, hubspot: Caller, door: Door, how: dict[str, Any]) -> None:
        assert hubspot.outputs(execution(), **how) == BLOCK
        (row,) = door.rows()
        assert (row["portal_id"], row["contact_id"], row["email"]) == (PORTAL, "501", EMAIL)
        assert (row["first_name"], row["last_name"]) == ("Ada", "")
        assert (row["webinar_input"], row["state"]) == ("950 1234 5678", "waiting")
        assert door.rung == ["live"]

    @pytest.mark.parametrize(
        "how",
        [
            pytest.param({"versions": ""}, id="unsigned"),
            pytest.param({"versions": "v1"}, id="version 1 alone, as for webhooks"),
            pytest.param({"signed_body": b"{}"}, id="another body"),
            pytest.param({"signed_body": b"{}", "versions": "v2"}, id="another body, version 2"),
            pytest.param({"age": 6 * MINUTE}, id="six minutes old"),
            pytest.param({"age": -6 * MINUTE}, id="six minutes ahead"),
            pytest.param({"url": "https://evil.example"}, id="for another address"),
            pytest.param({"headers": {"X-HubSpot-Signature-v3": "x"}}, id="a wrong version 3"),
            pytest.param(
                {"versions": "v2", "headers": {"X-HubSpot-Signature": "0" * 64}}, id="forged"
            ),
        ],
    )
    def test_X7_nobody_else_does(self, hubspot: Caller, door: Door, how: dict[str, Any]) -> None:
        assert hubspot.post(execution(), **how).status_code == 401
        assert (door.rows(), door.rung) == ([], [])

    def test_another_apps_secret_opens_nothing(self, door: Door) -> None:
        caller = door.open()
        caller.secret = "another"
        assert caller.post(execution()).status_code == 401

    def test_the_portal_is_that_of_the_signed_body_alone(self, hubspot: Caller, door: Door) -> None:
        body = execution(portalId=int(OTHER_PORTAL), context={"portalId": int(OTHER_PORTAL)})
        path = f"/actions/add-to-webinar?portalId={OTHER_PORTAL}"
        assert hubspot.post(body, path).status_code == 200
        assert [row["portal_id"] for row in door.rows()] == [PORTAL]

    def test_a_portal_without_rollcall_is_told_so_and_nothing_is_kept(
        self, hubspot: Caller, door: Door
    ) -> None:
        outputs = hubspot.outputs(execution(origin={"portalId": int(STRANGER)}))
        assert outputs["hs_execution_state"] == "FAIL_CONTINUE"
        assert outputs["outcome"] == "not_connected"
        assert (door.rows(), door.rung) == ([], [])

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"no json", id="no JSON"),
            pytest.param(b"[1]", id="a list"),
            pytest.param(execution(callbackId=None), id="without a callback"),
            pytest.param(execution(origin=None), id="without a portal"),
            pytest.param(execution(object={}), id="without a contact"),
        ],
    )
    def test_what_is_no_execution_is_refused(self, hubspot: Caller, door: Door, body: Any) -> None:
        assert hubspot.post(body).status_code == 400
        assert door.rows() == []

    @pytest.mark.parametrize("size", [256 * 1024 + 1, 2 * 1024 * 1024])
    def test_a_body_too_large_is_413(self, hubspot: Caller, door: Door, size: int) -> None:
        assert hubspot.post(b" " * size).status_code == 413
        assert door.rows() == []


class TestWhatIsTaken:
    def test_everything_may_be_missing_but_the_ids(self, hubspot: Caller, door: Door) -> None:
        bare = execution(object={"objectId": 501, "properties": None}, inputFields=None)
        del bare["fields"]
        assert hubspot.outputs(bare) == BLOCK
        (row,) = door.rows()
        assert (row["email"], row["first_name"], row["webinar_input"]) == ("", "", "")

    def test_strange_values_fit_their_columns(self, hubspot: Caller, door: Door) -> None:
        odd = {"email": "a\x00" + "b" * 400, "firstname": "\ud800" + "c" * 400, "lastname": 7}
        body = execution(
            object={"objectId": 501, "properties": odd}, inputFields={"webinarId": 95012345678}
        )
        assert hubspot.outputs(body) == BLOCK
        (row,) = door.rows()
        assert (len(row["email"]), len(row["first_name"])) == (255, 255)
        assert (row["last_name"], row["webinar_input"]) == ("7", "95012345678")

    def test_the_older_typed_copy_of_the_inputs_will_do_S46(
        self, hubspot: Caller, door: Door
    ) -> None:
        hubspot.outputs(execution(inputFields={}))
        assert door.rows()[0]["webinar_input"] == "950 1234 5678"

    def test_a_database_that_is_away_is_503_and_hubspot_comes_again(
        self, hubspot: Caller, door: Door
    ) -> None:
        bring_back = door.lose_database()
        answer = hubspot.post(execution())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        bring_back()
        assert hubspot.outputs(execution()) == BLOCK
        assert len(door.rows()) == 1


class TestOneOutcomeForACallback:
    def test_whoever_is_known_in_time_is_answered_at_once(self, door: Door) -> None:
        door.on_ring = door.settle
        assert door.open(patience=30.0).outputs(execution()) == OUTCOME
        (row,) = door.rows()
        assert (row["is_blocked"], row["due_at"]) == (False, None)

    def test_asked_again_the_answer_is_the_same(self, door: Door) -> None:
        door.on_ring = door.settle
        hubspot = door.open(patience=30.0)
        assert [hubspot.outputs(execution()) for _ in range(3)] == [OUTCOME] * 3
        assert len(door.rows()) == 1

    def test_asked_again_while_it_waits_it_goes_on_waiting(
        self, hubspot: Caller, door: Door
    ) -> None:
        hubspot.outputs(execution())
        expires_at = door.rows()[0]["expires_at"]
        outputs = hubspot.outputs(execution())
        assert outputs["hs_execution_state"] == "BLOCK"
        (row,) = door.rows()
        assert row["expires_at"] == expires_at

    def test_a_completion_never_overtakes_the_answer_that_asks_to_wait(
        self, hubspot: Caller, door: Door
    ) -> None:
        hubspot.outputs(execution())
        door.settle()
        (row,) = door.rows()
        assert row["due_at"] >= row["blocked_at"] + timedelta(seconds=0.9)
        # HubSpot did not hear the first answer: it waits again, and the completion with it.
        long_ago = datetime.now(UTC) - timedelta(minutes=1)
        door.change(due_at=long_ago, blocked_at=long_ago)
        assert hubspot.outputs(execution())["hs_execution_state"] == "BLOCK"
        assert door.rows()[0]["due_at"] > datetime.now(UTC)

    def test_once_the_completion_is_on_its_way_whoever_asks_is_told_the_outcome(
        self, hubspot: Caller, door: Door
    ) -> None:
        hubspot.outputs(execution())
        door.settle()
        later = datetime.now(UTC) + timedelta(minutes=1)
        with door.engine.begin() as to:
            assert len(begin_completing(to, PORTAL, later, later, 100)) == 1
        assert hubspot.outputs(execution()) == OUTCOME

    def test_an_outcome_that_comes_while_blocking_is_told_and_not_lost(self, door: Door) -> None:
        hubspot = door.open()
        # The outcome arrives between the last look and the attempt to block.
        door.on_ring = door.settle
        assert hubspot.outputs(execution()) == OUTCOME

    def test_the_same_callback_many_times_at_once_is_one_request(self, door: Door) -> None:
        hubspot = door.open(patience=0.2)
        with ThreadPoolExecutor(8) as crew:
            answers = list(crew.map(lambda _: hubspot.outputs(execution()), range(8)))
        assert {one["hs_execution_state"] for one in answers} == {"BLOCK"}
        assert len(door.rows()) == 1

    def test_only_a_few_wait_the_others_are_told_to_come_back(self, door: Door) -> None:
        hubspot = door.open(patience=30.0)
        asked = [execution(callbackId=f"ap-{number}") for number in range(6)]
        with ThreadPoolExecutor(6) as crew:
            under_way = [crew.submit(hubspot.outputs, body) for body in asked]
            ends_at = time.monotonic() + 20
            while sum(one.done() for one in under_way) < 3:
                assert time.monotonic() < ends_at, "nobody was told to come back"
                time.sleep(0.01)
            while len(door.rows()) < 6:
                time.sleep(0.01)
            door.settle()
            answers = [one.result() for one in under_way]
        states = sorted(one["hs_execution_state"] for one in answers)
        assert states == ["BLOCK"] * 3 + ["SUCCESS"] * 3
        told_later = [row["callback_id"] for row in door.rows() if row["is_blocked"]]
        assert len(told_later) == 3

    def test_each_portal_has_its_own_callbacks(self, hubspot: Caller, door: Door) -> None:
        hubspot.outputs(execution())
        hubspot.outputs(execution(origin={"portalId": int(OTHER_PORTAL)}))
        assert [row["portal_id"] for row in door.rows()] == [PORTAL, OTHER_PORTAL]
