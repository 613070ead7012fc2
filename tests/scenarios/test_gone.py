"""S21, Q11: contacts deleted, restored, merged and erased in HubSpot; order does not matter."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from store.database import reading, writing
from store.decisions import applied_effects
from store.tables import effect, gone_address, inbox, metadata, person
from tests.scenarios.audience import ON_SQLITE, Audience, gather_audience
from tests.scenarios.stage import PORTAL, Stage

ADA, BEN, CARL = "ada@northquay.example", "ben@northquay.example", "carl@lowmoor.example"
ALL_HOUR = [[0, 3600]]


@pytest.fixture
def audience(stage: Stage) -> Audience:
    """A customer who has no webinar yet."""
    return gather_audience(stage)


def sync(audience: Audience) -> int:
    """Ada and Ben came to a webinar and were synced; the webinar's id."""
    webinar_id = audience.hold({ADA: ALL_HOUR, BEN: ALL_HOUR})
    audience.stage.work()
    audience.settle()
    assert audience.outcomes() == {ADA: ("in_sync", ""), BEN: ("in_sync", "")}
    return webinar_id


def written_before(audience: Audience, email: str) -> set[str]:
    """What the decision log shows as written before the person was excluded."""
    rows = audience.people(email=email)
    with reading(audience.stage.database) as connection:
        written = applied_effects(connection, rows)
    return {effect["kind"] for effects in written.values() for effect in effects}


@ON_SQLITE
class TestDeleted:
    def test_S21_a_deleted_contact_is_excluded_and_never_made_again(
        self, audience: Audience
    ) -> None:
        sync(audience)
        audience.happen(audience.contact_id(ADA), "delete")
        audience.hear()
        assert audience.outcomes()[ADA] == ("excluded", "deleted_contact")
        assert written_before(audience, ADA) == {"contact", "register", "attend"}
        audience.hold({ADA: ALL_HOUR}, topic="Another one")
        audience.sync_now()
        audience.settle()
        assert set(audience.stage.simulator.contacts()) == {BEN}
        assert {row["reason"] for row in audience.people(email=ADA)} == {"deleted_contact"}

    def test_S21_a_write_in_doubt_to_a_contact_that_is_gone_does_not_stay_in_doubt(
        self, audience: Audience
    ) -> None:
        sync(audience)
        ada = select(person.c.id).where(person.c.email == ADA).scalar_subquery()
        theirs = (effect.c.kind == "contact") & (effect.c.person_pk == ada)
        with writing(audience.stage.database) as connection:
            connection.execute(update(effect).where(theirs).values(state="unconfirmed"))
        audience.happen(audience.contact_id(ADA), "delete")
        audience.hear()
        (row,) = audience.stage.query(select(effect.c.state).where(theirs))
        assert row["state"] == "withdrawn"

    def test_S21_without_the_notice_sync_now_finds_it_deleted(self, audience: Audience) -> None:
        sync(audience)
        audience.happen(audience.contact_id(ADA), "delete")
        audience.sync_now()
        assert audience.outcomes()[ADA] == ("excluded", "deleted_contact")

    def test_S21_a_portal_that_wants_them_back_gets_a_new_contact(self, audience: Audience) -> None:
        sync(audience)
        before = audience.contact_id(ADA)
        audience.happen(before, "delete")
        audience.hear()
        audience.stage.set(recreate_deleted=True)
        audience.stage.work()
        assert audience.outcomes()[ADA] == ("in_sync", "")
        assert audience.contact_id(ADA) != before

    def test_a_restored_contact_is_back_in_sync_by_itself(self, audience: Audience) -> None:
        sync(audience)
        contact_id = audience.contact_id(ADA)
        audience.happen(contact_id, "delete")
        audience.hear()
        audience.happen(contact_id, "restore")
        audience.hear()
        assert audience.outcomes()[ADA] == ("in_sync", "")
        assert audience.contact_id(ADA) == contact_id

    @pytest.mark.parametrize("order", list(permutations(range(2))), ids=str)
    def test_the_notices_of_a_deletion_and_a_restoration_may_come_in_any_order_and_twice(
        self, audience: Audience, order: tuple[int, ...]
    ) -> None:
        sync(audience)
        contact_id = audience.contact_id(ADA)
        audience.happen(contact_id, "delete")
        audience.happen(contact_id, "restore")
        events = audience.events()
        for number in (*order, *order):
            audience.deliver(events[number])
            audience.stage.work()
        assert audience.outcomes()[ADA] == ("in_sync", "")

    def test_a_contact_with_another_address_now_is_looked_up_again(
        self, audience: Audience
    ) -> None:
        sync(audience)
        path = f"/hubspot/portals/{PORTAL}/contacts/{audience.contact_id(ADA)}"
        audience.control("PATCH", path, {"email": CARL})
        audience.hear()
        assert audience.outcomes()[ADA] == ("excluded", "secondary_email")


@ON_SQLITE
class TestUnheard:
    """HubSpot's notice was lost, and the next thing we do is to say that somebody attended."""

    @pytest.fixture
    def audience(self, stage: Stage) -> Audience:
        return gather_audience(stage, plugins={"property_updates": {"enabled": False}})

    @pytest.fixture
    def webinar_id(self, audience: Audience) -> int:
        """Ada and Ben are registered in HubSpot; the webinar has yet to take place."""
        webinar_id = audience.plan(ADA, BEN)
        audience.stage.work()
        assert audience.outcomes() == {ADA: ("in_sync", ""), BEN: ("in_sync", "")}
        return webinar_id

    def test_S21_a_contact_deleted_unheard_is_found_to_be_deleted(
        self, audience: Audience, webinar_id: int
    ) -> None:
        audience.happen(audience.contact_id(ADA), "delete")
        audience.play(webinar_id, {ADA: ALL_HOUR, BEN: ALL_HOUR})
        audience.settle(minutes=61)
        for _ in range(4):
            audience.settle()
        assert audience.outcomes() == {
            ADA: ("excluded", "deleted_contact"),
            BEN: ("in_sync", ""),
        }

    def test_a_contact_merged_unheard_is_found_and_the_survivor_attends(
        self, audience: Audience, webinar_id: int
    ) -> None:
        other = audience.add_contact(CARL)
        survivor = audience.merge(audience.contact_id(ADA), other)
        audience.play(webinar_id, {ADA: ALL_HOUR, BEN: ALL_HOUR})
        audience.settle(minutes=61)
        for _ in range(4):
            audience.settle()
        assert audience.outcomes() == {ADA: ("in_sync", ""), BEN: ("in_sync", "")}
        assert survivor in {row["remote_id"] for row in audience.sent("attend")}


@ON_SQLITE
class TestBin:
    def test_S21_who_was_deleted_before_the_installation_is_not_made_again(
        self, stage: Stage
    ) -> None:
        stage.simulator.scene("big", registrants=0, attendees=0)
        early = Audience(stage, "", "")
        early.happen(early.add_contact(ADA, hs_additional_emails=CARL), "delete")
        audience = gather_audience(stage)
        audience.hold({ADA: ALL_HOUR, BEN: [], CARL: []})
        audience.stage.work()
        assert audience.outcomes() == {
            ADA: ("excluded", "deleted_contact"),
            BEN: ("in_sync", ""),
            CARL: ("excluded", "deleted_contact"),
        }
        assert set(stage.simulator.contacts()) == {BEN}

    def test_S21_a_stranger_deleted_since_the_bin_was_read_is_known_by_the_notice(
        self, audience: Audience
    ) -> None:
        sync(audience)
        audience.happen(audience.add_contact(CARL), "delete")
        audience.hear()
        audience.hold({CARL: []}, topic="Another one")
        audience.settle(minutes=61)
        assert audience.outcomes()[CARL] == ("excluded", "deleted_contact")

    def test_a_restored_stranger_is_made_a_contact_of_ours_like_anybody(
        self, audience: Audience
    ) -> None:
        contact_id = audience.add_contact(CARL)
        audience.happen(contact_id, "delete")
        sync(audience)
        (kept,) = audience.stage.query(select(gone_address))
        assert (kept["kind"], len(kept["digest"])) == ("deleted", 40)
        assert places_of(audience.stage, CARL) == [], "only a keyed hash is kept of a stranger"
        audience.happen(contact_id, "restore")
        audience.hear()
        audience.hold({CARL: []}, topic="Another one")
        audience.settle(minutes=61)
        assert audience.outcomes()[CARL] == ("in_sync", "")
        assert audience.contact_id(CARL) == contact_id

    def test_the_bin_is_read_once_a_day(self, audience: Audience) -> None:
        def reads() -> int:
            journal = audience.control("GET", "/journal", platform="hubspot", tenant=PORTAL)
            return sum(
                call["count"]
                for call in journal["calls"]
                if call["method"] == "GET" and call["route"].endswith("/contacts")
            )

        sync(audience)
        assert reads() == 1
        audience.sync_now()
        assert reads() == 1
        audience.settle(minutes=25 * 60)
        audience.sync_now()
        assert reads() == 2

    def test_a_large_bin_is_read_a_stretch_at_a_time(
        self, audience: Audience, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobs.bin.PAGES", 1)
        for number in range(120):
            audience.happen(audience.add_contact(f"p{number}@lowmoor.example"), "delete")
        sync(audience)
        assert len(audience.stage.query(select(gone_address))) == 100
        audience.settle(minutes=11)
        audience.sync_now()
        assert len(audience.stage.query(select(gone_address))) == 120

    def test_a_bin_that_cannot_be_read_keeps_nobody_waiting(self, audience: Audience) -> None:
        refusal = {
            "platform": "hubspot",
            "kind": "status",
            "status": 400,
            "method": "GET",
            "route_contains": "/contacts",
        }
        audience.control("POST", "/faults", refusal)
        sync(audience)


@ON_SQLITE
class TestDeliveries:
    def test_one_that_cannot_be_read_is_parked_and_stops_nobody(self, audience: Audience) -> None:
        sync(audience)
        audience.deliver({"subscriptionType": "contact.deletion", "portalId": int(PORTAL)})
        audience.happen(audience.contact_id(ADA), "delete")
        audience.hear()
        states = [row["state"] for row in audience.stage.query(select(inbox))]
        assert sorted(states) == ["dead", "done"]
        assert audience.outcomes()[ADA] == ("excluded", "deleted_contact")

    def test_one_about_a_portal_nobody_connected_changes_nothing(self, audience: Audience) -> None:
        sync(audience)
        contact_id = int(audience.contact_id(ADA))
        for what in ("deletion", "privacyDeletion", "merge", "restore"):
            told = {"subscriptionType": f"contact.{what}", "portalId": 1, "objectId": contact_id}
            audience.deliver(told)
        audience.stage.work()
        assert {row["state"] for row in audience.stage.query(select(inbox))} == {"ignored"}
        assert audience.outcomes()[ADA] == ("in_sync", "")


def places_of(stage: Stage, text: str) -> list[str]:
    """Where the text is found: columns of any table, opened deliveries, the database's files."""
    wanted = text.lower()
    found = [
        f"{table.name}.{name}"
        for table in metadata.sorted_tables
        for row in stage.query(select(table))
        for name, value in row.items()
        if wanted in shown(value)
    ]
    for row in stage.query(select(inbox)):
        if row["body"] and wanted in opened(stage, row):
            found.append("a delivery's body")
    if stage.database.dialect.name == "sqlite":
        path = Path(str(stage.database.url.database))
        files = [path, path.with_name(path.name + "-wal")]
        found += [
            one.name
            for one in files
            if one.exists() and wanted.encode() in one.read_bytes().lower()
        ]
    return found


def shown(value: Any) -> str:
    return (json.dumps(value) if isinstance(value, (dict, list)) else str(value)).lower()


def opened(stage: Stage, row: Any) -> str:
    return stage.sealer.open(row["body"], f"inbox:{row['digest']}").decode().lower()


class TestErased:
    def test_Q11_nothing_of_an_erased_person_is_left_but_a_place_in_the_count(
        self, audience: Audience
    ) -> None:
        sync(audience)
        assert places_of(audience.stage, ADA)
        audience.happen(audience.contact_id(ADA), "gdpr-delete")
        audience.hear()
        assert places_of(audience.stage, ADA) == []
        assert places_of(audience.stage, "Ada Person") == []
        assert audience.outcomes() == {
            "": ("excluded", "privacy_deleted"),
            BEN: ("in_sync", ""),
        }

    def test_F46_an_erased_person_never_comes_back(self, audience: Audience) -> None:
        webinar_id = sync(audience)
        audience.happen(audience.contact_id(ADA), "gdpr-delete")
        audience.hear()
        audience.hold({ADA: ALL_HOUR, CARL: []}, topic="Another one")
        audience.register(webinar_id, CARL)
        audience.settle(minutes=61)
        audience.stage.set(recreate_deleted=True)
        audience.sync_now()
        audience.settle(minutes=30)
        assert set(audience.stage.simulator.contacts()) == {BEN, CARL}
        assert places_of(audience.stage, ADA) == []
        assert [row["reason"] for row in audience.people(email="")] == ["privacy_deleted"] * 2
        assert len(audience.people()) == audience.zoom_people() == 5

    @ON_SQLITE
    def test_deliveries_that_name_an_erased_person_are_dropped(self, audience: Audience) -> None:
        webinar_id = sync(audience)
        audience.announce(webinar_id, ADA)
        audience.announce(webinar_id, BEN)
        audience.stage.work()
        audience.happen(audience.contact_id(ADA), "gdpr-delete")
        audience.hear()
        assert places_of(audience.stage, ADA) == []
        assert "a delivery's body" in places_of(audience.stage, BEN)

    @ON_SQLITE
    def test_a_delivery_that_comes_after_the_erasure_is_dropped_once_it_is_merged(
        self, audience: Audience
    ) -> None:
        webinar_id = sync(audience)
        audience.happen(audience.contact_id(ADA), "gdpr-delete")
        audience.hear()
        audience.announce(webinar_id, ADA)
        audience.stage.work()
        assert places_of(audience.stage, ADA) == []
        assert [row["reason"] for row in audience.people(email="")] == ["privacy_deleted"]
        assert len(audience.people()) == 2

    @ON_SQLITE
    def test_the_order_and_repetition_of_deletion_and_erasure_do_not_matter(
        self, audience: Audience
    ) -> None:
        sync(audience)
        audience.happen(audience.contact_id(ADA), "gdpr-delete")
        events = audience.events()
        assert {event["subscriptionType"] for event in events} == {
            "contact.privacyDeletion",
            "contact.deletion",
        }
        for event in [*reversed(events), *events, *reversed(events)]:
            audience.deliver(event)
            audience.stage.work()
        assert audience.outcomes() == {
            "": ("excluded", "privacy_deleted"),
            BEN: ("in_sync", ""),
        }
        assert set(audience.stage.simulator.contacts()) == {BEN}

    @ON_SQLITE
    def test_a_notice_that_comes_before_the_contact_is_known_is_remembered(
        self, audience: Audience
    ) -> None:
        sync(audience)
        contact_id = audience.contact_id(ADA)
        audience.happen(contact_id, "gdpr-delete")
        (erased,) = [e for e in audience.events() if "privacy" in e["subscriptionType"]]
        forget_contact_of(audience.stage, ADA)
        audience.deliver(erased)
        audience.stage.work()
        remember_contact_of(audience.stage, ADA, contact_id)
        audience.sync_now()
        assert places_of(audience.stage, ADA) == []

    @ON_SQLITE
    def test_the_other_addresses_of_an_erased_contact_are_erased_too(
        self, audience: Audience
    ) -> None:
        contact_id = audience.add_contact(ADA, hs_additional_emails=CARL)
        sync(audience)
        audience.happen(contact_id, "gdpr-delete")
        audience.hear()
        audience.hold({CARL: ALL_HOUR}, topic="Another one")
        audience.settle(minutes=61)
        assert set(audience.stage.simulator.contacts()) == {BEN}
        assert places_of(audience.stage, CARL) == []


def forget_contact_of(stage: Stage, email: str) -> None:
    remember_contact_of(stage, email, None)


def remember_contact_of(stage: Stage, email: str, contact_id: str | None) -> None:
    """Set what we know of somebody's contact, as if a write's answer came so late."""
    with stage.database.begin() as connection:
        connection.execute(
            person.update().where(person.c.email == email).values(contact_id=contact_id)
        )
