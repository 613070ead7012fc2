"""The ledger: what is wanted against what is known of it; nothing is planned twice."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, RowMapping

from store.ledger import WishCounts, drop_unsent, mark_rejected, record_wishes
from store.runs import change_run, open_run
from tests.store.effects import FIRST, SECOND, apply, bring_to, only, rows, send, somebody, wish
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
    return somebody(connection)


class TestWishes:
    def test_what_was_never_wanted_is_planned(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        counts = wish(connection, wish_for(ada, "register", FIRST, plugin="p", plugin_version="1"))
        row = only(connection)
        assert counts == WishCounts(planned=1)
        assert (row["state"], row["wanted"], row["applied"]) == ("planned", FIRST, None)
        assert (row["plugin"], row["plugin_version"], row["run_id"]) == ("p", "1", "run 1")

    @pytest.mark.parametrize(
        ("kind", "before", "payload", "after"),
        [
            pytest.param("register", "planned", FIRST, "planned", id="planned stays planned"),
            pytest.param("register", "planned", SECOND, "planned", id="planned anew, if changed"),
            pytest.param("register", "sending", FIRST, "sending", id="on its way"),
            pytest.param("register", "sending", SECOND, "sending", id="on its way, changed"),
            pytest.param("register", "unconfirmed", FIRST, "unconfirmed", id="in doubt"),
            pytest.param("register", "unconfirmed", SECOND, "unconfirmed", id="in doubt, changed"),
            pytest.param(
                "contact", "applied", FIRST, "applied", id="the same again: nothing to do"
            ),
            pytest.param("contact", "applied", SECOND, "planned", id="a contact can change"),
            pytest.param("register", "applied", FIRST, "applied", id="registered already"),
            pytest.param("register", "applied", SECOND, "cannot_change", id="register cannot"),
            pytest.param("attend", "applied", SECOND, "cannot_change", id="attend cannot"),
            pytest.param("cancel", "applied", SECOND, "cannot_change", id="cancel cannot"),
            pytest.param(
                "app_attended", "applied", SECOND, "cannot_change", id="app events cannot"
            ),
            pytest.param("attend", "cannot_change", {"at": 0}, "cannot_change", id="still not"),
            pytest.param("attend", "cannot_change", SECOND, "cannot_change", id="nor otherwise"),
            pytest.param("attend", "cannot_change", FIRST, "applied", id="corrected back"),
            pytest.param("contact", "rejected", FIRST, "rejected", id="refused: parked"),
            pytest.param("contact", "rejected", SECOND, "planned", id="refused, changed: tried"),
            pytest.param("register", "withdrawn", FIRST, "planned", id="wanted again"),
        ],
    )
    def test_a_wish_and_what_the_ledger_knows_decide_the_state(
        self,
        connection: Connection,
        ada: RowMapping,
        kind: str,
        before: str,
        payload: dict[str, int],
        after: str,
    ) -> None:
        bring_to(connection, before, ada, kind)
        counts = wish(connection, wish_for(ada, kind, payload))
        row = only(connection)
        assert (row["state"], row["wanted"]) == (after, payload)
        assert counts == WishCounts(
            unchanged=int(after == "applied"),
            cannot_change=int(after == "cannot_change"),
            planned=int(after == "planned"),
        )

    def test_a_second_run_plans_nothing(self, connection: Connection, ada: RowMapping) -> None:
        wish(connection, wish_for(ada))
        before = apply(connection)
        assert wish(connection, wish_for(ada), run_id="run 2") == WishCounts(unchanged=1)
        assert only(connection) == before

    @pytest.mark.parametrize("state", ["applied", "sending", "unconfirmed"])
    def test_what_hubspot_is_known_not_to_hold_is_planned_again(
        self, connection: Connection, ada: RowMapping, state: str
    ) -> None:
        bring_to(connection, state, ada, "contact")
        wish(connection, wish_for(ada, "contact", FIRST, is_due=True))
        assert only(connection)["state"] == "planned"

    def test_an_immutable_effect_is_not_sent_again_even_then(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        bring_to(connection, "applied", ada, "attend")
        wish(connection, wish_for(ada, "attend", FIRST, is_due=True))
        assert only(connection)["state"] == "cannot_change"

    def test_planned_again_it_starts_afresh(self, connection: Connection, ada: RowMapping) -> None:
        bring_to(connection, "rejected", ada, "contact")
        wish(connection, wish_for(ada, "contact", SECOND), run_id="run 2")
        row = only(connection)
        assert (row["error"], row["not_before"], row["run_id"]) == ("", None, "run 2")

    def test_wanted_otherwise_what_is_in_doubt_is_still_read_back_when_it_was_to_be(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        bring_to(connection, "unconfirmed", ada, "attend")
        wish(connection, wish_for(ada, "attend", SECOND))
        assert only(connection)["not_before"] == minute(10)

    def test_wanted_again_as_hubspot_holds_it_a_refused_change_is_forgotten(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        bring_to(connection, "applied", ada, "contact")
        wish(connection, wish_for(ada, "contact", SECOND))
        mark_rejected(connection, [(send(connection)["id"], "no")])
        wish(connection, wish_for(ada, "contact", FIRST))
        assert only(connection)["state"] == "applied"

    def test_two_plugins_that_want_the_same_effect_make_one_the_first_of_them_wins(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        both = (
            wish_for(ada, "register", FIRST, plugin="first"),
            wish_for(ada, "register", SECOND, plugin="second"),
        )
        assert wish(connection, *both).planned == 1
        assert (only(connection)["plugin"], only(connection)["wanted"]) == ("first", FIRST)
        apply(connection)
        assert wish(connection, *both) == WishCounts(unchanged=1)
        assert only(connection)["state"] == "applied"

    def test_more_wishes_than_one_query_holds(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        many = [wish_for(ada, f"kind{n}", FIRST) for n in range(1203)]
        assert wish(connection, *many) == WishCounts(planned=1203)
        assert wish(connection, *many) == WishCounts(planned=1203)
        assert len(rows(connection)) == 1203

    def test_portals_do_not_see_each_others_effects(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        wish(connection, wish_for(ada))
        add_portal(connection, "2002")
        record_wishes(connection, "2002", [wish_for(ada)], run_id="run 2", now=NOW)
        assert [row["portal_id"] for row in rows(connection)] == [PORTAL, "2002"]


class TestParkedForGood:
    """A permanent failure waits for its payload, its plugin or the settings to change."""

    def test_an_upgraded_plugin_has_it_tried_again(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        wish(connection, wish_for(ada, plugin="p", plugin_version="1.0"))
        mark_rejected(connection, [(send(connection)["id"], "no")])
        wish(connection, wish_for(ada, plugin="p", plugin_version="1.0"))
        assert only(connection)["state"] == "rejected"
        wish(connection, wish_for(ada, plugin="p", plugin_version="1.1"))
        assert only(connection)["state"] == "planned"
        assert only(connection)["plugin_version"] == "1.1"

    def test_changed_settings_have_it_tried_again_once(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        old, new = self.run(connection, ada, 3), self.run(connection, ada, 4)
        for run_id, before, after in (
            (old, None, "planned"),
            (old, "refuse", "rejected"),
            (new, None, "planned"),
            (new, "refuse", "rejected"),
        ):
            if before:
                mark_rejected(connection, [(send(connection)["id"], "no")])
            wish(connection, wish_for(ada), run_id=run_id)
            assert only(connection)["state"] == after

    def run(self, connection: Connection, row: RowMapping, version: int) -> str:
        run_id = open_run(
            connection,
            occurrence_pk=row["occurrence_pk"],
            trigger="setting",
            pool="bulk",
            now=NOW,
        )
        change_run(connection, run_id, settings_version=version, state="running")
        return run_id


class TestNoLongerWanted:
    @pytest.mark.parametrize(
        ("state", "after"),
        [
            ("planned", "withdrawn"),
            ("rejected", "withdrawn"),
            ("sending", "sending"),
            ("unconfirmed", "unconfirmed"),
            ("applied", "applied"),
            ("cannot_change", "cannot_change"),
        ],
    )
    def test_only_what_never_reached_hubspot_is_forgotten(
        self, connection: Connection, ada: RowMapping, state: str, after: str
    ) -> None:
        bring_to(connection, state, ada, "register")
        drop_unsent(connection, [ada["id"]], ["another key"])
        assert only(connection)["state"] == after

    def test_what_is_still_wanted_and_other_people_are_left_alone(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        bob = add_person(connection, add_occurrence(connection), "bob@example.com")
        wish(connection, wish_for(ada, "register"), wish_for(ada, "cancel"), wish_for(bob))
        drop_unsent(connection, [ada["id"]], [wish_for(ada, "register").effect.key])
        states = {row["key"]: row["state"] for row in rows(connection)}
        assert states == {
            f"register:{ada['id']}": "planned",
            f"cancel:{ada['id']}": "withdrawn",
            f"register:{bob['id']}": "planned",
        }
