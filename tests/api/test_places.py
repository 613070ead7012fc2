"""Where each thing is found: the places of the help page, as the API has them."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, update

from store.tables import occurrence
from tests.api.conftest import HubSpotCaller, add_people, add_webinar

SETTINGS = "/api/settings"
WEBINAR = "/api/webinars/95000000001"
OTHER = "/api/webinars/95000000002"
ON = {"webinar_sync": "all", "recording_sync": "all"}

SECTIONS = [
    pytest.param({"webinar_sync": "selected", "webinar_sync_users": ["host1"]}, id="S06-S07"),
    pytest.param({"recording_sync": "selected", "recording_sync_users": ["host0"]}, id="S06-S16"),
    pytest.param({"excluded_host_domains": ["acme.no"]}, id="S06-S08"),
    pytest.param({"excluded_recording_domains": ["acme.no"]}, id="S06-S09"),
    pytest.param({"excluded_contact_domains": ["acme.no"]}, id="S06-S10"),
]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database will do: these tests are about places, not about queries."""
    return sqlite_url


@pytest.mark.parametrize("section", SECTIONS)
def test_global_settings_are_one_place_that_everybody_sees_and_admins_change(
    admin: HubSpotCaller, member: HubSpotCaller, section: dict[str, object]
) -> None:
    before = member.get(SETTINGS)
    assert member.call("PATCH", SETTINGS, section).status_code == 403
    assert member.get(SETTINGS) == before
    assert admin.call("PATCH", SETTINGS, section).status_code == 200
    assert member.get(SETTINGS) == {**before, **section, "version": 2}


def test_S11_S12_S14_a_users_panel_switches_that_users_recordings_and_nobody_elses(
    admin: HubSpotCaller, member: HubSpotCaller, engine: Engine
) -> None:
    add_webinar(engine, "95000000002", host=1)
    admin.call("PATCH", SETTINGS, ON)
    change = {"sync_recordings": False}
    assert member.call("PATCH", "/api/users/host1", change).status_code == 403
    assert member.get(OTHER)["effective"]["recordings"] is True
    answer = admin.call("PATCH", "/api/users/host1", change)
    assert (answer.json["sync_new_webinars"], answer.json["sync_recordings"]) == (True, False)
    assert member.get(OTHER)["effective"] == {
        "webinar": True,
        "why_not": None,
        "recordings": False,
        "why_recordings_not": "user_recordings_off",
    }
    assert member.get(WEBINAR)["effective"]["recordings"] is True


def test_S15_the_webinars_of_a_user_are_listed_and_switched_one_by_one(
    admin: HubSpotCaller, member: HubSpotCaller, engine: Engine
) -> None:
    for webinar_id in ("95000000002", "95000000003"):
        add_webinar(engine, webinar_id, host=1)
    admin.call("PATCH", SETTINGS, ON)
    admin.call("PATCH", "/api/users/host1", {"sync_new_webinars": False})
    theirs = member.all("/api/webinars", host_id="host1")
    assert [(one["id"][-1], one["sync"], one["effective"]["why_not"]) for one in theirs] == [
        ("3", "default", "user_off"),
        ("2", "default", "user_off"),
    ]
    member.call("PATCH", OTHER, {"sync": "on"})
    theirs = member.all("/api/webinars", host_id="host1")
    assert [(one["id"][-1], one["effective"]["webinar"]) for one in theirs] == [
        ("3", False),
        ("2", True),
    ]


def test_S22_S23_beside_a_webinar_stand_its_warnings_and_its_syncs(
    admin: HubSpotCaller, member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    first, second = add_webinar(engine, "95000000002", occurrences=("11", "12"))
    admin.call("PATCH", SETTINGS, ON)
    excluded = {"outcome": "excluded", "reason": "hubspot_user"}
    for pk in (first, second):
        add_people(engine, pk, [{"email": f"mia{pk}@x.no", **excluded}])
    with engine.begin() as to:
        to.execute(update(occurrence).where(occurrence.c.id == second).values(report_rows=0))

    def told(**query: str) -> list[tuple[str, str]]:
        found = member.all(f"{OTHER}/audit", **query)
        return sorted((one["occurrence_id"], one["code"]) for one in found)

    of_second = [("12", "emails_excluded"), ("12", "participants_missing")]
    assert told() == [("11", "emails_excluded"), *of_second]
    assert told(occurrence="12") == of_second
    assert member.all(f"{WEBINAR}/audit") == []
    assert member.all(f"{OTHER}/runs") == []
    # Every warning of a date can be answered by a Sync now of that date.
    answer = member.call("POST", f"{OTHER}/sync", {"occurrence": "12"})
    (shown,) = member.all(f"{OTHER}/runs")
    assert (shown["id"], shown["state"]) == (answer.json["run_id"], "queued")
    assert member.all(f"{WEBINAR}/runs") == []
    for path in (f"{OTHER}/audit", f"{OTHER}/runs"):
        assert stranger.call("GET", path).status_code == 404
