"""P13: who leaves is erased from every table; what must outlive that is kept as keyed hashes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Column, Engine, String, Table, func, select

from store.database import reading, writing
from store.gone import ensure_hash, erased_among, note_erased
from store.leaving import (
    KEPT,
    Scope,
    close_erasure,
    erase,
    erased_tables,
    erasures_due,
    want_erasure,
)
from store.ledger import Sent, mark_applied, record_wishes
from store.past_effects import prune_past_effects, recall_effects
from store.sealing import Sealer
from store.settings import save_settings
from store.tables import effect, inbox, metadata, past_effect, person, portal, webinar
from tests.store.deliveries import record_delivery
from tests.store.support import (
    ACCOUNT,
    NOW,
    PORTAL,
    add_occurrence,
    add_person,
    add_portal,
    add_webinar,
    minute,
    row_of,
    wish_for,
)

SEALER = Sealer([Fernet.generate_key().decode()])
ADA = "ada@northquay.example"
OTHER = "2002"


def undecided() -> set[str]:
    erased = {table.name for table in erased_tables()}
    return {table.name for table in metadata.sorted_tables} - erased - set(KEPT)


def test_P13_somebody_decided_about_every_table() -> None:
    assert undecided() == set()
    assert set(KEPT) <= set(metadata.tables)


def test_P13_a_table_nobody_decided_about_is_found_out() -> None:
    table = Table("stray", metadata, Column("email", String(255), primary_key=True))
    try:
        assert undecided() == {"stray"}
    finally:
        metadata.remove(table)


def fill(database: Engine, portal_id: str = PORTAL, account_id: str = ACCOUNT) -> int:
    """A person with an effect HubSpot holds, another it never got; the first effect's key."""
    with writing(database) as connection:
        add_portal(connection, portal_id)
        row = add_webinar(connection, portal_id, account_id=account_id)
        place = add_occurrence(connection, row)
        ada = add_person(connection, place, ADA)
        ben = add_person(connection, place, "ben@northquay.example")
        record_wishes(connection, portal_id, [wish_for(ada), wish_for(ben)], run_id="", now=NOW)
        sent = (
            connection.execute(select(effect).where(effect.c.occurrence_person_pk == ada["id"]))
            .mappings()
            .one()
        )
        done = Sent(sent["id"], sent["kind"], sent["wanted"], sent["wanted_hash"])
        mark_applied(connection, [(done, "501")], now=NOW)
        save_settings(connection, portal_id, {"excluded_contact_domains": ["x.no"]}, "7", NOW, {})
    return int(ada["id"])


def deliver(database: Engine, account_id: str) -> None:
    with writing(database) as connection:
        record_delivery(
            connection, SEALER, "zoom", account_id, b"{}", account_id=account_id, now=NOW
        )


def counts(database: Engine, portal_id: str) -> dict[str, int]:
    found = {}
    with reading(database) as connection:
        for table in metadata.sorted_tables:
            if "portal_id" in table.c:
                mine = select(func.count()).where(table.c.portal_id == portal_id)
                found[table.name] = connection.execute(mine).scalar_one()
    return {name: count for name, count in found.items() if count}


class TestErasing:
    def test_P13_nothing_but_hashes_stays_and_other_portals_keep_theirs(
        self, database: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("store.leaving.AT_ONCE", 1)
        fill(database)
        fill(database, OTHER)
        before = counts(database, OTHER)
        deliver(database, PORTAL)
        deliver(database, OTHER)
        erase(database, SEALER, Scope(PORTAL), NOW)
        assert counts(database, PORTAL) == {"portal": 1, "past_effect": 1}
        assert counts(database, OTHER) == before
        with reading(database) as connection:
            assert connection.execute(select(inbox.c.account_id)).scalars().all() == [OTHER]
            row = (
                connection.execute(select(portal).where(portal.c.portal_id == PORTAL))
                .mappings()
                .one()
            )
        assert (row["installer_user_id"], row["capabilities"]) == ("", {})

    def test_one_zoom_account_goes_and_the_portals_other_one_stays(self, database: Engine) -> None:
        fill(database)
        with writing(database) as connection:
            stays = add_webinar(connection, topic="Other")
            connection.execute(
                webinar.update().where(webinar.c.id == stays["id"]).values(account_id="second")
            )
            place = add_occurrence(connection, stays)
            carl = add_person(connection, place, "carl@lowmoor.example")
            add_person(connection, place, ADA)
        erase(database, SEALER, Scope(PORTAL, ACCOUNT), NOW)
        with reading(database) as connection:
            assert connection.execute(select(webinar.c.account_id)).scalars().all() == ["second"]
            people = connection.execute(select(person.c.email)).scalars().all()
            assert sorted(people) == [ADA, "carl@lowmoor.example"]
            assert row_of(connection, person, carl["person_pk"])
        assert counts(database, PORTAL)["setting_version"] == 1

    def test_F46_the_erased_are_still_known_after_their_portal_left(self, database: Engine) -> None:
        fill(database)
        with writing(database) as connection:
            digest = ensure_hash(connection, SEALER, PORTAL).of(ADA)
            note_erased(connection, PORTAL, [digest])
        erase(database, SEALER, Scope(PORTAL), NOW)
        with reading(database) as connection:
            assert set(erased_among(connection, SEALER, PORTAL, [ADA])) == {ADA}

    def test_it_is_done_at_once_and_once_more_for_what_was_on_its_way(
        self, database: Engine
    ) -> None:
        with writing(database) as connection:
            add_portal(connection)
            want_erasure(connection, PORTAL, ["", ACCOUNT], NOW)
        with writing(database) as connection:
            due = erasures_due(connection, NOW)
            assert due == [Scope(PORTAL, ACCOUNT), Scope(PORTAL)]
            for scope in due:
                close_erasure(connection, scope, NOW)
            assert erasures_due(connection, minute(1)) == []
            assert erasures_due(connection, minute(2)) == due
            for scope in due:
                close_erasure(connection, scope, minute(2))
            assert erasures_due(connection, minute(9)) == []


class TestLedger:
    def leave_and_return(self, database: Engine, kind: str, **changes: object) -> tuple[str, int]:
        """An effect is applied, erased, and wanted again; its state, and how many were recalled."""
        with writing(database) as connection:
            place = add_occurrence(connection)
            ada = add_person(connection, place, ADA)
            wish = wish_for(ada, kind)
            record_wishes(connection, PORTAL, [wish], run_id="", now=NOW)
            row = connection.execute(select(effect)).mappings().one()
            sent = Sent(row["id"], kind, row["wanted"], row["wanted_hash"])
            mark_applied(connection, [(sent, "501")], now=NOW)
        erase(database, SEALER, Scope(PORTAL), NOW)
        with writing(database) as connection:
            place = add_occurrence(connection)
            ben = add_person(connection, place, ADA)
            again = wish_for(ben, kind, changes.get("payload"))
            again = type(again)(
                type(again.effect)(wish.effect.key, kind, again.effect.payload),
                again.occurrence_pk,
                again.occurrence_person_pk,
                again.person_pk,
            )
            record_wishes(connection, PORTAL, [again], run_id="", now=NOW)
            recalled = recall_effects(connection, SEALER, PORTAL, [wish.effect.key])
            state = connection.execute(select(effect.c.state)).scalar_one()
        return str(state), recalled

    @pytest.mark.parametrize(
        ("kind", "payload", "state"),
        [
            pytest.param("attend", None, "applied", id="the same attendance"),
            pytest.param("attend", {"at": 2}, "cannot_change", id="another attendance"),
            pytest.param("app_attended", None, "applied", id="an app event"),
            pytest.param("call", None, "unconfirmed", id="a call record is looked for first"),
            pytest.param("contact", None, "planned", id="a contact is looked up anyway"),
        ],
    )
    def test_F45_what_was_sent_before_is_not_sent_again(
        self, database: Engine, kind: str, payload: object, state: str
    ) -> None:
        found = self.leave_and_return(database, kind, payload=payload)
        assert found == (state, 0 if state == "planned" else 1)

    def test_the_hashes_go_after_ninety_days(self, database: Engine) -> None:
        fill(database)
        erase(database, SEALER, Scope(PORTAL), NOW)
        with writing(database) as connection:
            assert prune_past_effects(connection, NOW + timedelta(days=90)) == 0
            assert prune_past_effects(connection, NOW + timedelta(days=91)) == 1

    def test_they_tell_nothing_without_the_portals_key(self, database: Engine) -> None:
        fill(database)
        with reading(database) as connection:
            sent = (
                connection.execute(select(effect).where(effect.c.applied_hash != ""))
                .mappings()
                .one()
            )
        erase(database, SEALER, Scope(PORTAL), NOW)
        with reading(database) as connection:
            kept = connection.execute(select(past_effect)).mappings().one()
        assert sent["key"].split(":")[1][:40] != kept["digest"]
        assert sent["applied_hash"][:40] != kept["payload_digest"]
