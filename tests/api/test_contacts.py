"""One contact's webinars over the API, as the card on the contact's record asks for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from engine.recordings import FileMoments
from store.recording_facts import (
    change_recording,
    describe_recording,
    ensure_recording,
    merge_moments,
)
from store.tables import effect, occurrence_person, person, webinar
from tests.api.conftest import (
    ENDED,
    NOW,
    OTHER_PORTAL,
    PORTAL,
    HubSpotCaller,
    add_people,
    add_webinar,
)

PATH = "/api/contacts/501/webinars"


def test_S39_a_contacts_webinars_say_what_became_of_each(
    member: HubSpotCaller, engine: Engine
) -> None:
    with engine.begin() as to:
        to.execute(webinar.update().values(public_url="https://zoom.example/w/1"))
    (later,) = add_webinar(
        engine, "95000000002", start_at=NOW, ended_at=None, settled_at=None, status="ended"
    )
    role = {"outcome": "excluded", "reason": "role", "detail": "is a panelist"}
    add_people(
        engine,
        1,
        [
            {"email": "zoe@x.no", "attended_seconds": 2820, "attended_percent": 78.3},
            {"email": "other@x.no"},
        ],
    )
    add_people(engine, later, [{"email": "zoe@work.no", **role}])
    with engine.begin() as to:
        to.execute(person.update().where(person.c.email == "other@x.no").values(contact_id="502"))
        row = to.execute(
            select(occurrence_person).where(occurrence_person.c.email == "zoe@x.no")
        ).one()
        to.execute(
            effect.insert().values(
                portal_id=PORTAL,
                key="attend",
                kind="attend",
                state="applied",
                applied_at=NOW,
                wanted={},
                wanted_hash="x",
                occurrence_pk=1,
                occurrence_person_pk=row.id,
            )
        )
    newest, oldest = member.all(PATH)
    assert (newest["webinar_id"], newest["email"]) == ("95000000002", "zoe@work.no")
    assert {name: newest[name] for name in role} == role
    assert (newest["status"], newest["provisional"]) == ("ended", True)
    assert newest["written"] == []
    assert (oldest["topic"], oldest["outcome"], oldest["provisional"]) == (
        "Topic 001",
        "in_sync",
        False,
    )
    assert (oldest["attended_seconds"], oldest["attended_percent"]) == (2820, 78.3)
    assert oldest["written"] == [{"effect": "attend", "at": NOW.isoformat()}]
    assert oldest["public_url"] == "https://zoom.example/w/1"
    assert oldest["final_at"] == (ENDED + timedelta(hours=72)).isoformat()


def test_S36_the_recording_that_can_be_watched_is_linked(
    member: HubSpotCaller, engine: Engine
) -> None:
    add_people(engine, 1, [{"email": "zoe@x.no"}])
    for uuid, when in (("there", {}), ("gone", {"deleted_at": NOW})):
        with engine.begin() as to:
            row = ensure_recording(to, PORTAL, uuid)
            change_recording(to, row["id"], occurrence_pk=1)
            describe_recording(to, row, NOW, share_url=f"https://zoom.example/{uuid}")
            merge_moments(to, row, [FileMoments("MP4", "f", completed_at=ENDED)], when)
    (shown,) = member.all(PATH)
    assert shown["recordings"] == ["https://zoom.example/there"]


@pytest.mark.parametrize(
    "changes", [{"status": "cancelled"}, {"is_series": True}], ids=["called off", "of the series"]
)
def test_B06_what_nobody_attends_is_never_provisional(
    member: HubSpotCaller, engine: Engine, changes: dict[str, Any]
) -> None:
    (date,) = add_webinar(engine, "95000000006", settled_at=None, **changes)
    add_people(engine, date, [{"email": "zoe@x.no"}])
    (shown,) = member.all(PATH)
    assert (shown["provisional"], shown["final_at"]) == (False, None)


def test_F9_the_list_is_paged_and_every_date_comes_once(
    member: HubSpotCaller, engine: Engine
) -> None:
    dates = add_webinar(engine, "95000000003", occurrences=tuple("abcde"))
    undated = add_webinar(engine, "95000000004", start_at=None)
    for pk in (1, *dates, *undated):
        add_people(engine, pk, [{"email": f"zoe{pk}@x.no"}])
    rows = member.all(PATH, limit=2)
    assert rows == member.all(PATH)
    assert sorted(row["occurrence_id"] for row in rows) == ["0", "0", *"abcde"]


@pytest.mark.parametrize("contact_id", ["9", "501 or 1=1", "%", "0501"])
def test_a_contact_zoom_never_told_of_has_no_webinars(
    member: HubSpotCaller, engine: Engine, contact_id: str
) -> None:
    add_people(engine, 1, [{"email": "zoe@x.no"}])
    assert member.all(f"/api/contacts/{contact_id}/webinars".replace("%", "%25")) == []


def test_the_portal_comes_from_the_verified_caller_alone(
    member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    (theirs,) = add_webinar(engine, "95000000005", portal_id=OTHER_PORTAL)
    add_people(engine, 1, [{"email": "zoe@x.no"}])
    add_people(engine, theirs, [{"email": "zoe@y.no"}], OTHER_PORTAL)
    assert [row["email"] for row in member.all(PATH)] == ["zoe@x.no"]
    assert [row["email"] for row in stranger.all(PATH)] == ["zoe@y.no"]


def test_somebody_elses_cursor_is_refused(member: HubSpotCaller) -> None:
    assert member.call("GET", PATH, after="WyJ4Il0").status_code == 400
