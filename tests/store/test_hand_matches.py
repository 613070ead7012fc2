"""B19: a match by hand unites stays, outlives reads, and goes with an erased person."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, RowMapping, select

from store.erasure import erase_person
from store.hand_matches import keep_matches, match_by_hand, unmatch_by_hand
from store.sealing import Sealer
from store.session_facts import NAMELESS, erased_matches
from store.tables import hand_match, occurrence_person, session
from store.webinar_facts import change_occurrence
from tests.store.support import NOW, occurrence_now
from tests.store.test_session_facts import ADA, BOB, HOUR, Report

SAM, TWIN = {"name": "Sam Lee", "joined": 30, "left": 60}, {"name": "Sam Lee", "joined": 0}


@pytest.fixture
def report(connection: Connection) -> Report:
    """Ada registered and came for half an hour; two people are called Sam Lee."""
    made = Report(connection)
    change_occurrence(connection, made.place["id"], length_seconds=HOUR * 60, zoom_people=2)
    made.register(ADA, "r1")
    rows = [made.row(ADA, 0, 30, registrant_id="r1"), made.row(**SAM), made.row(**TWIN, left=10)]
    made.store(*rows)
    one = {"attended_seconds": 1800}
    sams = {NAMELESS + row["row_key"]: one for row in rows[1:]}
    made.unite_all({ADA: one, **sams})
    return made


def sam(report: Report) -> RowMapping:
    key = report.row(**SAM)["row_key"]
    return report.person(NAMELESS + key)


def match(report: Report, email: str = ADA) -> str | None:
    return match_by_hand(report.connection, sam(report), email, "7", NOW)


def test_B19_only_the_row_that_was_matched_is_united(report: Report) -> None:
    assert match(report) is not None
    ada = report.person(ADA)
    assert (ada["attended_seconds"], ada["attended_percent"]) == (HOUR * 60, 100.0)
    assert ada["dirty"] != ada["decided"]
    # The other Sam Lee is somebody else.
    assert len(report.people()) == 2
    assert occurrence_now(report.connection, report.place)["zoom_people"] == 2


def test_B19_a_match_made_while_a_read_goes_on_holds_at_its_end(report: Report) -> None:
    nameless = sam(report)["identity_key"]
    match(report)
    # The read had united everybody before.
    report.unite_all({nameless: {"attended_seconds": 1800}, ADA: {"attended_seconds": 1800}})
    keep_matches(report.connection, report.place)
    assert nameless not in report.people()
    assert report.person(ADA)["attended_seconds"] == HOUR * 60


def test_B19_a_match_can_be_taken_back(report: Report) -> None:
    before, nameless = report.people(), sam(report)["identity_key"]
    match(report, BOB)
    assert unmatch_by_hand(report.connection, report.person(BOB), "8", NOW) is not None
    assert report.people() == before
    assert report.person(nameless)["dirty"] > 0
    assert occurrence_now(report.connection, report.place)["zoom_people"] == 3
    assert unmatch_by_hand(report.connection, report.person(ADA), "8", NOW) is None


def test_B19_a_participant_who_left_the_report_cannot_be_matched(report: Report) -> None:
    row = sam(report)
    key = row["identity_key"].removeprefix(NAMELESS)
    report.connection.execute(session.delete().where(session.c.row_key == key))
    assert match_by_hand(report.connection, row, BOB, "7", NOW) is None


def test_an_erased_person_leaves_the_match_without_name_or_address(report: Report) -> None:
    match(report)
    sealer = Sealer([Fernet.generate_key().decode()])
    key = report.row(**SAM)["row_key"]
    person_pk = report.person(ADA)["person_pk"]
    erase_person(report.connection, sealer, report.place["portal_id"], person_pk, NOW)
    (fact,) = report.connection.execute(select(hand_match)).all()
    assert fact.email.startswith("erased:")
    name = select(session.c.name).where(session.c.row_key == key)
    assert report.connection.execute(name).scalar_one() == ""
    assert erased_matches(report.connection, report.place["id"], [key, "x"]) == {key}
    emails = report.connection.execute(select(occurrence_person.c.email)).scalars()
    assert ADA not in list(emails)
