"""One person: everything known in one webinar, and every webinar an address appears in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, update

from store.tables import (
    decision_log,
    effect,
    hand_match,
    instance,
    occurrence_person,
    person,
    registrant_alias,
    run,
    run_change,
    session,
)
from tests.api.conftest import ENDED, NOW, OTHER_PORTAL, PORTAL, HubSpotCaller, add_webinar
from tests.api.conftest import add_people as add

PEOPLE = "/api/webinars/95000000001/people"
BEGAN = ENDED - timedelta(hours=1)


def only(caller: HubSpotCaller, **query: Any) -> Any:
    """The one person the list holds, with everything known."""
    (row,) = caller.all(PEOPLE, **query)
    return caller.get(f"{PEOPLE}/{row['person_id']}")


def add_sessions(engine: Engine, *stays: tuple[str, str, str, int, int]) -> None:
    """An hour's session and (key, registrant, address, from minute, to minute) in it."""
    with engine.begin() as to:
        to.execute(
            instance.insert().values(
                portal_id=PORTAL, occurrence_pk=1, uuid="u1", started_at=BEGAN, ended_at=ENDED
            )
        )
        for key, registrant, email, joined, left in stays:
            to.execute(
                session.insert().values(
                    occurrence_pk=1,
                    instance_pk=1,
                    row_key=key,
                    registrant_id=registrant,
                    email=email,
                    joined_at=BEGAN + timedelta(minutes=joined),
                    left_at=BEGAN + timedelta(minutes=left),
                    seconds=(left - joined) * 60,
                    read_number=1,
                )
            )


class TestOnePerson:
    def test_B01_every_decision_and_opinion_is_there_newest_first(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        opinion = {"plugin": "p", "version": "1", "reason": "role", "detail": "d", "hold": False}
        people = {"email": "ada@x.no", "outcome": "excluded", "reason": "role"}
        add(engine, 1, [people | {"opinions": [opinion], "decided_by": "p"}])
        with engine.begin() as to:
            for number, (verdict, reason) in enumerate([("sync", ""), ("excluded", "role")]):
                to.execute(
                    decision_log.insert().values(
                        portal_id=PORTAL,
                        occurrence_person_pk=1,
                        at=NOW + timedelta(minutes=number),
                        verdict=verdict,
                        reason=reason,
                        decided_by="p" if reason else "",
                        settings_version=number,
                        opinions=[opinion] if reason else [],
                        entries=["a line"],
                    )
                )
        found = only(member)
        assert [one["verdict"] for one in found["history"]] == ["excluded", "sync"]
        assert found["history"][0]["opinions"] == [opinion]
        assert found["history"][1]["decided_by"] is None
        assert found["deeds"] == ["include"]

    def test_B05_the_stays_are_those_the_attendance_is_made_of(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        add(engine, 1, [{"email": "ada@x.no"}, {"email": "ben@x.no"}])
        add_sessions(
            engine,
            ("k1", "r-ada", "phone@x.no", 0, 10),  # by the registration, whatever the row says
            ("k2", "", "ada@x.no", 20, 30),
            ("k3", "", "ben@x.no", 0, 60),
            ("k4", "", "", 40, 50),  # matched by hand
        )
        with engine.begin() as to:
            alias = {"occurrence_pk": 1, "registrant_id": "r-ada", "email": "ada@x.no"}
            to.execute(registrant_alias.insert().values(**alias))
            to.execute(
                hand_match.insert().values(
                    occurrence_pk=1,
                    row_key="k4",
                    portal_id=PORTAL,
                    email="ada@x.no",
                    author="7",
                    at=NOW,
                )
            )
        found = only(member, email="ada")
        (room,) = found["sessions"]
        joined = [one["joined_at"][14:16] for one in room["stays"]]
        assert joined == ["00", "20", "40"]
        assert found["deeds"] == ["unmatch"]

    def test_what_was_written_and_changed_is_told_without_other_peoples(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        add(engine, 1, [{"email": "ada@x.no", "outcome": "failing"}, {"email": "ben@x.no"}])
        with engine.begin() as to:
            for key, owner, kind, state, error in [
                ("c1", {"person_pk": 1}, "contact", "applied", ""),
                ("a1", {"occurrence_person_pk": 1, "occurrence_pk": 1}, "attend", "rejected", "no"),
                ("a2", {"occurrence_person_pk": 2, "occurrence_pk": 1}, "attend", "applied", ""),
            ]:
                to.execute(
                    effect.insert().values(
                        portal_id=PORTAL,
                        key=key,
                        kind=kind,
                        state=state,
                        error=error,
                        wanted={},
                        wanted_hash="x",
                        **owner,
                    )
                )
            for run_id, is_dry in (("r1", False), ("r2", True)):
                to.execute(
                    run.insert().values(
                        id=run_id,
                        group_id=run_id,
                        portal_id=PORTAL,
                        webinar_pk=1,
                        occurrence_pk=1,
                        trigger="sync_now",
                        pool="bulk",
                        is_dry=is_dry,
                        not_before=NOW,
                        created_at=NOW,
                    )
                )
                for email in ("ada@x.no", "ben@x.no"):
                    to.execute(
                        run_change.insert().values(
                            run_id=run_id,
                            email=email,
                            effect="contact",
                            property="company",
                            before="old",
                            after="new",
                        )
                    )
        found = only(member, email="ada")
        assert [(one["effect"], one["state"], one["error"]) for one in found["effects"]] == [
            ("contact", "applied", ""),
            ("attend", "rejected", "no"),
        ]
        (change,) = found["changes"]
        assert (change["run_id"], change["property"]) == ("r1", "company")
        assert (change["before"], change["after"]) == ("old", "new")
        assert found["deeds"] == ["retry"]

    def test_B08_a_secondary_address_leads_to_the_contacts_own(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        add(engine, 1, [{"email": "a@x.no"}, {"email": "b@x.no"}])
        with engine.begin() as to:
            for email, match in (("a@x.no", "primary"), ("b@x.no", "secondary")):
                to.execute(
                    update(person).where(person.c.email == email).values(contact_match=match)
                )
        listed = {row["email"]: row["primary_email"] for row in member.all(PEOPLE)}
        assert listed == {"a@x.no": None, "b@x.no": "a@x.no"}
        assert only(member, email="b@")["primary_email"] == "a@x.no"

    def test_B08_B19_only_what_can_be_decided_by_hand_is_offered(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        table: list[tuple[dict[str, Any], list[str]]] = [
            ({"identity_key": "row:1", "outcome": "excluded", "reason": "no_email"}, ["match"]),
            ({"outcome": "waiting", "reason": "held_secondary", "is_held": True}, ["release"]),
            ({"outcome": "waiting", "reason": "plugin_unavailable", "is_held": True}, []),
            ({"outcome": "excluded", "reason": "privacy_deleted"}, []),
            ({"outcome": "excluded", "reason": "sync_off"}, []),
            ({}, []),
        ]
        people = [
            values if "identity_key" in values else {"email": f"p{number}@x.no", **values}
            for number, (values, _) in enumerate(table)
        ]
        add(engine, 1, people)
        for number, (values, deeds) in enumerate(table, 1):
            assert member.get(f"{PEOPLE}/{number}")["deeds"] == deeds, values

    def test_nobody_elses_person_is_shown(
        self, member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
    ) -> None:
        add(engine, 1, [{"email": "ada@x.no"}])
        add_webinar(engine, "95000000002")
        for caller, path in (
            (stranger, f"{PEOPLE}/1"),
            (member, "/api/webinars/95000000002/people/1"),
            (member, f"{PEOPLE}/2"),
            (member, f"{PEOPLE}/x"),
        ):
            assert caller.call("GET", path).status_code == 404


class TestEverywhere:
    def test_B01_an_address_is_found_in_every_webinar_page_by_page(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        (second,) = add_webinar(engine, "95000000002")
        add(engine, 1, [{"email": "ada@x.no"}, {"email": "ben@x.no"}])
        with engine.begin() as to:
            to.execute(
                occurrence_person.insert().values(
                    portal_id=PORTAL,
                    occurrence_pk=second,
                    person_pk=1,
                    identity_key="ada@x.no",
                    email="ada@x.no",
                    identity="registration",
                    opinions=[],
                )
            )
        rows = member.all("/api/people", email=" ADA@x", limit=1)
        assert [row["webinar_id"] for row in rows] == ["95000000002", "95000000001"]
        assert {row["occurrence_id"] for row in rows} == {"0"}
        assert len(member.all("/api/people", email="@x.no")) == 3

    def test_another_portals_people_are_not_found(
        self, stranger: HubSpotCaller, engine: Engine
    ) -> None:
        add(engine, 1, [{"email": "ada@x.no"}])
        (theirs,) = add_webinar(engine, "95000000009", portal_id=OTHER_PORTAL)
        add(engine, theirs, [{"email": "ada@x.no"}], portal_id=OTHER_PORTAL)
        (row,) = stranger.all("/api/people", email="ada@x.no")
        assert row["webinar_id"] == "95000000009"

    def test_without_an_address_nobody_is_looked_for(self, member: HubSpotCaller) -> None:
        for query in ({}, {"email": ""}, {"email": "x" * 256}):
            assert member.call("GET", "/api/people", **query).status_code == 400
