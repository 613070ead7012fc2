"""Settings, users and plugins over the API."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from store.tables import hubspot_user, occurrence_person, run, zoom_user
from tests.api.conftest import Calls, HubSpotCaller, add_people, add_webinar


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database will do: the queries of these lists are plain ones."""
    return sqlite_url


def test_S06_all_global_settings_are_read_and_changed_in_one_place(
    admin: HubSpotCaller, member: HubSpotCaller
) -> None:
    """S07-S10 in sections: webinars, exclusions, recording exclusions, contact exclusions."""
    wanted = {
        "webinar_sync": "selected",
        "webinar_sync_users": ["host1"],
        "recording_sync": "all",
        "excluded_host_domains": ["host.no"],
        "excluded_recording_domains": ["recording.no"],
        "excluded_contact_domains": ["contact.no"],
    }
    assert set(wanted) <= set(member.get("/api/settings"))
    assert admin.call("PATCH", "/api/settings", wanted).status_code == 200
    shown = member.get("/api/settings")
    assert {name: shown[name] for name in wanted} == wanted
    assert member.call("PATCH", "/api/settings", wanted).status_code == 403


@pytest.mark.parametrize(
    ("scope", "synced"),
    [
        pytest.param({"webinar_sync": "none"}, [], id="S07 none"),
        pytest.param({"webinar_sync": "all"}, ["host0", "host1", "host2"], id="S07 all"),
        pytest.param(
            {"webinar_sync": "selected", "webinar_sync_users": ["host1"]},
            ["host1"],
            id="S07 selected",
        ),
    ],
)
def test_the_scope_decides_whose_webinars_sync_now(
    admin: HubSpotCaller, engine: Engine, scope: dict[str, object], synced: list[str]
) -> None:
    for host in (1, 2):
        add_webinar(engine, f"9500000000{host + 1}", host=host)
    admin.call("PATCH", "/api/settings", scope)
    webinars = admin.all("/api/webinars")
    assert sorted(one["host_id"] for one in webinars if one["effective"]["webinar"]) == synced


def test_S07_a_fresh_portal_is_asked_before_anything_is_synced(member: HubSpotCaller) -> None:
    settings = member.get("/api/settings")
    assert settings["version"] == 1
    assert settings["webinar_sync"] == "none"
    assert settings["raw_retention_days"] == 30


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        pytest.param("webinar_sync", "selected", "selected", id="S07"),
        pytest.param("excluded_host_domains", ["ACME.no"], ["acme.no"], id="S08"),
        pytest.param("excluded_recording_domains", ["acme.no"], ["acme.no"], id="S09"),
        pytest.param("excluded_contact_domains", ["*.acme.no"], ["*.acme.no"], id="S10-Q3"),
        pytest.param("contact_exclusion", "update_only", "update_only", id="Q2"),
    ],
)
def test_a_setting_is_kept(
    admin: HubSpotCaller, member: HubSpotCaller, name: str, given: object, kept: object
) -> None:
    answer = admin.call("PATCH", "/api/settings", {name: given})
    assert answer.status_code == 200, answer.text
    assert answer.json[name] == kept
    again = member.get("/api/settings")
    assert (again["version"], again[name]) == (2, kept)


def test_a_refused_patch_names_each_key_and_changes_nothing(
    admin: HubSpotCaller, calls: Calls
) -> None:
    patch = {"webinar_sync": "some", "bogus": 1, "recreate_deleted": True}
    answer = admin.call("PATCH", "/api/settings", patch)
    assert answer.status_code == 400
    assert sorted(answer.json["errors"]) == [
        "bogus: Unknown field.",
        "webinar_sync: Must be one of: none, all, selected.",
    ]
    assert admin.get("/api/settings")["version"] == 1
    assert calls.rung == []


def test_an_exclusion_has_people_decided_again_at_once(
    admin: HubSpotCaller, engine: Engine, calls: Calls
) -> None:
    add_people(engine, 1, [{"email": "jo@x.no"}])
    admin.call("PATCH", "/api/settings", {"excluded_contact_domains": ["x.no"]})
    with engine.connect() as connection:
        row = connection.execute(select(occurrence_person)).mappings().one()
        opened = connection.execute(select(run)).mappings().one()
    assert row["dirty"] != row["decided"]
    assert (opened["trigger"], opened["state"]) == ("setting", "queued")
    assert calls.rung == ["bulk"]


def test_S11_S13_S14_each_users_switches_are_shown_and_changed(
    admin: HubSpotCaller, member: HubSpotCaller
) -> None:
    users = member.all("/api/users", limit=2)
    assert [user["id"] for user in users] == ["host0", "host1", "host2"]
    assert users[1] == {
        "id": "host1",
        "email": "host1@acme.example",
        "name": "Host 1",
        "sync_new_webinars": True,
        "sync_recordings": True,
    }
    answer = admin.call("PATCH", "/api/users/host1", {"sync_new_webinars": False})
    assert answer.json == {**users[1], "sync_new_webinars": False}
    assert [user["id"] for user in member.get("/api/users", search="HOST1@")["results"]] == [
        "host1"
    ]


def test_S12_S13_S14_S15_a_users_panel_holds_both_switches_and_leads_to_single_webinars(
    admin: HubSpotCaller, member: HubSpotCaller, engine: Engine
) -> None:
    """Evaluated now: what was switched before a webinar was known counts for it too."""
    both = {"webinar_sync": "all", "recording_sync": "all"}
    admin.call("PATCH", "/api/settings", both)
    off = {"sync_new_webinars": False, "sync_recordings": False}
    answer = admin.call("PATCH", "/api/users/host1", off)
    assert {name: answer.json[name] for name in off} == off
    add_webinar(engine, "95000000002", host=1)
    (webinar,) = member.get("/api/webinars", host_id="host1")["results"]
    path = f"/api/webinars/{webinar['id']}"
    assert webinar["effective"]["why_not"] == "user_off"
    shown = member.call("PATCH", path, {"sync": "on"}).json["effective"]
    assert (shown["webinar"], shown["why_recordings_not"]) == (True, "user_recordings_off")
    shown = member.call("PATCH", path, {"recordings": "on"}).json["effective"]
    assert (shown["webinar"], shown["recordings"]) == (True, True)
    member.call("PATCH", path, {"sync": "default", "recordings": "default"})
    admin.call("PATCH", "/api/users/host1", dict.fromkeys(off, True))
    shown = member.get(path)["effective"]
    assert (shown["webinar"], shown["recordings"]) == (True, True)


@pytest.mark.parametrize(
    ("domains", "why"),
    [
        pytest.param({"excluded_host_domains": ["acme.example"]}, "host_domain_excluded", id="S08"),
        pytest.param(
            {"excluded_recording_domains": ["acme.example"]}, "recordings_domain_excluded", id="S09"
        ),
        pytest.param(
            {"excluded_contact_domains": ["acme.example"]}, None, id="S10 of contacts only"
        ),
    ],
)
def test_Q1_each_list_of_domains_concerns_its_own(
    admin: HubSpotCaller, domains: dict[str, object], why: str | None
) -> None:
    admin.call(
        "PATCH", "/api/settings", {"webinar_sync": "all", "recording_sync": "all", **domains}
    )
    shown = admin.get("/api/webinars/95000000001")["effective"]
    assert shown["why_recordings_not"] == why
    assert shown["webinar"] is (why != "host_domain_excluded")


def test_a_user_of_nobody_is_not_found(admin: HubSpotCaller, stranger: HubSpotCaller) -> None:
    for caller, user in ((admin, "nobody"), (stranger, "host1")):
        answer = caller.call("PATCH", f"/api/users/{user}", {"sync_recordings": False})
        assert answer.status_code == 404


def test_plugins_are_listed_in_the_order_they_are_asked(member: HubSpotCaller) -> None:
    answer = member.get("/api/plugins")
    names = [plugin["name"] for plugin in answer["results"]]
    assert names[0] == "exclusions"
    assert "audit" in names
    assert answer["problems"] == []
    first = answer["results"][0]
    assert first["enabled"] is True
    assert first["hooks"] == ["should_exclude"]
    assert first["health"] == {
        "state": "healthy",
        "why": "",
        "since": None,
        "last_failure": "",
        "waiting": 0,
        "failing": 0,
    }


def test_a_plugins_form_is_shown_as_json_schema(member: HubSpotCaller) -> None:
    plugins = {plugin["name"]: plugin for plugin in member.get("/api/plugins")["results"]}
    with_form = [plugin for plugin in plugins.values() if plugin["schema"] is not None]
    assert with_form
    assert all(plugin["schema"]["type"] == "object" for plugin in with_form)


def test_a_plugin_is_switched_off_by_a_person(admin: HubSpotCaller) -> None:
    answer = admin.call("PATCH", "/api/plugins", {"audit": {"enabled": False}})
    assert answer.status_code == 200, answer.text
    shown = {plugin["name"]: plugin for plugin in answer.json["results"]}
    assert shown["audit"]["enabled"] is False
    assert shown["audit"]["health"]["state"] == "off"


def test_a_plugin_nobody_installed_is_refused_by_name(admin: HubSpotCaller) -> None:
    answer = admin.call("PATCH", "/api/plugins", {"nobody": {"enabled": True}})
    assert answer.status_code == 400
    assert answer.json["errors"] == ["plugins.nobody: There is no plugin of this name."]


def test_a_plugin_that_makes_people_wait_shows_how_many(
    member: HubSpotCaller, engine: Engine
) -> None:
    held = {"outcome": "waiting", "reason": "plugin_unavailable", "decided_by": "exclusions"}
    add_people(engine, 1, [{"email": f"p{n}@x.no", **held} for n in range(3)])
    first = member.get("/api/plugins")["results"][0]
    assert first["health"]["state"] == "needs_attention"
    assert (first["health"]["waiting"], first["health"]["failing"]) == (3, 0)


def test_a_change_meant_for_an_older_version_is_refused_and_changes_nothing(
    admin: HubSpotCaller,
) -> None:
    read = admin.get("/api/settings")["version"]
    changed = admin.call("PATCH", "/api/settings", {"version": read, "join_link": "personal"})
    assert changed.status_code == 200, changed.text
    before = admin.get("/api/settings")
    answer = admin.call("PATCH", "/api/settings", {"version": read, "raw_retention_days": 9})
    assert (answer.status_code, answer.json["category"]) == (409, "CONFLICT")
    assert "Somebody else changed the settings meanwhile" in answer.json["message"]
    assert admin.call("PATCH", "/api/settings", {"version": "two"}).status_code == 400
    assert admin.get("/api/settings") == before


def test_users_are_asked_for_one_by_one_or_by_id(
    member: HubSpotCaller, stranger: HubSpotCaller
) -> None:
    assert member.get("/api/users/host1")["email"] == "host1@acme.example"
    assert stranger.call("GET", "/api/users/host1").status_code == 404
    shown = member.get("/api/users", ids="host2,nobody,host0")["results"]
    assert [one["id"] for one in shown] == ["host0", "host2"]


def test_Q1_domains_of_hosts_and_of_colleagues_suggest_themselves(
    member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    with engine.begin() as to:
        to.execute(hubspot_user.update().values(email="Me@Colleague.example"))
        to.execute(zoom_user.update().where(zoom_user.c.user_id == "host2").values(email="h@b.no"))
    expected = {"hosts": ["acme.example", "b.no"], "colleagues": ["colleague.example"]}
    assert member.get("/api/domains") == expected
    assert stranger.get("/api/domains")["hosts"] == []
