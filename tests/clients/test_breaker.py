"""The breaker on a real Valkey: opens, doubles, one call finds out, each account for itself."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import responses
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clients import errors
from clients.breaker import breaker_key, count_outages, read_outage
from clients.errors import NotAnswering
from clients.limiter import Budget, declare_fresh, hubspot_budget, zoom_budget
from clients.transport import Transport, open_session
from tests.clients.conftest import HUBSPOT, Tokens

ROOT = Path(__file__).parents[2]
URL = f"{HUBSPOT}/things"
PORTAL = "4711"


@pytest.fixture(autouse=True)
def _fresh(redis: Redis) -> None:
    declare_fresh(redis)


@pytest.fixture
def budget(redis: Redis) -> Budget:
    return hubspot_budget(redis, PORTAL, "bulk", max_wait=0.0)


def call(budget: Budget, outcomes: str) -> list[bool]:
    """Calls that fail (F) or are answered (A); of each whether it was allowed to leave."""
    left = []
    for outcome in outcomes:
        try:
            budget.acquire("main")
        except NotAnswering:
            left.append(False)
            continue
        left.append(True)
        if outcome == "F":
            budget.note_failure()
        else:
            budget.note_answer()
    return left


def let_pass(redis: Redis, seconds: float, account: str = PORTAL) -> None:
    """Move the moments of an account's breaker back by so much."""
    for name in ("since", "next"):
        redis.hincrby(breaker_key("hubspot", account), name, -round(seconds * 1_000_000))


def pause_of(budget: Budget) -> float:
    with pytest.raises(NotAnswering) as refused:
        budget.acquire("main")
    assert refused.value.retry_after is not None
    return refused.value.retry_after


class TestOpening:
    @pytest.mark.parametrize(
        ("outcomes", "is_open"),
        [
            pytest.param("FFFF", False, id="four in a row"),
            pytest.param("FFFFF", True, id="five in a row"),
            pytest.param("FFFFAFFFF", False, id="an answer among them"),
            pytest.param("FA" * 9 + "A", False, id="nine of twenty"),
            pytest.param("FA" * 10, True, id="ten of twenty"),
            pytest.param("FFFF" + "A" * 17 + "FFFFA", False, id="long ago"),
            pytest.param("A" * 40, False, id="none"),
        ],
    )
    def test_it_opens_at_five_in_a_row_or_half_of_the_last_twenty_F20(
        self, budget: Budget, outcomes: str, is_open: bool
    ) -> None:
        call(budget, outcomes)
        assert call(budget, "A") == [not is_open]

    def test_the_failure_that_opens_it_says_for_how_long(self, budget: Budget) -> None:
        call(budget, "FFFF")
        budget.acquire("main")
        outage = budget.note_failure()
        assert outage is not None
        assert 26 < (outage.retry_after or 0) <= 33.1
        assert PORTAL in str(outage)
        assert 25 < pause_of(budget) <= 33.1

    def test_processes_count_together(self, redis: Redis, redis_url: str, budget: Budget) -> None:
        program = """
import sys
from redis import Redis
from clients.limiter import hubspot_budget
budget = hubspot_budget(Redis.from_url(sys.argv[1]), "4711", "live")
for _ in range(2):
    budget.acquire("main")
    budget.note_failure()
"""
        call(budget, "FFF")
        command = [sys.executable, "-c", program, redis_url]
        subprocess.run(command, cwd=ROOT, check=True, timeout=60)
        assert call(budget, "A") == [False]

    def test_all_buckets_of_an_account_are_shut_and_no_other_account_F31(
        self, redis: Redis, budget: Budget
    ) -> None:
        call(budget, "FFFFF")
        with pytest.raises(NotAnswering):
            budget.acquire("search")
        assert call(hubspot_budget(redis, "4712", "bulk"), "A") == [True]
        zoom_budget(redis, PORTAL, "bulk").acquire("light")

    def test_nothing_is_kept_of_an_account_that_answers(self, redis: Redis, budget: Budget) -> None:
        call(budget, "AAA")
        assert not redis.exists(breaker_key("hubspot", PORTAL))
        call(budget, "F" + "A" * 20)
        assert not redis.exists(breaker_key("hubspot", PORTAL))

    def test_an_account_that_answers_costs_one_round_trip_a_call(
        self, redis: Redis, budget: Budget
    ) -> None:
        call(budget, "A")
        redis.config_resetstat()
        call(budget, "A" * 10)
        assert redis.info("commandstats")["cmdstat_evalsha"]["calls"] == 10

    def test_what_is_kept_expires(self, redis: Redis, budget: Budget) -> None:
        call(budget, "F")
        assert 0 < redis.ttl(breaker_key("hubspot", PORTAL)) <= 900
        call(budget, "FFFF")
        assert 900 < redis.ttl(breaker_key("hubspot", PORTAL)) < 1000


class TestFindingOut:
    def test_one_call_finds_out_whoever_comes_first(self, redis: Redis, budget: Budget) -> None:
        call(budget, "FFFFF")
        let_pass(redis, 40)
        waits: list[float] = []

        def compete() -> None:
            try:
                hubspot_budget(redis, PORTAL, "live").acquire("main")
            except NotAnswering as refused:
                waits.append(refused.retry_after or 0.0)
            else:
                waits.append(0.0)

        threads = [threading.Thread(target=compete) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [0 < wait <= 10 for wait in sorted(waits)] == [False] + [True] * 15

    def test_an_answer_closes_it_and_everything_is_forgotten_F20(
        self, redis: Redis, budget: Budget
    ) -> None:
        call(budget, "FFFFF")
        let_pass(redis, 40)
        assert call(budget, "AFFFFA") == [True] * 6

    def test_each_failure_to_find_out_doubles_the_pause_up_to_a_quarter_of_an_hour_F20(
        self, redis: Redis, budget: Budget
    ) -> None:
        call(budget, "FFFFF")
        for expected in (60, 120, 240, 480, 900, 900):
            let_pass(redis, 1000)
            assert call(budget, "F") == [True]
            assert expected * 0.89 < pause_of(budget) < expected * 1.11

    def test_who_was_killed_while_finding_out_is_followed_by_another(
        self, redis: Redis, budget: Budget
    ) -> None:
        call(budget, "FFFFF")
        let_pass(redis, 40)
        budget.acquire("main")
        assert call(budget, "A") == [False]
        let_pass(redis, 95)
        assert call(budget, "A") == [True]

    def test_calls_that_left_before_it_opened_change_nothing(self, budget: Budget) -> None:
        call(budget, "FFFFF")
        budget.note_answer()
        outage = budget.note_failure()
        assert outage is not None
        assert 25 < (outage.retry_after or 0) <= 33.1
        assert 25 < pause_of(budget) <= 33.1

    def test_a_permit_that_has_to_be_waited_for_is_no_try(self, redis: Redis) -> None:
        budget = hubspot_budget(redis, PORTAL, "bulk", max_wait=0.0)
        call(budget, "FFFFF")
        let_pass(redis, 40)
        budget.pause("main", 30)
        with pytest.raises(errors.BudgetExhausted):
            budget.acquire("main")
        budget.acquire("search")


class TestWithoutRedis:
    def test_it_is_closed_F13(self, tmp_path: Path) -> None:
        nobody = Redis(unix_socket_path=str(tmp_path / "nobody"), retry=Retry(NoBackoff(), 0))
        budget = hubspot_budget(nobody, PORTAL, "bulk")
        assert [budget.note_failure() for _ in range(6)] == [None] * 6
        budget.note_answer()
        assert read_outage(nobody, "hubspot", PORTAL) is None

    def test_an_emptied_redis_closes_it_F12(self, redis: Redis, budget: Budget) -> None:
        call(budget, "FFFFF")
        redis.flushall()
        declare_fresh(redis)
        assert call(budget, "A") == [True]


class TestShown:
    def test_an_outage_says_since_when_and_when_it_is_tried_again(
        self, redis: Redis, budget: Budget
    ) -> None:
        call(budget, "FFFF")
        assert read_outage(redis, "hubspot", PORTAL) is None
        call(budget, "F")
        let_pass(redis, 3600)
        call(budget, "F")
        outage = read_outage(redis, "hubspot", PORTAL)
        assert outage is not None
        age = datetime.now(UTC) - outage.since
        assert timedelta(minutes=59) < age < timedelta(minutes=61)
        assert timedelta(seconds=50) < outage.next_try_at - datetime.now(UTC)

    def test_accounts_are_counted_by_platform(self, redis: Redis, budget: Budget) -> None:
        call(budget, "FFFFF")
        call(hubspot_budget(redis, "4712", "bulk"), "F")
        zoom = zoom_budget(redis, "acc", "bulk")
        for _ in range(5):
            zoom.note_failure()
        assert count_outages(redis) == {"hubspot": 1, "zoom": 1}


# --- through the transport ----------------------------------------------------------------------


@pytest.fixture
def transport(budget: Budget, tokens: Tokens, naps: list[float]) -> Transport:
    return Transport(
        "hubspot",
        HUBSPOT,
        PORTAL,
        token=tokens.token,
        refresh=tokens.refresh,
        budget=budget,
        session=open_session(),
        sleep=naps.append,
    )


def post(transport: Transport) -> Exception | None:
    try:
        transport.call("POST", "/things", body={})
    except Exception as error:
        return error
    return None


class TestCalls:
    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 521, 522, 523, 524])
    def test_a_servers_error_is_a_failure_and_keeps_its_meaning_F20(
        self, transport: Transport, status: int
    ) -> None:
        with responses.RequestsMock() as http:
            http.post(URL, status=status)
            met = [post(transport) for _ in range(6)]
            assert len(http.calls) == 5
        kinds = {type(error) for error in met[:5]}
        assert kinds <= {errors.Unavailable, errors.Unconfirmed} and len(kinds) == 1
        assert isinstance(met[5], NotAnswering)
        outages = [errors.outage_of(error) for error in met if error is not None]
        assert [outage is not None for outage in outages] == [False] * 4 + [True] * 2

    @pytest.mark.parametrize(
        "error", [requests.ReadTimeout("slow"), requests.ConnectionError("reset")]
    )
    def test_a_portal_that_hangs_costs_one_call_a_pause_F31(
        self, redis: Redis, transport: Transport, error: Exception
    ) -> None:
        with responses.RequestsMock() as http:
            http.post(URL, body=error)
            for _ in range(20):
                post(transport)
            assert len(http.calls) == 5
            for _ in range(3):
                let_pass(redis, 1000)
                for _ in range(20):
                    post(transport)
            assert len(http.calls) == 8

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            pytest.param(429, {"policyName": "DAILY"}, id="429"),
            pytest.param(400, {"message": "no"}, id="400"),
            pytest.param(404, {}, id="404"),
            pytest.param(409, {}, id="409"),
            pytest.param(477, {}, id="477"),
            pytest.param(207, {"status": "COMPLETE"}, id="207"),
        ],
    )
    def test_any_other_answer_is_an_answer(
        self, redis: Redis, status: int, body: object, tokens: Tokens
    ) -> None:
        budget = hubspot_budget(redis, PORTAL, "bulk", max_wait=0.0)
        budget.pause = lambda bucket, seconds: None  # type: ignore[method-assign]
        transport = Transport(
            "hubspot",
            HUBSPOT,
            PORTAL,
            token=tokens.token,
            refresh=tokens.refresh,
            budget=budget,
            session=open_session(),
        )
        call(budget, "FFFF")
        with responses.RequestsMock() as http:
            http.post(URL, status=status, json=body)
            post(transport)
        assert call(budget, "FA") == [True, True]

    def test_a_read_is_not_repeated_into_an_open_breaker(
        self, transport: Transport, budget: Budget, naps: list[float]
    ) -> None:
        call(budget, "FFFF")
        with responses.RequestsMock() as http:
            http.get(URL, status=503)
            with pytest.raises(errors.Unavailable) as raised:
                transport.call("GET", "/things")
            assert len(http.calls) == 1
        assert errors.outage_of(raised.value) is not None
        assert naps == []

    def test_a_token_endpoint_that_fails_is_left_alone_as_well(
        self, budget: Budget, make_failing: Callable[[], Transport]
    ) -> None:
        met = [post(make_failing()) for _ in range(6)]
        assert [type(error) for error in met] == [errors.Unavailable] * 5 + [NotAnswering]

    @pytest.fixture
    def make_failing(self, budget: Budget) -> Callable[[], Transport]:
        def fail() -> str:
            raise errors.Unavailable("the token endpoint answered 503")

        return lambda: Transport(
            "hubspot", HUBSPOT, PORTAL, token=fail, refresh=fail, budget=budget
        )
