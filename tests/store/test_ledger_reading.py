"""What the ledger knows: what HubSpot holds, what is due, and what is left to do."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping

from engine.plan import WantedEffect
from store.ledger import Wish, record_wishes, sendable
from store.ledger_reading import (
    applied_keys,
    contact_effects,
    count_sendable,
    count_unfinished,
    effects_of_people,
    find_effect,
    next_effect_at,
)
from store.tables import effect, person
from tests.store.support import (
    NOW,
    PORTAL,
    add_occurrence,
    add_person,
    add_portal,
    minute,
    wish_for,
)


@pytest.fixture
def ada(connection: Connection) -> RowMapping:
    """Somebody HubSpot has a contact for."""
    row = add_person(connection, add_occurrence(connection), "ada@example.com")
    connection.execute(person.update().values(contact_id="77", must_read=False))
    return row


def want(connection: Connection, *wishes: Wish, **values: Any) -> None:
    """Note the wishes, and bring all effects to these values."""
    record_wishes(connection, PORTAL, wishes, run_id="run 1", now=NOW)
    if values:
        connection.execute(effect.update().values(**values))


class TestCounting:
    @pytest.mark.parametrize(
        ("values", "count"),
        [
            pytest.param({}, 1, id="planned"),
            pytest.param({"not_before": minute(-1)}, 1, id="its time has come"),
            pytest.param({"not_before": minute(1)}, 0, id="its time is to come"),
            pytest.param({"state": "sending"}, 0, id="on its way"),
            pytest.param({"state": "unconfirmed"}, 0, id="in doubt"),
            pytest.param({"state": "applied"}, 0, id="done"),
            pytest.param({"state": "rejected"}, 0, id="refused"),
            pytest.param({"state": "withdrawn"}, 0, id="no longer wanted"),
        ],
    )
    def test_what_could_be_sent_now(
        self, connection: Connection, ada: RowMapping, values: dict[str, Any], count: int
    ) -> None:
        want(connection, wish_for(ada), **values)
        assert count_sendable(connection, ada["occurrence_pk"], NOW) == count

    @pytest.mark.parametrize(
        "contact",
        [
            {"contact_id": None},
            {"contact_id": "77", "is_deleted": True},
            {"contact_id": "77", "must_read": True},
            {"contact_id": "77", "is_deleted": False},
        ],
        ids=["no contact", "deleted contact", "contact in doubt", "contact"],
    )
    def test_a_run_goes_on_only_for_what_it_can_send(
        self, connection: Connection, ada: RowMapping, contact: dict[str, Any]
    ) -> None:
        """Counting something nobody sends would keep the run going for ever."""
        want(connection, wish_for(ada))
        connection.execute(person.update().values(**contact))
        sent = sendable(connection, ada["occurrence_pk"], "register", NOW, 10)
        assert count_sendable(connection, ada["occurrence_pk"], NOW) == len(sent)

    def test_effects_of_no_person_count_too(self, connection: Connection) -> None:
        place = add_occurrence(connection)
        want(connection, Wish(WantedEffect("e", "marketing_event", {}), occurrence_pk=place["id"]))
        assert count_sendable(connection, place["id"], NOW) == 1

    @pytest.mark.parametrize(
        ("state", "count"),
        [("planned", 1), ("sending", 1), ("unconfirmed", 1), ("applied", 0), ("rejected", 0)],
    )
    def test_what_is_not_through_yet(
        self, connection: Connection, ada: RowMapping, state: str, count: int
    ) -> None:
        want(connection, wish_for(ada, "attend"), wish_for(ada, "register"), state=state)
        assert count_unfinished(connection, ada["occurrence_pk"], "attend") == count
        assert count_unfinished(connection, add_occurrence(connection)["id"], "attend") == 0

    def test_the_next_moment_something_is_due(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        assert next_effect_at(connection, ada["occurrence_pk"]) is None
        for number, (state, moment) in enumerate(
            [("planned", 30), ("unconfirmed", 20), ("rejected", 5), ("applied", 1)]
        ):
            want(connection, wish_for(ada, f"kind{number}"))
            connection.execute(
                effect.update()
                .where(effect.c.kind == f"kind{number}")
                .values(state=state, not_before=minute(moment))
            )
        assert next_effect_at(connection, ada["occurrence_pk"]) == minute(20)


class TestFinding:
    def test_by_key_within_the_portal(self, connection: Connection, ada: RowMapping) -> None:
        want(connection, wish_for(ada))
        key = f"register:{ada['id']}"
        found = find_effect(connection, PORTAL, key)
        assert found is not None
        assert found["key"] == key
        add_portal(connection, "2002")
        assert find_effect(connection, "2002", key) is None
        assert find_effect(connection, PORTAL, "register:0") is None

    def test_what_hubspot_holds_whatever_came_after(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        kinds = [f"kind{number}" for number in range(600)]
        want(connection, *(wish_for(ada, kind) for kind in kinds))
        connection.execute(
            effect.update()
            .where(effect.c.kind.in_(kinds[100:550]))
            .values(applied_hash="x", state="cannot_change")
        )
        keys = [f"{kind}:{ada['id']}" for kind in kinds]
        assert applied_keys(connection, PORTAL, keys) == set(keys[100:550])

    def test_contact_writes_by_person(self, connection: Connection, ada: RowMapping) -> None:
        bob = add_person(connection, add_occurrence(connection), "bob@example.com")
        contact = {"occurrence_pk": None, "occurrence_person_pk": None}
        want(connection, wish_for(ada, "contact", **contact), wish_for(ada), wish_for(bob))
        found = contact_effects(connection, [ada["person_pk"], bob["person_pk"]])
        assert {pk: row["kind"] for pk, row in found.items()} == {ada["person_pk"]: "contact"}

    def test_a_person_of_two_occurrences_shares_the_contact_write(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        again = add_person(connection, add_occurrence(connection), "ada@example.com")
        contact = {"occurrence_pk": None, "occurrence_person_pk": None}
        want(
            connection,
            wish_for(ada, "contact", **contact),
            wish_for(ada),
            wish_for(again, "attend"),
        )
        own, shared = effects_of_people(
            connection, [ada["id"], again["id"]], [ada["person_pk"], again["person_pk"]]
        )
        assert {pk: [row.kind for row in found] for pk, found in own.items()} == {
            ada["id"]: ["register"],
            again["id"]: ["attend"],
        }
        assert [row.kind for row in shared[ada["person_pk"]]] == ["contact"]

    def test_only_what_is_to_come_or_was_refused_tells_of_a_person(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        telling = {"planned", "sending", "unconfirmed", "rejected"}
        states = [*telling, "applied", "cannot_change", "withdrawn"]
        want(connection, *(wish_for(ada, state) for state in states))
        for state in states:
            connection.execute(effect.update().where(effect.c.kind == state).values(state=state))
        own, _ = effects_of_people(connection, [ada["id"]], [ada["person_pk"]])
        assert {row.kind for row in own[ada["id"]]} == telling

    def test_nobody_has_no_effects(self, connection: Connection) -> None:
        assert effects_of_people(connection, [], []) == ({}, {})
        assert contact_effects(connection, []) == {}
        assert applied_keys(connection, PORTAL, []) == set()
