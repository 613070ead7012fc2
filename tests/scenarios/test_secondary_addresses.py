"""B8, S20, S40: a contact's secondary address, by each of the three policies; merged contacts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from store.database import writing
from store.decisions import release_by_hand
from store.runs import open_run
from store.tables import decision_log, occurrence_person
from tests.scenarios.audience import ON_SQLITE, Audience, gather_audience
from tests.scenarios.stage import PORTAL, Stage

MAIN, ALIAS = "ada@northquay.example", "ada@lowmoor.example"
OTHER = "ben@northquay.example"
FIRST_HALF, SECOND_HALF, ALL_HOUR = [[0, 1800]], [[1500, 2700]], [[0, 3600]]


@pytest.fixture
def audience(stage: Stage) -> Audience:
    """A customer who has no webinar yet."""
    return gather_audience(stage)


def sync(audience: Audience, **people: Any) -> int:
    webinar_id = audience.hold(people or {MAIN: FIRST_HALF, ALIAS: SECOND_HALF})
    audience.stage.work()
    audience.settle()
    return webinar_id


def participations(stage: Stage) -> list[dict[str, Any]]:
    """Everybody in every marketing event."""
    path = f"/hubspot/portals/{PORTAL}/marketing-events"
    events = stage.simulator.call("GET", path)["results"]
    return [one for event in events for one in event["participations"]]


def figures(stage: Stage, email: str) -> tuple[Any, ...]:
    """Registrations, attendances and average percent on the contact."""
    held = stage.simulator.contacts()[email]["properties"]
    names = ("registration_count", "attendance_count", "average_attendance_percent")
    return tuple(held.get(f"rollcall_{name}") for name in names)


@ON_SQLITE
class TestSkip:
    def test_S20_S40_B8_the_secondary_address_is_excluded_and_leaves_no_trace(
        self, audience: Audience
    ) -> None:
        audience.add_contact(MAIN, hs_additional_emails=ALIAS)
        sync(audience)
        assert audience.outcomes() == {
            MAIN: ("in_sync", ""),
            ALIAS: ("excluded", "secondary_email"),
        }
        assert figures(audience.stage, MAIN) == ("1", "1", "50")
        assert len(participations(audience.stage)) == 1
        assert set(audience.stage.simulator.contacts()) == {MAIN}


class TestResolve:
    @pytest.fixture
    def audience(self, stage: Stage) -> Audience:
        return gather_audience(stage, secondary_email="resolve")

    @ON_SQLITE
    def test_B8_the_secondary_address_alone_reaches_its_owner(self, audience: Audience) -> None:
        audience.add_contact(MAIN, hs_additional_emails=ALIAS)
        sync(audience, **{ALIAS: SECOND_HALF})
        assert audience.outcomes() == {ALIAS: ("in_sync", "")}
        assert figures(audience.stage, MAIN) == ("1", "1", "33.3")
        assert set(audience.stage.simulator.contacts()) == {MAIN}

    def test_B8_two_addresses_of_one_contact_are_one_attendee(self, audience: Audience) -> None:
        audience.add_contact(MAIN, hs_additional_emails=ALIAS)
        sync(audience)
        # 0-30 minutes and 25-45 minutes of an hour.
        assert figures(audience.stage, MAIN) == ("1", "1", "75")
        assert len(participations(audience.stage)) == 1
        assert len(audience.sent("register")) == len(audience.sent("attend")) == 1
        assert len(audience.sent("contact")) == 1
        # The log and the balance know both.
        assert audience.outcomes() == {MAIN: ("in_sync", ""), ALIAS: ("in_sync", "")}
        assert audience.zoom_people() == 2

    @ON_SQLITE
    def test_B8_again_and_again_changes_nothing(self, audience: Audience) -> None:
        audience.add_contact(MAIN, hs_additional_emails=ALIAS)
        sync(audience)
        before = audience.stage.simulator.writes()
        for _ in range(2):
            audience.sync_now()
        assert audience.stage.simulator.writes() == before

    @ON_SQLITE
    def test_B8_webinars_of_both_addresses_count_for_the_one_contact(
        self, audience: Audience
    ) -> None:
        audience.add_contact(MAIN, hs_additional_emails=ALIAS)
        sync(audience, **{MAIN: ALL_HOUR})
        audience.hold({ALIAS: FIRST_HALF}, topic="Another one")
        audience.settle(minutes=61)
        audience.settle()
        assert figures(audience.stage, MAIN) == ("2", "2", "75")

    @ON_SQLITE
    def test_an_address_that_is_excluded_counts_for_nobody(self, audience: Audience) -> None:
        audience.stage.set(excluded_contact_domains=["northquay.example"])
        audience.add_contact(MAIN, hs_additional_emails=ALIAS)
        sync(audience)
        assert audience.outcomes() == {
            MAIN: ("excluded", "excluded_domain"),
            ALIAS: ("in_sync", ""),
        }
        assert figures(audience.stage, MAIN) == ("1", "1", "33.3")
        assert len(participations(audience.stage)) == 1

    @ON_SQLITE
    def test_B09_what_another_address_of_the_contact_still_wants_is_not_withdrawn(
        self, audience: Audience
    ) -> None:
        audience.add_contact(MAIN, hs_additional_emails=ALIAS)
        sync(audience)
        stage = audience.stage
        (before,) = participations(stage)
        stage.set(excluded_contact_domains=["northquay.example"])
        stage.work()
        (pk,) = {row["occurrence_pk"] for row in stage.query(select(occurrence_person))}
        with writing(stage.database) as connection:
            open_run(
                connection,
                occurrence_pk=pk,
                trigger="replay",
                pool="bulk",
                now=stage.now(),
                must_verify=True,
                is_replay=True,
                is_withdrawal=True,
            )
        audience.settle()
        assert audience.outcomes()[MAIN] == ("excluded", "excluded_domain")
        assert participations(stage) == [before]
        assert figures(stage, MAIN) == ("1", "1", "33.3")
        assert audience.sent("cancel") == []

    def test_merged_contacts_become_one_attendee_without_doubles(self, audience: Audience) -> None:
        sync(audience, **{MAIN: FIRST_HALF, ALIAS: SECOND_HALF, OTHER: []})
        assert len(participations(audience.stage)) == 3
        audience.merge(audience.contact_id(MAIN), audience.contact_id(ALIAS))
        audience.hear()
        assert audience.outcomes() == {
            MAIN: ("in_sync", ""),
            ALIAS: ("in_sync", ""),
            OTHER: ("in_sync", ""),
        }
        assert figures(audience.stage, MAIN) == ("1", "1", "75")
        assert len({one["contact_id"] for one in participations(audience.stage)}) == 2
        assert audience.stage.simulator.summary()["duplicate_effects"] == 0


@ON_SQLITE
class TestHold:
    @pytest.fixture
    def audience(self, stage: Stage) -> Audience:
        return gather_audience(stage, secondary_email="hold")

    def test_B8_the_secondary_address_waits_until_somebody_releases_it(
        self, audience: Audience
    ) -> None:
        audience.add_contact(MAIN, hs_additional_emails=ALIAS)
        sync(audience)
        assert audience.outcomes() == {
            MAIN: ("in_sync", ""),
            ALIAS: ("waiting", "held_secondary"),
        }
        assert figures(audience.stage, MAIN) == ("1", "1", "50")
        (held,) = audience.people(reason="held_secondary")
        with writing(audience.stage.database) as connection:
            release_by_hand(connection, held, "7", audience.stage.now())
        audience.stage.work()
        assert audience.outcomes()[ALIAS] == ("in_sync", "")
        assert figures(audience.stage, MAIN) == ("1", "1", "75")
        notes = audience.stage.query(
            select(decision_log).where(decision_log.c.verdict == "by_hand")
        )
        assert [note["decided_by"] for note in notes] == ["user:7"]


@ON_SQLITE
class TestMerged:
    @pytest.mark.parametrize("makes_new_id", [True, False], ids=["new id", "primary keeps its id"])
    def test_the_survivor_takes_over_and_the_other_address_is_a_secondary_one(
        self, audience: Audience, makes_new_id: bool
    ) -> None:
        audience.control("PATCH", "/switches", {"merge_makes_new_id": makes_new_id})
        sync(audience)
        survivor = audience.merge(audience.contact_id(MAIN), audience.contact_id(ALIAS))
        events = audience.events()
        for event in [*events, *events]:
            audience.deliver(event)
            audience.stage.work()
        assert audience.outcomes() == {
            MAIN: ("in_sync", ""),
            ALIAS: ("excluded", "secondary_email"),
        }
        assert audience.contact_id(MAIN) == survivor
        assert set(audience.stage.simulator.contacts()) == {MAIN}
        audience.hold({MAIN: ALL_HOUR}, topic="Another one")
        audience.settle(minutes=61)
        audience.settle()
        assert figures(audience.stage, MAIN) == ("2", "2", "75")

    def test_without_the_notice_sync_now_finds_the_survivor(self, audience: Audience) -> None:
        sync(audience)
        survivor = audience.merge(audience.contact_id(MAIN), audience.contact_id(ALIAS))
        audience.sync_now()
        assert audience.outcomes()[ALIAS] == ("excluded", "secondary_email")
        assert audience.contact_id(MAIN) == survivor
