"""Journal, limits, faults, latency and reset, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from simulator.app import RunningSimulator, create_simulator, serve_in_thread
from simulator.limits import Limits

PATH = "/hubspot/crm/objects/2026-03/contacts"
BODY = {"properties": {"email": "a@x.de"}}


@pytest.fixture(scope="module")
def served() -> Iterator[RunningSimulator]:
    """One simulator for the module."""
    with serve_in_thread() as running:
        yield running


@pytest.fixture
def simulator(served: RunningSimulator) -> RunningSimulator:
    """The simulator, emptied."""
    served.world.reset()
    return served


class Caller:
    """Calls with a portal's token."""

    def __init__(self, simulator: RunningSimulator) -> None:
        state = simulator.world.hubspot
        self.portal = state.create_portal()
        scopes = ("oauth", "crm.objects.contacts.read", "crm.objects.contacts.write")
        self.token = state.issue_access_token(self.portal.id, 1, scopes).token
        self.base_url = simulator.base_url

    def call(self, method: str = "GET", path: str = PATH, body: Any = None) -> requests.Response:
        """One call of the platform."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = self.base_url + path
        return requests.request(method, url, json=body, headers=headers, timeout=10)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the control API."""
        answer = requests.request(method, f"{self.base_url}/control{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, **rule: Any) -> None:
        """Add a rule for HubSpot."""
        self.control("POST", "/faults", {"platform": "hubspot", **rule})

    def contact_count(self) -> int:
        """How many contacts the portal has."""
        return len(self.portal.contacts.live())


@pytest.fixture
def caller(simulator: RunningSimulator) -> Caller:
    """A portal's caller."""
    return Caller(simulator)


class TestFaults:
    @pytest.mark.parametrize(
        ("kind", "applied"),
        [("refuse_before", 0), ("hang", 0), ("lost_answer", 1), ("cut_answer", 1)],
        ids=lambda value: str(value),
    )
    def test_a_closed_connection_with_and_without_effect(
        self, caller: Caller, kind: str, applied: int
    ) -> None:
        caller.fault(kind=kind, times=1)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            caller.call("POST", body=BODY)
        assert caller.contact_count() == applied
        caller.call("POST", body={"properties": {"email": "b@x.de"}})
        assert caller.contact_count() == applied + 1

    @pytest.mark.parametrize(
        ("rule", "status", "text"),
        [
            pytest.param({"kind": "status", "status": 503}, 503, "INTERNAL_ERROR", id="status"),
            pytest.param(
                {"kind": "status", "status": 423, "body": {"message": "locked"}},
                423,
                "locked",
                id="own body",
            ),
            pytest.param({"kind": "html", "status": 502}, 502, "<html>", id="html"),
            pytest.param({"kind": "empty_success"}, 200, '"results":[]', id="empty success"),
        ],
    )
    def test_an_answer_without_effect(
        self, caller: Caller, rule: dict[str, Any], status: int, text: str
    ) -> None:
        caller.fault(times=1, **rule)
        answer = caller.call("POST", body=BODY)
        assert answer.status_code == status
        assert text in answer.text
        assert caller.contact_count() == 0

    def test_half_of_a_batch_is_left_out_without_a_word(self, caller: Caller) -> None:
        caller.fault(kind="partial", times=1)
        batch = {"inputs": [{"properties": {"email": f"{n}@x.de"}} for n in range(5)]}
        answer = caller.call("POST", path=f"{PATH}/batch/create", body=batch).json()
        assert (answer["status"], len(answer["results"])) == ("COMPLETE", 3)
        assert "numErrors" not in answer
        assert caller.contact_count() == 3

    def test_retry_after_is_passed_on(self, caller: Caller) -> None:
        caller.fault(kind="status", status=477, retry_after="7", times=1)
        assert caller.call().headers["Retry-After"] == "7"

    @pytest.mark.parametrize(
        "rule",
        [
            pytest.param({"method": "POST"}, id="other method"),
            pytest.param({"route_contains": "/marketing/"}, id="other route"),
            pytest.param({"tenant": "1"}, id="other portal"),
            pytest.param({"platform": "zoom"}, id="other platform"),
            pytest.param({"rate": 0.0}, id="never"),
        ],
    )
    def test_a_rule_spares_other_calls(self, caller: Caller, rule: dict[str, Any]) -> None:
        caller.fault(**{"kind": "status", "status": 500, **rule})
        assert caller.call().status_code == 200

    def test_a_seeded_rate_strikes_the_same_calls_each_time(self, caller: Caller) -> None:
        runs = []
        for _ in range(2):
            caller.control("DELETE", "/faults")
            caller.fault(kind="status", status=500, rate=0.5, seed=4, tenant=str(caller.portal.id))
            runs.append([caller.call().status_code for _ in range(12)])
        assert runs[0] == runs[1]
        assert set(runs[0]) == {200, 500}

    def test_an_unknown_kind_is_refused(self, caller: Caller) -> None:
        url = f"{caller.base_url}/control/faults"
        answer = requests.post(url, json={"platform": "hubspot", "kind": "x"}, timeout=10)
        assert answer.status_code == 400
        assert "refuse_before" in answer.json()["message"]


class TestLimits:
    def test_the_call_over_the_limit_is_429_and_says_which_policy(self, caller: Caller) -> None:
        caller.control("PATCH", "/limits", {"hubspot.api": {"calls": 2, "seconds": 3600}})
        first, second, third = (caller.call() for _ in range(3))
        assert first.headers["X-HubSpot-RateLimit-Max"] == "2"
        assert first.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "3600000"
        assert second.headers["X-HubSpot-RateLimit-Remaining"] == "0"
        assert third.status_code == 429
        assert third.json()["policyName"] == "TEN_SECONDLY_ROLLING"
        assert "Retry-After" not in third.headers
        assert caller.control("GET", "/journal")["rate_limited"] == 1

    def test_portals_and_search_have_windows_of_their_own(
        self, caller: Caller, simulator: RunningSimulator
    ) -> None:
        one = {"calls": 1, "seconds": 3600}
        caller.control("PATCH", "/limits", {"hubspot.api": one, "hubspot.search": one})
        assert caller.call().status_code == 200
        assert Caller(simulator).call().status_code == 200
        searches = [caller.call("POST", f"{PATH}/search", {}) for _ in range(2)]
        assert [answer.status_code for answer in searches] == [200, 429]
        assert searches[1].json()["policyName"] == "SECONDLY"

    def test_callers_at_once_get_exactly_the_limit(self, caller: Caller) -> None:
        caller.control("PATCH", "/limits", {"hubspot.api": {"calls": 30, "seconds": 3600}})
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _: caller.call().status_code, range(50)))
        assert (statuses.count(200), statuses.count(429)) == (30, 20)

    def test_the_window_rolls(self) -> None:
        now = 100.0
        limits = Limits(lambda: now)
        limits.define("x", 2, 10.0)
        assert limits.take("x", "k").allowed
        now = 106.0
        assert limits.take("x", "k").allowed
        now = 109.0
        refused = limits.take("x", "k")
        assert (refused.allowed, refused.retry_after) == (False, 1.0)
        now = 110.5
        assert limits.take("x", "k").allowed
        assert not limits.take("x", "k").allowed

    def test_latency_is_fixed_and_per_item(self, caller: Caller) -> None:
        caller.control(
            "PATCH", "/limits", {"latency_seconds": 0.05, "latency_per_item_seconds": 0.05}
        )
        inputs = [{"id": "1"}, {"id": "2"}]
        started = time.monotonic()
        caller.call("POST", f"{PATH}/batch/read", {"inputs": inputs})
        assert time.monotonic() - started >= 0.15


class TestJournal:
    def test_calls_are_counted_by_route_and_status_and_reads_are_no_writes(
        self, caller: Caller
    ) -> None:
        caller.call("POST", body=BODY)
        caller.call("POST", body=BODY)
        caller.call("POST", f"{PATH}/batch/read", {"inputs": [{"id": "1"}]})
        seen = caller.control("GET", f"/journal?platform=hubspot&tenant={caller.portal.id}")
        assert seen["calls"] == [
            {"method": "POST", "route": PATH, "status": 201, "count": 1},
            {"method": "POST", "route": PATH, "status": 409, "count": 1},
            {"method": "POST", "route": f"{PATH}/batch/read", "status": 207, "count": 1},
        ]
        assert (seen["total"], seen["writes"]) == (3, 1)
        assert caller.control("GET", "/journal?tenant=1")["total"] == 0
        assert caller.control("DELETE", "/journal")["total"] == 0

    def test_struck_and_unknown_calls_are_listed_too(self, caller: Caller) -> None:
        caller.fault(kind="refuse_before", times=1)
        with pytest.raises(requests.ConnectionError):
            caller.call()
        assert caller.call(path="/hubspot/nowhere").status_code == 501
        entries = caller.control("GET", "/journal?entries=10")["entries"]
        assert [(e["status"], e["fault"]) for e in entries] == [(0, "refuse_before"), (501, "")]


class TestControl:
    def test_reset_empties_everything(self, caller: Caller, simulator: RunningSimulator) -> None:
        caller.fault(kind="status", status=500)
        caller.control("PATCH", "/switches", {"search_lag_seconds": 9})
        caller.call()
        caller.control("POST", "/reset")
        assert simulator.world.hubspot.portals == {}
        assert caller.control("GET", "/journal")["total"] == 0
        assert caller.control("GET", "/faults")["faults"] == []
        assert caller.control("GET", "/switches")["search_lag_seconds"] == 0.0
        assert caller.call().status_code == 401

    def test_tokens_end_early_and_stay_listed(self, caller: Caller) -> None:
        assert caller.call().status_code == 200
        assert caller.control("POST", "/tokens/expire")["expired"] == 1
        assert caller.call().status_code == 401
        assert caller.token in caller.control("GET", "/secrets")["secrets"]

    def test_an_unknown_switch_is_refused(self, caller: Caller) -> None:
        url = f"{caller.base_url}/control/switches"
        assert requests.patch(url, json={"nonesuch": 1}, timeout=10).status_code == 400

    def test_an_unknown_scene_names_those_there_are(self, caller: Caller) -> None:
        url = f"{caller.base_url}/control/scenes/nonesuch"
        answer = requests.post(url, json={}, timeout=10)
        assert answer.status_code == 404
        assert "nonesuch" in answer.json()["message"]


def test_in_process_a_broken_connection_is_an_exception() -> None:
    app = create_simulator()
    app.config["WORLD"].faults.add({"platform": "hubspot", "kind": "refuse_before"})
    with pytest.raises(ConnectionAbortedError):
        app.test_client().get(PATH)
