"""What HubSpot refused: each failing person told once, and everything tried again on demand."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, RowMapping

from engine.write_warnings import RefusedWrite, WriteFacts
from store.ledger import Wish, forget_applied, mark_applied, mark_rejected
from store.refusals import refusals_of, run_problems, try_again
from store.runs import change_run, finish_run, open_run
from store.tables import occurrence_person, person
from tests.store.effects import rows, sent, wish
from tests.store.support import NOW, WantedEffect, add_occurrence, add_person, minute, wish_for


@pytest.fixture
def place(connection: Connection) -> RowMapping:
    """A single webinar's occurrence."""
    return add_occurrence(connection)


def fail(
    connection: Connection, place: RowMapping, email: str, contact_id: str | None, **errors: str
) -> RowMapping:
    """Somebody HubSpot refused these kinds of effect for, each with its message."""
    row = add_person(connection, place, email, outcome="failing", reason="rejected")
    connection.execute(
        person.update().where(person.c.id == row["person_pk"]).values(contact_id=contact_id)
    )
    for kind, error in errors.items():
        place_of = {"occurrence_pk": None, "occurrence_person_pk": None}
        wanted = wish_for(row, kind, **(place_of if kind == "contact" else {}))
        wish(connection, wanted)
        mark_rejected(connection, [(rows(connection)[-1]["id"], error)])
    return row


def refuse(connection: Connection, place: RowMapping, kind: str, *, held: bool = False) -> None:
    """A write of nobody in particular that was refused, of something HubSpot holds or not."""
    wanted = WantedEffect(f"{kind}:{place['id']}", kind, {"x": 1})
    wish(connection, Wish(wanted, occurrence_pk=place["id"]))
    row = rows(connection)[-1]
    if held:
        mark_applied(connection, [(sent(row), "9")], now=NOW)
    mark_rejected(connection, [(row["id"], "no")])


def test_S27_S29_each_failing_person_is_told_by_the_first_thing_refused(
    connection: Connection, place: RowMapping
) -> None:
    fail(connection, place, "a@x.no", None, contact="Email address a@x.no is invalid")
    fail(connection, place, "b@x.no", None, contact='[{"error":"INVALID_EMAIL"}]')
    fail(connection, place, "c@x.no", None, contact="a rule", register="no contact")
    fail(connection, place, "d@x.no", "77", contact="Email address is invalid", attend="no")
    fail(connection, place, "e@x.no", "78", register="no", attend="no")
    led = fail(connection, place, "f@x.no", "78")
    leads = occurrence_person.select().where(occurrence_person.c.email == "e@x.no")
    lead = connection.execute(leads).mappings().one()
    connection.execute(
        occurrence_person.update()
        .where(occurrence_person.c.id == led["id"])
        .values(lead_pk=lead["id"])
    )
    elsewhere = add_occurrence(connection)
    assert refusals_of(connection, [place["id"], elsewhere["id"]]) == {
        place["id"]: WriteFacts(
            {
                "invalid_email": 2,
                "contact_not_created": 1,
                "contact_not_updated": 1,
                "timeline": 2,
            }
        ),
        elsewhere["id"]: WriteFacts(),
    }


def test_S27_S29_what_concerns_nobody_in_particular_is_told_with_its_message(
    connection: Connection, place: RowMapping
) -> None:
    refuse(connection, place, "marketing_event", held=True)
    refuse(connection, place, "call")
    assert refusals_of(connection, [place["id"]])[place["id"]].shared == (
        RefusedWrite("marketing_event", is_new=False, error="no"),
        RefusedWrite("call", is_new=True, error="no"),
    )


def test_S30_everything_refused_of_the_occurrence_is_tried_again_and_nothing_else(
    connection: Connection, place: RowMapping
) -> None:
    fail(connection, place, "a@x.no", "77", contact="a rule", attend="no")
    refuse(connection, place, "call")
    other = add_occurrence(connection)
    fail(connection, other, "b@x.no", None, contact="a rule")
    refuse(connection, other, "call")
    assert try_again(connection, place["id"]) == 3
    assert [(row["kind"], row["state"], row["error"]) for row in rows(connection)] == [
        ("contact", "planned", ""),
        ("attend", "planned", ""),
        ("call", "planned", ""),
        ("contact", "rejected", "a rule"),
        ("call", "rejected", "no"),
    ]


@pytest.mark.parametrize("why", ["is_excluded", "is_held"])
def test_S18_S19_S30_what_hubspot_lost_is_not_sent_again_of_people_left_out_since(
    connection: Connection, place: RowMapping, why: str
) -> None:
    for email, is_left_out in (("a@x.no", False), ("b@x.no", True)):
        row = add_person(connection, place, email, **{why: is_left_out})
        wish(connection, wish_for(row))
        mark_applied(connection, [(sent(rows(connection)[-1]), "77")], now=NOW)
    forget_applied(connection, place["id"], ["register"])
    assert [(row["state"], row["applied_hash"]) for row in rows(connection)] == [
        ("planned", ""),
        ("withdrawn", ""),
    ]


def test_S29_why_the_newest_run_broke_off_is_known_until_a_later_one_ends(
    connection: Connection, place: RowMapping
) -> None:
    def run(state: str, at: int, message: str = "") -> None:
        run_id = open_run(
            connection, occurrence_pk=place["id"], trigger="sync_now", pool="bulk", now=minute(at)
        )
        finish_run(connection, run_id, state=state, now=minute(at), message=message)
        change_run(connection, run_id, is_dry=state == "dry")

    run("done", 1)
    assert run_problems(connection, [place["id"]]) == {}
    run("failed", 2, "HubSpot answered 403")
    run("dry", 3)
    assert run_problems(connection, [place["id"]]) == {place["id"]: "HubSpot answered 403"}
    run("done", 4)
    assert run_problems(connection, [place["id"]]) == {}
