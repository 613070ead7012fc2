"""Requests of workflows: taken once, an outcome and a BLOCK that meet, told once, emptied."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping, select

from store.completions import (
    begin_completing,
    end_completing,
    gather_completions,
    tell_later,
)
from store.erasure import erase_requests
from store.registration_requests import (
    NewRequest,
    Sendings,
    Settled,
    begin_sending,
    block_request,
    delay_completion,
    find_request,
    hold_requests,
    last_sent_at,
    nameless_among,
    next_request_at,
    open_requests,
    place_requests,
    portals_with_requests,
    put_back,
    record_request,
    sendings_since,
    settle_requests,
)
from store.tables import registration_request
from tests.store.support import NOW, PORTAL, add_portal, minute

EMAIL = "ada@northquay.example"
PATIENCE = timedelta(seconds=2)
LATER = minute(60)


def ask(connection: Connection, callback_id: str = "cb", **changes: Any) -> RowMapping:
    """A contact reaches the action."""
    new = {
        "portal_id": PORTAL,
        "callback_id": callback_id,
        "contact_id": "501",
        "email": EMAIL,
        "first_name": "Ada",
        "last_name": "",
        "webinar_input": "95012345678",
        **changes,
    }
    add_portal(connection, new["portal_id"])
    record_request(connection, NewRequest(**new), NOW)
    return find_request(connection, new["portal_id"], callback_id)


def now_of(connection: Connection, row: RowMapping) -> RowMapping:
    return find_request(connection, row["portal_id"], row["callback_id"])


def settle(
    connection: Connection,
    *rows: RowMapping,
    outcome: str = "registered",
    message: str = "Words.",
) -> None:
    """What became of these is known a minute after they came."""
    settled = [Settled(row["id"], outcome, message, "reg-1", "https://x") for row in rows]
    settle_requests(connection, settled, minute(1))


def test_a_callback_is_taken_once_and_as_it_was_first(connection: Connection) -> None:
    first = ask(connection)
    again = ask(connection, email="somebody@else.example")
    assert (again["id"], again["email"]) == (first["id"], EMAIL)
    assert (first["state"], first["due_at"]) == ("waiting", NOW)


class TestOutcomeAndBlock:
    def test_a_block_that_comes_after_the_outcome_fails(self, connection: Connection) -> None:
        row = ask(connection)
        settle(connection, row)
        assert not block_request(connection, row["id"], minute(1), LATER)
        row = now_of(connection, row)
        assert (row["outcome"], row["is_blocked"], row["due_at"]) == ("registered", False, None)

    def test_an_outcome_that_comes_after_the_block_is_due_to_be_told(
        self, connection: Connection
    ) -> None:
        row = ask(connection)
        assert block_request(connection, row["id"], NOW, LATER)
        settle(connection, row)
        assert now_of(connection, row)["due_at"] == minute(1)

    def test_but_not_before_the_answer_has_arrived(self, connection: Connection) -> None:
        row = ask(connection)
        block_request(connection, row["id"], minute(1), LATER)
        settle(connection, row)
        assert now_of(connection, row)["due_at"] > minute(1)

    def test_blocked_again_it_expires_as_it_was_told_first(self, connection: Connection) -> None:
        row = ask(connection)
        block_request(connection, row["id"], NOW, LATER)
        assert block_request(connection, row["id"], minute(5), minute(90))
        row = now_of(connection, row)
        assert (row["blocked_at"], row["expires_at"]) == (minute(5), LATER)

    def test_the_first_outcome_stays(self, connection: Connection) -> None:
        row = ask(connection)
        settle(connection, row)
        settle(connection, row, outcome="failed")
        put_back(connection, [row["id"]], LATER, in_doubt=True)
        row = now_of(connection, row)
        assert (row["state"], row["outcome"], row["due_at"]) == ("done", "registered", None)


class TestTelling:
    def test_each_is_told_once_unless_nothing_is_heard_of_it(self, connection: Connection) -> None:
        rows = [ask(connection, name) for name in ("a", "b", "c")]
        for row in rows[:2]:
            block_request(connection, row["id"], NOW, LATER)
        settle(connection, *rows)
        told = begin_completing(connection, PORTAL, minute(2), minute(4), 100)
        assert sorted(row["callback_id"] for row in told) == ["a", "b"]
        assert begin_completing(connection, PORTAL, minute(3), minute(5), 100) == []
        end_completing(connection, [rows[0]["id"]], minute(3), accepted=True)
        again = begin_completing(connection, PORTAL, minute(4), minute(6), 100)
        assert [row["callback_id"] for row in again] == ["b"]
        end_completing(connection, [rows[1]["id"]], minute(5), accepted=False)
        assert begin_completing(connection, PORTAL, LATER, LATER, 100) == []
        assert next_request_at(connection) is None

    def test_the_first_goes_at_once_and_those_behind_it_together(
        self, connection: Connection
    ) -> None:
        rows = [ask(connection, name) for name in "abcd"]
        for row in rows:
            block_request(connection, row["id"], NOW, LATER)

        def tell(*settled: RowMapping, at: float, enough: int = 100) -> list[str]:
            settle(connection, *settled)
            now = minute(at)
            gather_completions(connection, PORTAL, now, timedelta(minutes=1), enough)
            told = begin_completing(connection, PORTAL, now, LATER, 100)
            return sorted(row["callback_id"] for row in told)

        assert tell(rows[0], at=1) == ["a"]
        assert tell(rows[1], at=1.5) == []
        assert tell(rows[2], at=1.9) == []
        assert now_of(connection, rows[1])["due_at"] == minute(2)
        assert tell(at=2) == ["b", "c"]
        assert tell(rows[3], at=2.5, enough=1) == ["d"]

    def test_a_completion_waits_for_whoever_asks_again_until_it_has_left(
        self, connection: Connection
    ) -> None:
        row = ask(connection)
        assert not delay_completion(connection, row["id"], minute(2))
        block_request(connection, row["id"], NOW, LATER)
        settle(connection, row)
        assert delay_completion(connection, row["id"], minute(2))
        assert begin_completing(connection, PORTAL, minute(2), LATER, 100) == []
        assert begin_completing(connection, PORTAL, minute(3), LATER, 100)
        assert not delay_completion(connection, row["id"], minute(3))
        tell_later(connection, [row["id"]], minute(30))
        assert now_of(connection, row)["due_at"] == minute(30)


class TestWhatIsDue:
    def test_the_portal_that_waits_longest_comes_first(self, connection: Connection) -> None:
        first = ask(connection, portal_id="2002")
        ask(connection)
        hold_requests(connection, [first["id"]], minute(-1))
        assert portals_with_requests(connection, NOW, 10) == ["2002", PORTAL]
        assert next_request_at(connection) == minute(-1)
        assert portals_with_requests(connection, minute(-2), 10) == []

    def test_those_who_wait_for_others_come_along_those_who_were_put_back_do_not(
        self, connection: Connection
    ) -> None:
        due, held, tired, late, done = (ask(connection, name) for name in "abcde")
        hold_requests(connection, [held["id"]], NOW + PATIENCE)
        hold_requests(connection, [late["id"]], minute(5))
        put_back(connection, [tired["id"]], NOW + PATIENCE, in_doubt=False)
        settle(connection, done)
        rows = open_requests(connection, PORTAL, NOW, PATIENCE, 10)
        assert [row["callback_id"] for row in rows] == ["a", "b"]
        rows = open_requests(connection, PORTAL, minute(10), PATIENCE, 2)
        assert [row["callback_id"] for row in rows] == ["a", "b"]
        assert due["id"] < held["id"]


class TestSending:
    def test_what_was_sent_is_counted_for_each_person_of_a_webinar(
        self, connection: Connection
    ) -> None:
        rows = [ask(connection, name) for name in ("a", "b")]
        rex = ask(connection, "c", email="rex@northquay.example", first_name="")
        pks = [row["id"] for row in (*rows, rex)]
        place_requests(connection, pks, "acct", "95012345678", "")
        for moment in (1, 2):
            begin_sending(connection, pks[:1], minute(moment), minute(9))
        begin_sending(connection, pks[1:2], minute(3), minute(9))
        put_back(connection, pks[1:2], minute(4), in_doubt=False, was_sent=False)
        settle(connection, rows[1])
        emails = [EMAIL, "rex@northquay.example"]
        sent = sendings_since(connection, PORTAL, "95012345678", emails, NOW)
        assert sent == {EMAIL: Sendings(2, True)}
        assert sendings_since(connection, PORTAL, "95012345678", emails, LATER) == {}
        assert sendings_since(connection, PORTAL, "1", emails, NOW) == {}
        assert last_sent_at(connection, PORTAL, "95012345678") == minute(3)
        assert last_sent_at(connection, PORTAL, "1") is None
        assert nameless_among(connection, PORTAL, emails) == {"rex@northquay.example"}

    @pytest.mark.parametrize("in_doubt", [True, False])
    def test_whoever_is_put_back_is_in_doubt_or_waits(
        self, connection: Connection, in_doubt: bool
    ) -> None:
        row = ask(connection)
        begin_sending(connection, [row["id"]], NOW, minute(1))
        put_back(connection, [row["id"]], minute(5), in_doubt=in_doubt, alone=True)
        row = now_of(connection, row)
        assert row["state"] == ("sending" if in_doubt else "waiting")
        assert (row["due_at"], row["attempts"], row["sendings"]) == (minute(5), 1, 1)
        assert row["must_go_alone"]


def test_requests_of_the_erased_are_emptied_and_never_sent(connection: Connection) -> None:
    done, waiting, blocked, other = (ask(connection, name, contact_id=name) for name in "abcd")
    rex = ask(connection, "e", email="rex@northquay.example", contact_id="e")
    block_request(connection, blocked["id"], NOW, LATER)
    settle(connection, done)
    erase_requests(connection, PORTAL, contact_ids=["a", "b", "c"])
    rows = {
        row["callback_id"]: row
        for row in connection.execute(select(registration_request)).mappings()
    }
    assert [rows[name]["outcome"] for name in "abc"] == [
        "registered",
        "privacy_deleted",
        "privacy_deleted",
    ]
    for name in "abc":
        assert not any(rows[name][column] for column in ("email", "first_name", "join_url"))
    assert rows["a"]["message"] == "Words."
    assert (rows["b"]["due_at"], rows["c"]["due_at"]) == (None, NOW)
    assert rows["d"]["email"] == EMAIL
    erase_requests(connection, PORTAL, emails=[EMAIL])
    assert now_of(connection, other)["outcome"] == "privacy_deleted"
    assert now_of(connection, rex)["email"] == "rex@northquay.example"
    assert waiting["state"] == "waiting"


def test_what_a_message_quotes_of_the_contact_goes_with_the_erased(connection: Connection) -> None:
    told, kept = (ask(connection, name, contact_id=name) for name in "ab")
    settle(connection, told, message="Registered.\nDiet: “vegan” is not one of the answers.")
    settle(connection, kept, message="Registered.\nDiet: “meat” is not one of the answers.")
    erase_requests(connection, PORTAL, contact_ids=["a"])
    assert now_of(connection, told)["message"] == "Registered."
    assert "meat" in now_of(connection, kept)["message"]
