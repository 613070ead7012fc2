"""The decision log, its CSV, and what a person decides by hand."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from api.parts import EXTENSION
from store.database import writing
from store.gone import ensure_hash, note_erased
from store.tables import decision_log, effect, occurrence_person, run
from tests.api.conftest import NOW, PORTAL, Calls, HubSpotCaller, add_people, add_webinar

PEOPLE = "/api/webinars/95000000001/people"

REASONS = [
    ("hubspot_user", "exclusions"),
    ("excluded_domain", "exclusions"),
    ("invalid_email", "exclusions"),
    ("secondary_email", "exclusions"),
    ("role", "exclusions"),
    ("deleted_contact", "exclusions"),
    ("privacy_deleted", "engine"),
    ("plugin:loyalty:competitor", "loyalty"),
]


@pytest.fixture
def log(engine: Engine) -> None:
    """One person per reason, one without address, one in sync."""
    people = [
        {
            "email": f"{reason.replace(':', '.')}@x.no",
            "outcome": "excluded",
            "reason": reason,
            "detail": f"because {reason}",
            "decided_by": plugin,
            "decided_by_version": "1.0.0",
            "opinions": [
                {
                    "plugin": plugin,
                    "version": "1.0.0",
                    "reason": reason,
                    "detail": "",
                    "hold": False,
                }
            ],
        }
        for reason, plugin in REASONS
    ]
    people.append({"identity_key": "row:1", "outcome": "excluded", "reason": "no_email"})
    people.append(
        {
            "email": "zoe@x.no",
            "first_name": "Zoe",
            "attended_seconds": 2820,
            "attended_percent": 78.3,
        }
    )
    add_people(engine, 1, people)


@pytest.mark.usefixtures("log")
class TestDecisionLog:
    @pytest.mark.parametrize(("reason", "plugin"), REASONS, ids=[reason for reason, _ in REASONS])
    def test_B01_each_is_found_by_address_with_reason_and_plugin(
        self, member: HubSpotCaller, reason: str, plugin: str
    ) -> None:
        (row,) = member.all(PEOPLE, email=f"{reason.replace(':', '.')}@X.no")
        assert row["reason"] == reason
        assert row["detail"] == f"because {reason}"
        assert row["decided_by"] == {"plugin": plugin, "version": "1.0.0"}
        assert row["opinions"][0]["reason"] == reason

    @pytest.mark.parametrize(
        ("wanted", "count"),
        [
            ({"outcome": "in_sync"}, 1),
            ({"outcome": "excluded"}, 9),
            ({"reason": "role"}, 1),
            ({"plugin": "loyalty"}, 1),
            ({"occurrence": "0"}, 10),
            ({"email": "%"}, 0),
            ({"outcome": "excluded", "plugin": "exclusions", "email": "_email@"}, 2),
        ],
    )
    def test_B01_filters(self, member: HubSpotCaller, wanted: dict[str, str], count: int) -> None:
        assert len(member.all(PEOPLE, limit=4, **wanted)) == count

    def test_a_person_in_sync_shows_attendance_and_contact(self, member: HubSpotCaller) -> None:
        (row,) = member.all(PEOPLE, outcome="in_sync")
        assert (row["name"], row["contact_id"]) == ("Zoe", "501")
        assert (row["attended_seconds"], row["attended_percent"]) == (2820, 78.3)
        assert row["written_before"] == []

    def test_S22_what_was_written_before_an_exclusion_is_shown(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        with engine.begin() as to:
            row = (
                to.execute(select(occurrence_person).where(occurrence_person.c.reason == "role"))
                .mappings()
                .one()
            )
            for kind, target in (
                ("contact", {"person_pk": row["person_pk"]}),
                ("register", {"occurrence_pk": 1, "occurrence_person_pk": row["id"]}),
            ):
                to.execute(
                    effect.insert().values(
                        portal_id=PORTAL,
                        key=kind,
                        kind=kind,
                        state="applied",
                        applied_at=NOW,
                        wanted={},
                        wanted_hash="x",
                        **target,
                    )
                )
        (shown,) = member.all(PEOPLE, reason="role")
        assert [each["effect"] for each in shown["written_before"]] == ["contact", "register"]

    def test_B01_the_csv_has_a_row_for_each_person(self, member: HubSpotCaller) -> None:
        answer = member.call("GET", PEOPLE, headers={"Accept": "text/csv"}, limit=1)
        assert answer.mimetype == "text/csv"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert len(rows) == len(member.all(PEOPLE)) == 10
        assert {row["reason"] for row in rows} > {reason for reason, _ in REASONS}

    def test_the_csv_keeps_to_the_filter(self, member: HubSpotCaller) -> None:
        answer = member.call("GET", PEOPLE, headers={"Accept": "text/csv"}, reason="role")
        assert [row["email"] for row in csv.DictReader(io.StringIO(answer.text))] == ["role@x.no"]

    def test_include_anyway_is_kept_with_author_and_time(
        self, member: HubSpotCaller, engine: Engine, calls: Calls
    ) -> None:
        (person,) = member.all(PEOPLE, reason="role")
        answer = member.call("POST", f"{PEOPLE}/{person['person_id']}/include")
        assert answer.status_code == 202, answer.text
        with engine.connect() as connection:
            row = connection.execute(
                select(occurrence_person).where(occurrence_person.c.reason == "role")
            ).one()
            note = connection.execute(select(decision_log)).one()
            opened = connection.execute(select(run)).one()
        assert row.is_included_by_hand
        assert row.dirty != row.decided
        assert (note.decided_by, note.at) == (f"user:{member.user_id}", NOW)
        assert (opened.id, opened.trigger, opened.pool) == (answer.json["run_id"], "hand", "live")
        assert calls.rung == ["live"]

    def test_an_erasure_cannot_be_overruled(self, member: HubSpotCaller) -> None:
        (person,) = member.all(PEOPLE, reason="privacy_deleted")
        answer = member.call("POST", f"{PEOPLE}/{person['person_id']}/include")
        assert answer.status_code == 409
        assert member.all(PEOPLE, reason="privacy_deleted")[0]["included_by_hand"] is False

    def test_B8_a_release_is_kept_with_author_and_time(
        self, member: HubSpotCaller, engine: Engine, calls: Calls
    ) -> None:
        held = {"outcome": "waiting", "reason": "held_secondary", "is_held": True}
        add_people(engine, 1, [{"email": "held@x.no", **held}])
        (person,) = member.all(PEOPLE, outcome="waiting")
        answer = member.call("POST", f"{PEOPLE}/{person['person_id']}/release")
        assert answer.status_code == 202, answer.text
        with engine.connect() as connection:
            note = connection.execute(select(decision_log)).one()
            opened = connection.execute(select(run)).one()
        assert member.all(PEOPLE, email="held@x.no")[0]["released_by_hand"] is True
        assert (note.decided_by, note.at) == (f"user:{member.user_id}", NOW)
        assert (opened.id, opened.trigger) == (answer.json["run_id"], "hand")
        assert calls.rung == ["live"]

    @pytest.mark.parametrize(
        ("email", "held"),
        [
            pytest.param("role@x.no", None, id="somebody excluded"),
            pytest.param("held@x.no", "plugin_unavailable", id="somebody waiting for a plugin"),
        ],
    )
    def test_B8_only_somebody_held_for_a_person_to_decide_can_be_released(
        self, member: HubSpotCaller, engine: Engine, email: str, held: str | None
    ) -> None:
        if held:
            row = {"email": email, "outcome": "waiting", "reason": held, "is_held": True}
            add_people(engine, 1, [row])
        (person,) = member.all(PEOPLE, email=email)
        answer = member.call("POST", f"{PEOPLE}/{person['person_id']}/release")
        assert answer.status_code == 409

    @pytest.mark.parametrize(
        ("reason", "body", "status"),
        [
            pytest.param("no_email", {"email": "no address"}, 400, id="B19 not an address"),
            pytest.param("no_email", {}, 400, id="B19 no address"),
            pytest.param("no_email", {"email": "ada@x.no"}, 409, id="B19 no longer in the report"),
            pytest.param("role", {"email": "ada@x.no"}, 409, id="B19 somebody with an address"),
        ],
    )
    def test_who_cannot_be_matched_is_told_why(
        self, member: HubSpotCaller, reason: str, body: dict[str, str], status: int
    ) -> None:
        (person,) = member.all(PEOPLE, reason=reason)
        answer = member.call("POST", f"{PEOPLE}/{person['person_id']}/match", body)
        assert answer.status_code == status, answer.text
        assert member.all(PEOPLE, email="ada@x.no") == []

    def test_B19_nobody_is_matched_to_somebody_erased(
        self, member: HubSpotCaller, engine: Engine, app: Flask
    ) -> None:
        sealer = app.extensions[EXTENSION].sealer
        with writing(engine) as to:
            digest = ensure_hash(to, sealer, PORTAL).of("ada@x.no")
            note_erased(to, PORTAL, [digest])
        (person,) = member.all(PEOPLE, reason="no_email")
        body = {"email": " Ada@x.no"}
        answer = member.call("POST", f"{PEOPLE}/{person['person_id']}/match", body)
        assert answer.status_code == 409
        assert "erased" in answer.json["message"]

    def test_retry_sends_again_only_what_was_refused_for_the_person(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        (person,) = member.all(PEOPLE, outcome="in_sync")
        key = int(person["person_id"])
        with engine.begin() as to:
            other = to.execute(
                select(occurrence_person.c.id).where(occurrence_person.c.reason == "role")
            ).scalar_one()
            for number, (owner, state) in enumerate(
                [(key, "rejected"), (key, "applied"), (other, "rejected")]
            ):
                to.execute(
                    effect.insert().values(
                        portal_id=PORTAL,
                        key=str(number),
                        kind="attend",
                        occurrence_pk=1,
                        occurrence_person_pk=owner,
                        state=state,
                        error="x",
                        wanted={},
                        wanted_hash="x",
                    )
                )
        assert member.call("POST", f"{PEOPLE}/{key}/retry").status_code == 202
        with engine.connect() as connection:
            states = list(connection.execute(select(effect.c.state).order_by(effect.c.key)))
        assert [row.state for row in states] == ["planned", "applied", "rejected"]

    def test_a_person_of_another_webinar_is_not_found(
        self, member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
    ) -> None:
        add_webinar(engine, "95000000002")
        (person,) = member.all(PEOPLE, reason="role")
        wrong = f"/api/webinars/95000000002/people/{person['person_id']}/include"
        assert member.call("POST", wrong).status_code == 404
        mine = f"{PEOPLE}/{person['person_id']}/include"
        assert stranger.call("POST", mine).status_code == 404


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")']


def test_X12_a_name_cannot_become_a_formula_in_a_spreadsheet(
    member: HubSpotCaller, engine: Engine
) -> None:
    people = [
        {"email": f"{n}@x.no", "first_name": name, "detail": 'a "quote", and more'}
        for n, name in enumerate(FORMULAS)
    ]
    add_people(engine, 1, people)
    answer = member.call("GET", PEOPLE, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert all(row["first_name"].startswith("'") for row in rows)
    assert [row["first_name"].replace("'", "") for row in rows] == FORMULAS
    assert {row["detail"] for row in rows} == {'a "quote", and more'}


def test_people_of_a_series_come_occurrence_by_occurrence(
    member: HubSpotCaller, engine: Engine
) -> None:
    first, second = add_webinar(engine, "95000000002", occurrences=("11", "12"))
    add_people(engine, first, [{"email": f"a{n}@x.no"} for n in range(3)])
    add_people(engine, second, [{"identity_key": f"row:{n}"} for n in range(3)])
    path = "/api/webinars/95000000002/people"
    rows = [(row["occurrence_id"], row["email"]) for row in member.all(path, limit=2)]
    assert rows == [
        *(("11", f"a{n}@x.no") for n in range(3)),
        *(("12", "") for _ in range(3)),
    ]
    assert len(member.all(path, occurrence="12")) == 3


@pytest.mark.slow
def test_F9_ten_thousand_people_come_in_small_answers(
    member: HubSpotCaller, engine: Engine
) -> None:
    person = {"outcome": "excluded", "reason": "role", "detail": "d" * 200}
    add_people(engine, 1, [{"email": f"p{n:05}@x.no", **person} for n in range(10_000)])
    answer = member.call("GET", PEOPLE, limit=200)
    assert len(answer.json["results"]) == 200
    assert len(answer.data) < 1_000_000
    exported = member.call("GET", PEOPLE, headers={"Accept": "text/csv"})
    assert exported.text.count("\r\n") == 10_001
