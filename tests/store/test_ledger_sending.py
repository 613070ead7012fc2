"""What leaves and what becomes of it: confirmed, refused, in doubt; never sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, RowMapping

from engine.plan import IMMUTABLE_KINDS, hash_payload
from store.leases import Lease, LeaseLost
from store.ledger import (
    doubt_abandoned,
    drop_unsent,
    mark_applied,
    mark_planned,
    mark_rejected,
    mark_unconfirmed,
    sendable,
    start_sending,
    unconfirmed,
)
from store.tables import effect, person
from tests.store.effects import (
    FIRST,
    SECOND,
    bring_to,
    hold,
    only,
    send,
    sent,
    somebody,
    wish,
)
from tests.store.support import (
    NOW,
    PORTAL,
    add_occurrence,
    add_person,
    few_examples,
    minute,
    wish_for,
)


@pytest.fixture
def ada(connection: Connection) -> RowMapping:
    """Somebody HubSpot has a contact for."""
    return somebody(connection)


class TestSending:
    def test_it_is_noted_before_it_leaves_with_batch_fence_and_record(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        wish(connection, wish_for(ada))
        row = send(connection, fence=4)
        assert (row["state"], row["batch_id"], row["fence"]) == ("sending", "batch 1", 4)
        assert (row["remote_id"], row["attempts"]) == ("77", 1)

    def test_whoever_lost_the_lease_sends_nothing(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        wish(connection, wish_for(ada))
        old = hold(connection, 1)
        hold(connection, 2)
        with pytest.raises(LeaseLost):
            start_sending(connection, old, "late", {only(connection)["id"]: "77"})
        assert only(connection)["state"] == "planned"

    def test_what_is_on_its_way_in_doubt_or_done_is_not_sendable(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        wish(connection, wish_for(ada))
        assert self.ready(connection, ada) == [only(connection)["id"]]
        pk = send(connection)["id"]
        assert self.ready(connection, ada) == []
        mark_unconfirmed(connection, [pk], confirm_at=minute(-1))
        assert self.ready(connection, ada) == []
        mark_applied(connection, [(sent(only(connection)), "77")], now=NOW)
        assert self.ready(connection, ada) == []

    @pytest.mark.parametrize(
        ("not_before", "goes"),
        [(None, True), (minute(-1), True), (minute(0), True), (minute(1), False)],
        ids=["at once", "the time is over", "now", "not yet"],
    )
    def test_parked_until_a_moment(
        self, connection: Connection, ada: RowMapping, not_before: Any, goes: bool
    ) -> None:
        wish(connection, wish_for(ada))
        mark_planned(connection, [only(connection)["id"]], not_before=not_before, error="later")
        assert bool(self.ready(connection, ada)) is goes

    @pytest.mark.parametrize(
        "contact",
        [{"contact_id": None}, {"contact_id": "77", "is_deleted": True}],
        ids=["no contact yet", "contact deleted"],
    )
    def test_only_people_with_a_contact(
        self, connection: Connection, ada: RowMapping, contact: dict[str, Any]
    ) -> None:
        wish(connection, wish_for(ada))
        connection.execute(person.update().values(**contact))
        assert self.ready(connection, ada) == []

    def test_of_one_kind_and_occurrence_in_order_up_to_a_limit(
        self, connection: Connection
    ) -> None:
        people = [somebody(connection, f"{letter}@example.com") for letter in "ab"]
        place = add_occurrence(connection)
        more = [add_person(connection, place, f"{letter}@example.com") for letter in "ab"]
        wish(connection, *[wish_for(row, kind) for row in people + more for kind in ("r", "s")])
        found = sendable(connection, place["id"], "r", NOW, 10)
        assert [row["occurrence_person_pk"] for row in found] == [row["id"] for row in more]
        assert {row["kind"] for row in found} == {"r"}
        assert len(sendable(connection, place["id"], "r", NOW, 1)) == 1

    def ready(self, connection: Connection, row: RowMapping) -> list[int]:
        found = sendable(connection, row["occurrence_pk"], "register", NOW, 10)
        return [one["id"] for one in found]


class TestAnswers:
    def test_confirmed(self, connection: Connection, ada: RowMapping) -> None:
        bring_to(connection, "unconfirmed", ada, "register")
        mark_applied(connection, [(sent(only(connection)), "88")], now=minute(3))
        row = only(connection)
        assert (row["state"], row["applied"], row["applied_hash"]) == (
            "applied",
            FIRST,
            hash_payload(FIRST),
        )
        assert (row["applied_at"], row["remote_id"]) == (minute(3), "88")
        assert (row["not_before"], row["doubts"], row["error"]) == (None, 0, "")

    @pytest.mark.parametrize(
        ("kind", "state"), [("contact", "planned"), ("attend", "cannot_change")]
    )
    def test_wanted_otherwise_while_it_was_on_its_way(
        self, connection: Connection, ada: RowMapping, kind: str, state: str
    ) -> None:
        wish(connection, wish_for(ada, kind, FIRST))
        left = sent(send(connection))
        wish(connection, wish_for(ada, kind, SECOND))
        mark_applied(connection, [(left, "77")], now=NOW)
        row = only(connection)
        assert (row["state"], row["applied"], row["wanted"]) == (state, FIRST, SECOND)

    def test_refused_with_hubspots_message(self, connection: Connection, ada: RowMapping) -> None:
        wish(connection, wish_for(ada))
        mark_rejected(connection, [(send(connection)["id"], "x" * 5000)])
        row = only(connection)
        assert row["state"] == "rejected"
        assert row["error"] == "x" * 1000

    def test_doubts_are_counted_and_wait_to_be_read_back(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        wish(connection, wish_for(ada))
        for doubts in (1, 2):
            pk = send(connection)["id"]
            mark_unconfirmed(connection, [pk], confirm_at=minute(10))
            assert only(connection)["doubts"] == doubts
            assert self.in_doubt(connection, ada, minute(9)) == []
            (found,) = self.in_doubt(connection, ada, minute(10))
            assert found["contact_id"] == "77"
            mark_planned(connection, [pk], not_before=None)

    def test_they_are_read_back_at_the_record_they_were_sent_to(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        bring_to(connection, "unconfirmed", ada, "register")
        connection.execute(person.update().values(contact_id="99"))
        (found,) = self.in_doubt(connection, ada, minute(10))
        assert found["contact_id"] == "77"

    def test_nothing_to_mark_is_no_statement(self, connection: Connection, ada: RowMapping) -> None:
        wish(connection, wish_for(ada))
        before = only(connection)
        mark_applied(connection, [], now=NOW)
        mark_rejected(connection, [])
        mark_unconfirmed(connection, [], confirm_at=NOW)
        mark_planned(connection, [], not_before=NOW)
        assert only(connection) == before

    def in_doubt(self, connection: Connection, row: RowMapping, now: Any) -> Sequence[RowMapping]:
        return unconfirmed(connection, row["occurrence_pk"], now, ["register"])


class TestAbandoned:
    @pytest.mark.parametrize(
        ("sent_under", "held", "state"),
        [(1, 2, "unconfirmed"), (1, 9, "unconfirmed"), (2, 2, "sending")],
        ids=["by the one before", "by one long before", "by this one"],
    )
    def test_what_an_older_holder_was_sending_is_in_doubt(
        self, connection: Connection, ada: RowMapping, sent_under: int, held: int, state: str
    ) -> None:
        wish(connection, wish_for(ada))
        send(connection, fence=sent_under)
        count = self.doubt(connection, ada["occurrence_pk"], held)
        row = only(connection)
        assert (count, row["state"]) == (int(state == "unconfirmed"), state)
        if state == "unconfirmed":
            assert (row["not_before"], row["doubts"]) == (minute(10), 1)

    @pytest.mark.parametrize(
        "state", ["planned", "applied", "unconfirmed", "rejected", "cannot_change", "withdrawn"]
    )
    def test_nothing_else_is(self, connection: Connection, ada: RowMapping, state: str) -> None:
        bring_to(connection, state, ada, "register")
        assert self.doubt(connection, ada["occurrence_pk"], 9) == 0
        assert only(connection)["state"] == state

    def test_only_in_the_leases_own_place(self, connection: Connection, ada: RowMapping) -> None:
        wish(connection, wish_for(ada))
        send(connection)
        other = add_occurrence(connection)
        assert self.doubt(connection, other["id"], 9) == 0
        assert self.doubt(connection, None, 9) == 0
        assert self.doubt(connection, ada["occurrence_pk"], 9) == 1

    def test_contacts_are_the_portals(self, connection: Connection, ada: RowMapping) -> None:
        wish(connection, wish_for(ada, "contact", occurrence_pk=None, occurrence_person_pk=None))
        send(connection)
        assert self.doubt(connection, ada["occurrence_pk"], 9) == 0
        assert self.doubt(connection, None, 9, "2002") == 0
        assert self.doubt(connection, None, 9) == 1

    def doubt(
        self, connection: Connection, occurrence_pk: int | None, fence: int, portal: str = PORTAL
    ) -> int:
        return doubt_abandoned(
            connection,
            Lease("l", "me", fence),
            portal_id=portal,
            occurrence_pk=occurrence_pk,
            confirm_at=minute(10),
        )


STEPS = st.lists(
    st.sampled_from(
        ["want 1", "want 2", "send", "apply", "refuse", "doubt", "find", "lose", "crash", "drop"]
    ),
    max_size=14,
)


@few_examples
@given(kind=st.sampled_from(["attend", "contact"]), steps=STEPS)
def test_whatever_happens_an_immutable_effect_is_applied_once_and_doubt_is_never_resent(
    connection: Connection, kind: str, steps: list[str]
) -> None:
    """Any course of wishes, deliveries and crashes, as the jobs take them."""
    connection.execute(effect.delete())
    ada = somebody(connection, "walker@example.com")
    wish(connection, wish_for(ada, kind, {"at": 0}))
    applied = fence = 0
    for step in steps:
        row = only(connection)
        state = row["state"]
        if step.startswith("want"):
            wish(connection, wish_for(ada, kind, {"at": int(step[-1])}))
        elif step == "send":
            waiting = sendable(connection, ada["occurrence_pk"], kind, minute(60), 5)
            assert [one["id"] for one in waiting] == ([row["id"]] if state == "planned" else [])
            if waiting:
                fence += 1
                send(connection, fence)
        elif step == "apply" and state == "sending":
            mark_applied(connection, [(sent(row), "77")], now=NOW)
            applied += 1
        elif step == "refuse" and state == "sending":
            mark_rejected(connection, [(row["id"], "no")])
        elif step == "doubt" and state == "sending":
            mark_unconfirmed(connection, [row["id"]], confirm_at=NOW)
        elif step == "crash":
            fence += 1
            doubt_abandoned(
                connection,
                hold(connection, fence),
                portal_id=PORTAL,
                occurrence_pk=ada["occurrence_pk"],
                confirm_at=NOW,
            )
            assert only(connection)["state"] != "sending"
        elif step == "find" and state == "unconfirmed":
            mark_applied(connection, [(sent(row), "77")], now=NOW)
            applied += 1
        elif step == "lose" and state == "unconfirmed":
            mark_planned(connection, [row["id"]], not_before=None)
        elif step == "drop":
            drop_unsent(connection, [ada["id"]], [])
        row = only(connection)
        assert bool(row["applied_hash"]) == bool(applied)
        if row["state"] == "applied":
            assert row["applied_hash"] == row["wanted_hash"]
        if kind in IMMUTABLE_KINDS:
            assert applied <= 1
            assert row["state"] != "planned" or not applied
