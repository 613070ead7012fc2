"""A run in detail: where it came from, who fails by cause, and trying those again."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, update

from store.tables import decision_log, effect, occurrence, occurrence_person, run
from tests.api.conftest import NOW, PORTAL, Calls, HubSpotCaller, add_people, add_webinar

SYNC = "/api/webinars/95000000001/sync"
FAILING = {"outcome": "failing", "reason": "rejected"}


@pytest.fixture
def failing(engine: Engine) -> list[dict[str, str]]:
    """Four people fail for one cause, one for another; each has a refused write."""
    people = [{"email": f"p{n}@x.no", "detail": f"p{n}@x.no is taken", **FAILING} for n in range(4)]
    people.append({"email": "q@x.no", "detail": "phone is not valid", **FAILING})
    add_people(engine, 1, people)
    with engine.begin() as to:
        for row in to.execute(select(occurrence_person)).all():
            to.execute(
                effect.insert().values(
                    portal_id=PORTAL,
                    key=f"k{row.id}",
                    kind="contact",
                    person_pk=row.person_pk,
                    state="rejected",
                    wanted={},
                    wanted_hash="",
                    error=row.detail,
                    attempts=3,
                )
            )
    return people


def test_failing_people_are_grouped_by_cause_with_three_of_each(
    member: HubSpotCaller, stranger: HubSpotCaller, failing: list[dict[str, str]]
) -> None:
    run_id = member.call("POST", SYNC).json["run_id"]
    causes = member.all(f"/api/runs/{run_id}/errors", limit=1)
    assert [(one["people"], one["message"]) for one in causes] == [
        (4, "p0@x.no is taken"),
        (1, "phone is not valid"),
    ]
    assert [one["email"] for one in causes[0]["samples"]] == ["p0@x.no", "p1@x.no", "p2@x.no"]
    assert causes[0]["samples"][0]["occurrence_id"] == "0"
    assert stranger.call("GET", f"/api/runs/{run_id}/errors").status_code == 404
    assert stranger.call("POST", f"/api/runs/{run_id}/retry").status_code == 404


@pytest.mark.parametrize(
    ("index", "tried"), [(0, 4), (1, 1), (None, 5)], ids=["one", "other", "all"]
)
def test_all_of_a_cause_are_tried_again_as_one_run(
    member: HubSpotCaller,
    engine: Engine,
    calls: Calls,
    failing: list[dict[str, str]],
    index: int | None,
    tried: int,
) -> None:
    run_id = member.call("POST", SYNC).json["run_id"]
    with engine.begin() as to:
        to.execute(update(run).values(state="done"))
    causes = member.get(f"/api/runs/{run_id}/errors")["results"]
    body = {"cause": causes[index]["cause"]} if index is not None else {}
    answer = member.call("POST", f"/api/runs/{run_id}/retry", body)
    assert answer.status_code == 202, answer.text
    assert member.get(f"/api/runs/{answer.json['run_id']}")["trigger"] == "hand"
    with engine.connect() as connection:
        dirty = connection.execute(
            select(occurrence_person.c.id).where(occurrence_person.c.dirty == 1)
        ).all()
        planned = connection.execute(
            select(effect.c.error).where(effect.c.state == "planned", effect.c.attempts == 0)
        ).all()
        log = connection.execute(select(decision_log.c.entries)).scalars().all()
    assert len(dirty) == len(planned) == len(log) == tried
    assert log[0] == ["User 8 asked to try again."]
    assert "live" in calls.rung
    gone = member.call("POST", f"/api/runs/{run_id}/retry", {"cause": "nothing"})
    assert gone.status_code == 409


def test_a_sync_now_that_is_queued_takes_them_along_under_its_own_id(
    member: HubSpotCaller, failing: list[dict[str, str]]
) -> None:
    run_id = member.call("POST", SYNC).json["run_id"]
    retried = member.call("POST", f"/api/runs/{run_id}/retry").json["run_id"]
    assert member.get(f"/api/runs/{retried}")["id"] == run_id
    assert len(member.all("/api/webinars/95000000001/runs")) == 1


def test_a_run_says_what_it_came_from_and_which_was_before_it(
    member: HubSpotCaller, engine: Engine
) -> None:
    add_webinar(engine, "95000000002", occurrences=("11", "12"), zoom_people=7)
    path = "/api/webinars/95000000002/sync"
    first = member.call("POST", path, {"dry_run": True, "settings": {"recreate_deleted": True}})
    before = first.json["run_id"]
    with engine.begin() as to:
        to.execute(update(run).values(created_at=NOW.replace(hour=1), started_at=NOW))
        to.execute(
            update(occurrence).where(occurrence.c.occurrence_id == "12").values(read_at=None)
        )
    after = member.call("POST", path).json["run_id"]
    assert member.get(f"/api/runs/{after}")["previous"] == before
    shown = member.get(f"/api/runs/{before}")
    assert (shown["previous"], shown["settings"]) == (None, {"recreate_deleted": True})
    assert shown["source"] == {
        "people": 14,
        "report_rows": 2,
        "read_at": None,
        "read_by_run": False,
    }
    assert member.get(f"/api/runs/{after}")["source"]["read_by_run"] is False
    with engine.begin() as to:
        to.execute(update(occurrence).values(read_at=NOW))
        to.execute(update(run).values(started_at=NOW))
    # A dry run reads nothing, whenever Zoom was read.
    assert member.get(f"/api/runs/{before}")["source"]["read_by_run"] is False
    assert member.get(f"/api/runs/{after}")["source"]["read_by_run"] is True
