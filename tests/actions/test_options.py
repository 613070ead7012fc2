"""POST /actions/webinar-options: what the workflow editor offers, from our own tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from store.database import writing
from store.settings import save_settings
from store.tables import occurrence, webinar
from tests.actions.conftest import OPTIONS, OTHER_PORTAL, PORTAL, STRANGER, Caller

SOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
HOUR = 3600


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database will do: the queries are plain ones."""
    return sqlite_url


def plan(
    engine: Engine,
    webinar_id: str,
    topic: str,
    *,
    account: str = "acme",
    dates: dict[str, datetime | None] | None = None,
    **columns: Any,
) -> None:
    """A webinar; ``dates`` are its starts by occurrence id."""
    with writing(engine) as to:
        pk = to.execute(
            webinar.insert()
            .values(
                portal_id=PORTAL,
                account_id=account,
                webinar_id=webinar_id,
                topic=topic,
                panelists=[],
                **{"approval_type": 0, "detail_read_at": SOON, **columns},
            )
            .returning(webinar.c.id)
        ).scalar_one()
        for name, start_at in (dates or {"": SOON}).items():
            to.execute(
                occurrence.insert().values(
                    portal_id=PORTAL,
                    webinar_pk=pk,
                    occurrence_id=name,
                    is_series=columns.get("type") == 9 and not name,
                    start_at=start_at,
                    duration_seconds=HOUR,
                )
            )


def ask(caller: Caller, portal_id: str = PORTAL, **fetch: str) -> dict[str, Any]:
    """The editor asks for entries."""
    body = {
        "origin": {"portalId": int(portal_id), "actionDefinitionId": 1},
        "objectTypeId": "0-1",
        "inputFieldName": "webinarId",
        "inputFields": {},
        "fetchOptions": fetch,
    }
    answer = caller.post(body, OPTIONS)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def listed(caller: Caller, **fetch: str) -> dict[str, str]:
    """Labels by value."""
    return {one["value"]: one["label"] for one in ask(caller, **fetch)["options"]}


def test_only_hubspot_may_ask(hubspot: Caller) -> None:
    assert (
        hubspot.post({"origin": {"portalId": int(PORTAL)}}, OPTIONS, versions="").status_code == 401
    )
    assert hubspot.post(b"{}", OPTIONS).status_code == 400


@pytest.mark.parametrize("portal_id", [PORTAL, OTHER_PORTAL, STRANGER])
def test_where_nothing_is_there_the_list_is_empty_and_no_error(
    hubspot: Caller, portal_id: str
) -> None:
    assert ask(hubspot, portal_id) == {"options": [], "searchable": True}


def test_upcoming_webinars_and_dates_are_offered_in_the_portals_time_B13(
    hubspot: Caller, engine: Engine
) -> None:
    plan(engine, "95000000001", "Spring launch")
    dates = {"": None, "17": SOON - timedelta(days=9), "18": SOON + timedelta(days=1)}
    dates["19"] = SOON + timedelta(days=8)
    plan(engine, "95000000002", "Weekly demo", type=9, registration_type=2, dates=dates)
    plan(engine, "95000000003", "Course", type=9, registration_type=1, dates=dates)
    found = listed(hubspot)
    assert list(found) == [
        "95000000001",
        "95000000002",
        "95000000002/18",
        "95000000003",
        "95000000002/19",
    ]
    assert found["95000000001"].startswith("Spring launch · ")
    assert found["95000000001"].endswith("(Europe/Oslo)")
    assert found["95000000002"] == "Weekly demo · always the next date"
    assert found["95000000003"].startswith("Course · all dates, next ")


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"approval_type": 2}, id="takes no registrations"),
        pytest.param({"is_zoom_events": True}, id="S04 of Zoom Events"),
        pytest.param({"status": "deleted"}, id="deleted"),
        pytest.param({"account": "gone"}, id="of an account no longer connected"),
        pytest.param({"dates": {"": SOON - timedelta(days=30)}}, id="over"),
    ],
)
def test_what_nobody_can_be_registered_for_is_left_out(
    hubspot: Caller, engine: Engine, columns: dict[str, Any]
) -> None:
    plan(engine, "95000000001", "Spring launch", **columns)
    assert listed(hubspot) == {}


def test_one_heard_of_in_a_list_alone_is_offered(hubspot: Caller, engine: Engine) -> None:
    plan(engine, "95000000001", "Spring launch", approval_type=2, detail_read_at=None)
    assert list(listed(hubspot)) == ["95000000001"]


def test_other_units_are_offered_where_they_may_be_used_S42(
    hubspot: Caller, engine: Engine
) -> None:
    plan(engine, "95000000001", "Spring launch")
    plan(engine, "95000000002", "Northern lights", account="north")
    assert list(listed(hubspot)) == ["95000000001"]
    with writing(engine) as to:
        save_settings(to, PORTAL, {"registration_accounts": "all"}, "tester", SOON, {})
    found = listed(hubspot)
    assert list(found) == ["95000000001", "95000000002"]
    assert found["95000000002"].endswith("· north")


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        ("launch", ["95000000001"]),
        ("LIGHTS winter", ["95000000002"]),
        ("950-0000-0002", ["95000000002"]),
        ("nothing like it", []),
        ("  ", ["95000000001", "95000000002"]),
    ],
)
def test_the_list_is_searched_by_words_and_numbers(
    hubspot: Caller, engine: Engine, search: str, numbers: list[str]
) -> None:
    plan(engine, "95000000001", "Spring launch")
    plan(engine, "95000000002", "Winter lights")
    assert list(listed(hubspot, q=search)) == numbers


def test_a_number_that_is_typed_can_be_chosen_though_nobody_listed_it_S45(
    hubspot: Caller,
) -> None:
    typed = {"95000000009": "Webinar 95000000009 (not in the list)"}
    assert listed(hubspot, q="950 0000 0009") == typed
    assert listed(hubspot, q="https://us02web.zoom.us/w/95000000009?tk=x") == typed


def test_a_long_list_comes_in_pages(hubspot: Caller, engine: Engine) -> None:
    dates = {f"{number:03}": SOON + timedelta(days=number) for number in range(120)}
    plan(engine, "95000000002", "Daily demo", type=9, registration_type=2, dates=dates)
    values, fetch, pages = [], {}, 0
    while True:
        page = ask(hubspot, **fetch)
        values += [one["value"] for one in page["options"]]
        pages += 1
        if "after" not in page:
            break
        fetch = {"after": page["after"]}
    assert pages == 3
    assert values == ["95000000002", *(f"95000000002/{name}" for name in dates)]
    assert ask(hubspot, after="rubbish")["options"] == ask(hubspot)["options"]
