"""Webinars, their balance, their warnings, Sync now and runs over the API."""

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
from store.tables import (
    effect,
    instance,
    occurrence,
    occurrence_person,
    run,
    run_change,
    webinar,
)
from tests.api.conftest import ENDED, NOW, PORTAL, Calls, HubSpotCaller, add_people, add_webinar

WEBINAR = "/api/webinars/95000000001"


def test_B02_every_occurrence_shows_its_balance_beside_zooms_own_figure(
    member: HubSpotCaller, engine: Engine
) -> None:
    with engine.begin() as to:
        to.execute(occurrence.update().values(zoom_people=6))
    add_people(
        engine,
        1,
        [
            {"email": "a@x.no"},
            {"email": "b@x.no"},
            {"email": "c@x.no", "outcome": "excluded", "reason": "role"},
            {"email": "d@x.no", "outcome": "failing", "reason": "rejected"},
            {"email": "e@x.no", "outcome": "waiting", "reason": "queued"},
        ],
    )
    (shown,) = member.get(WEBINAR)["occurrences"]
    assert shown["id"] == "0"
    assert shown["counts"] == {"in_sync": 2, "excluded": 1, "failing": 1, "waiting": 1}
    assert (shown["zoom_people"], shown["unexplained"]) == (6, 1)
    assert shown["final_at"] == (ENDED + timedelta(hours=72)).isoformat()


@pytest.mark.parametrize(
    ("changes", "overdue"),
    [
        pytest.param({}, True, id="B20 awaited"),
        pytest.param({"settled_at": NOW}, False, id="B20 settled"),
        pytest.param({"status": "cancelled"}, False, id="B20 called off"),
        pytest.param({"ended_at": NOW}, False, id="B20 in time"),
    ],
)
def test_every_occurrence_says_whether_its_numbers_are_overdue(
    member: HubSpotCaller, engine: Engine, changes: dict[str, Any], overdue: bool
) -> None:
    ended = NOW - timedelta(hours=73)
    awaited = {"ended_at": ended, "settled_at": None, "next_read_at": NOW, "is_reduced": True}
    with engine.begin() as to:
        to.execute(occurrence.update().values(awaited | changes))
        row = {"portal_id": PORTAL, "occurrence_pk": 1, "uuid": "u", "started_at": ended}
        to.execute(instance.insert().values(row))
    (shown,) = member.get(WEBINAR)["occurrences"]
    assert (shown["overdue"], shown["reduced"]) == (overdue, True)


def test_S04_a_webinar_of_a_zoom_event_says_so(member: HubSpotCaller, engine: Engine) -> None:
    with engine.begin() as to:
        to.execute(webinar.update().values(is_zoom_events=True))
    shown = member.get(WEBINAR)
    assert shown["zoom_events"]
    assert shown["effective"]["why_not"] == "zoom_events"
    assert [one["code"] for one in member.all(f"{WEBINAR}/audit")] == ["data_not_synced"]


def test_a_series_balances_its_registrations_on_the_webinar(
    member: HubSpotCaller, engine: Engine
) -> None:
    series = add_webinar(engine, "95000000002", occurrences=("11", "12", ""))[-1]
    with engine.begin() as to:
        to.execute(
            occurrence.update()
            .where(occurrence.c.id == series)
            .values(is_series=True, zoom_people=1)
        )
    add_people(engine, series, [{"email": "a@x.no"}])
    shown = member.get("/api/webinars/95000000002")
    assert [each["id"] for each in shown["occurrences"]] == ["11", "12"]
    assert shown["registrations"]["counts"]["in_sync"] == 1
    assert shown["registrations"]["unexplained"] == 0
    assert member.get(WEBINAR)["registrations"] is None


def test_webinars_come_page_by_page_latest_first(member: HubSpotCaller, engine: Engine) -> None:
    for number in range(2, 9):
        add_webinar(engine, f"9500000000{number}", host=number % 3)
    with engine.begin() as to:
        to.execute(
            webinar.update().where(webinar.c.webinar_id == "95000000004").values(start_at=None)
        )
    ids = [each["id"][-1] for each in member.all("/api/webinars", limit=3)]
    assert ids == ["8", "7", "6", "5", "3", "2", "1", "4"]
    assert [each["id"][-1] for each in member.all("/api/webinars", search="topic 005")] == ["5"]
    assert [each["id"][-1] for each in member.all("/api/webinars", host_id="host2")] == [
        "8",
        "5",
        "2",
    ]


def test_another_portals_webinars_are_not_listed(stranger: HubSpotCaller) -> None:
    assert stranger.all("/api/webinars") == []


def test_S15_S16_a_webinars_switch_and_what_it_comes_to(
    admin: HubSpotCaller, member: HubSpotCaller
) -> None:
    assert member.get(WEBINAR)["effective"]["why_not"] == "global_off"
    admin.call("PATCH", "/api/settings", {"webinar_sync": "all", "recording_sync": "all"})
    answer = member.call("PATCH", WEBINAR, {"sync": "on", "recordings": "off"})
    assert answer.status_code == 200, answer.text
    assert answer.json["effective"] == {
        "webinar": True,
        "why_not": None,
        "recordings": False,
        "why_recordings_not": "recordings_off",
    }


@pytest.mark.parametrize("patch", [{"sync": "maybe"}, {"topic": "x"}, {"sync": None}])
def test_a_switch_that_is_none_is_refused(member: HubSpotCaller, patch: dict[str, Any]) -> None:
    assert member.call("PATCH", WEBINAR, patch).status_code == 400


def test_S12_a_session_shows_what_became_of_its_recording(
    member: HubSpotCaller, engine: Engine
) -> None:
    with engine.begin() as to:
        to.execute(instance.insert().values(portal_id="1001", occurrence_pk=1, uuid="u=="))
    (before,) = member.get(WEBINAR)["occurrences"]
    assert [session["recording"] for session in before["instances"]] == [None]
    with engine.begin() as to:
        row = ensure_recording(to, "1001", "u==")
        change_recording(to, row["id"], occurrence_pk=1, entries=["A recording."])
        describe_recording(to, row, NOW, share_url="https://zoom.example/rec/share/x")
        merge_moments(to, row, [FileMoments("MP4", "v", completed_at=NOW)])
    (after,) = member.get(WEBINAR)["occurrences"]
    assert [session["recording"] for session in after["instances"]] == [
        {
            "state": "available",
            "transcript": "missing",
            "share_url": "https://zoom.example/rec/share/x",
            "log": ["A recording."],
        }
    ]


class TestAudit:
    """S22, S23: warnings of a webinar."""

    def test_S24_says_that_sync_is_off(self, member: HubSpotCaller) -> None:
        (warning,) = member.all(f"{WEBINAR}/audit")
        assert warning["code"] == "sync_disabled"
        assert warning["action"]["name"] == "open_settings"

    def test_S25_S26_S28_S29_lists_what_is_stored(
        self, admin: HubSpotCaller, member: HubSpotCaller, engine: Engine
    ) -> None:
        admin.call("PATCH", "/api/settings", {"webinar_sync": "all"})
        add_people(
            engine,
            1,
            [
                {"email": "a@x.no", "outcome": "excluded", "reason": "hubspot_user"},
                {"email": "b@x.no", "outcome": "failing", "reason": "rejected"},
            ],
        )
        with engine.begin() as to:
            to.execute(occurrence.update().values(report_rows=0))
            to.execute(webinar.update().values(auto_recording="cloud"))
            to.execute(
                effect.insert().values(
                    portal_id="1001",
                    key="marketing_event:1",
                    kind="marketing_event",
                    occurrence_pk=1,
                    state="rejected",
                    wanted={},
                    wanted_hash="x",
                )
            )
        warnings = member.all(f"{WEBINAR}/audit", limit=2)
        assert [
            (each["code"], each["reason"], each["count"], each["occurrence_id"])
            for each in warnings
        ] == [
            ("recording_not_synced", "recordings_global_off", 1, None),
            ("participants_missing", "nobody_joined", 0, "0"),
            ("data_not_synced", "event_not_created", 1, "0"),
            ("emails_excluded", "emails_excluded", 1, "0"),
            ("sync_error", "rejected", 1, "0"),
        ]
        assert all(each["title"] and each["meaning"] and each["remedy"] for each in warnings)

    def test_S22_S23_beside_a_webinar_are_its_state_its_runs_and_its_warnings(
        self, admin: HubSpotCaller, member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
    ) -> None:
        admin.call("PATCH", "/api/settings", {"webinar_sync": "all"})
        dates = add_webinar(engine, "95000000002", occurrences=("11", "12"))
        add_people(engine, dates[0], [{"identity_key": "row:1", "outcome": "excluded"}])
        with engine.begin() as to:
            to.execute(occurrence_person.update().values(reason="no_email"))
        path = "/api/webinars/95000000002"
        run_id = member.call("POST", f"{path}/sync").json["run_id"]
        assert [one["id"] for one in member.get(path)["occurrences"]] == ["11", "12"]
        assert [one["id"] for one in member.all(f"{path}/runs")] == [run_id]
        (warning,) = member.all(f"{path}/audit")
        assert set(warning) == {
            "code",
            "reason",
            "title",
            "meaning",
            "remedy",
            "count",
            "action",
            "occurrence_id",
        }
        assert (warning["reason"], warning["occurrence_id"]) == ("no_email", "11")
        assert member.all(f"{path}/audit", occurrence="11") == [warning]
        assert member.all(f"{path}/audit", occurrence="12") == []
        assert member.call("GET", f"{path}/audit", occurrence="13").status_code == 404
        assert stranger.call("GET", f"{path}/audit").status_code == 404

    def test_S29_why_a_sync_broke_off_is_told_until_one_succeeds(
        self, admin: HubSpotCaller, member: HubSpotCaller, engine: Engine
    ) -> None:
        admin.call("PATCH", "/api/settings", {"webinar_sync": "all"})
        ended = {"state": "failed", "message": "HubSpot answered 403.", "finished_at": ENDED}
        member.call("POST", f"{WEBINAR}/sync")
        with engine.begin() as to:
            to.execute(run.update().values(**ended))
        (warning,) = member.all(f"{WEBINAR}/audit")
        assert (warning["code"], warning["reason"]) == ("sync_error", "run_failed")
        assert warning["meaning"] == "The last sync broke off: HubSpot answered 403."
        member.call("POST", f"{WEBINAR}/sync")
        with engine.begin() as to:
            done = run.update().where(run.c.state == "queued")
            to.execute(done.values(state="done", finished_at=NOW))
        assert member.all(f"{WEBINAR}/audit") == []


class TestSync:
    def test_S30_sync_now_reads_and_repairs_every_occurrence(
        self, member: HubSpotCaller, engine: Engine, calls: Calls
    ) -> None:
        add_webinar(engine, "95000000002", occurrences=("11", "12"))
        answer = member.call("POST", "/api/webinars/95000000002/sync")
        assert answer.status_code == 202, answer.text
        with engine.connect() as connection:
            rows = connection.execute(select(run)).mappings().all()
        assert [(row["must_read"], row["must_verify"], row["trigger"]) for row in rows] == [
            (True, True, "sync_now")
        ] * 2
        shown = member.get(f"/api/runs/{answer.json['run_id']}")
        assert (shown["state"], shown["occurrences"]) == ("queued", ["11", "12"])
        assert calls.rung == ["bulk"]

    def test_S30_a_second_click_joins_the_first(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        first, second = (member.call("POST", f"{WEBINAR}/sync", {}).json for _ in range(2))
        assert first == second
        assert len(member.all(f"{WEBINAR}/runs")) == 1

    def test_one_occurrence_alone(self, member: HubSpotCaller, engine: Engine) -> None:
        add_webinar(engine, "95000000002", occurrences=("11", "12"))
        path = "/api/webinars/95000000002/sync"
        answer = member.call("POST", path, {"occurrence": "12"})
        assert member.get(f"/api/runs/{answer.json['run_id']}")["occurrences"] == ["12"]
        assert member.call("POST", path, {"occurrence": "13"}).status_code == 404

    def test_B03_a_dry_run_takes_a_patch_of_the_settings(
        self, member: HubSpotCaller, engine: Engine, calls: Calls
    ) -> None:
        body = {"dry_run": True, "settings": {"webinar_sync": "all"}}
        answer = member.call("POST", f"{WEBINAR}/sync", body)
        assert member.get(f"/api/runs/{answer.json['run_id']}")["dry_run"] is True
        with engine.connect() as connection:
            row = connection.execute(select(run)).mappings().one()
        assert (row["is_dry"], row["settings_patch"]) == (True, {"webinar_sync": "all"})
        assert calls.rung == ["live"]
        assert member.get("/api/settings")["webinar_sync"] == "none"

    @pytest.mark.parametrize(
        ("body", "row"),
        [
            ({"replay": True}, ("replay", False, True, True, False, False)),
            ({"withdraw": True}, ("sync_now", True, True, False, True, False)),
            ({"replay": True, "withdraw": True}, ("replay", False, True, True, True, False)),
            (
                {"replay": True, "withdraw": True, "dry_run": True},
                ("preview", False, False, False, True, True),
            ),
        ],
        ids=["replay", "withdrawal after a read", "both", "tried out"],
    )
    def test_B09_a_replay_is_a_run_of_its_own_and_a_second_click_joins_it(
        self,
        admin: HubSpotCaller,
        engine: Engine,
        body: dict[str, Any],
        row: tuple[str | bool, ...],
    ) -> None:
        plain = admin.call("POST", f"{WEBINAR}/sync", {}).json["run_id"]
        run_id = admin.call("POST", f"{WEBINAR}/sync", body).json["run_id"]
        assert run_id != plain
        again = admin.call("POST", f"{WEBINAR}/sync", body).json["run_id"]
        assert (again == run_id) is not body.get("dry_run", False)
        columns = ("trigger", "must_read", "must_verify", "is_replay", "is_withdrawal", "is_dry")
        with engine.connect() as connection:
            found = connection.execute(select(run).where(run.c.group_id == run_id)).mappings()
            assert [tuple(one[name] for name in columns) for one in found] == [row]
        shown = admin.get(f"/api/runs/{run_id}")
        assert (shown["replay"], shown["withdraw"], shown["dry_run"]) == row[3:]

    def test_B09_withdrawing_takes_a_super_admin_and_trying_it_out_does_not(
        self, member: HubSpotCaller, calls: Calls
    ) -> None:
        refused = member.call("POST", f"{WEBINAR}/sync", {"replay": True, "withdraw": True})
        assert (refused.status_code, refused.json["category"]) == (403, "FORBIDDEN")
        assert calls.rung == []
        for body in ({"replay": True}, {"withdraw": True, "dry_run": True}):
            assert member.call("POST", f"{WEBINAR}/sync", body).status_code == 202

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            ({"settings": {"webinar_sync": "all"}}, "settings: Only together with dry_run."),
            (
                {"dry_run": True, "settings": {"bogus": 1}},
                "settings.bogus: Unknown field.",
            ),
            ({"replay": "perhaps"}, "replay: Not a valid boolean."),
            ({"withdraw": "perhaps"}, "withdraw: Not a valid boolean."),
            ({"quickly": True}, "quickly: Unknown field."),
        ],
    )
    def test_what_cannot_be_done_is_refused_with_its_reason(
        self, member: HubSpotCaller, body: dict[str, Any], error: str
    ) -> None:
        answer = member.call("POST", f"{WEBINAR}/sync", body)
        assert answer.status_code == 400
        assert answer.json["errors"] == [error]


class TestRuns:
    def test_the_rows_of_one_sync_now_are_one_run(
        self, member: HubSpotCaller, engine: Engine
    ) -> None:
        add_webinar(engine, "95000000002", occurrences=("11", "12"))
        run_id = member.call("POST", "/api/webinars/95000000002/sync").json["run_id"]
        with engine.begin() as to:
            ids = to.execute(select(run.c.id).order_by(run.c.occurrence_pk)).scalars().all()
            for number, key in enumerate(ids, start=1):
                to.execute(
                    run.update().where(run.c.id == key).values(total=10, done=number, created=2)
                )
            to.execute(run.update().where(run.c.id == ids[0]).values(state="done"))
        shown = member.get(f"/api/runs/{run_id}")
        assert shown["state"] == "running"
        assert shown["progress"] == {"done": 3, "total": 20}
        assert shown["writes"]["created"] == 4
        assert shown["finished_at"] is None

    def test_changes_come_page_by_page(self, member: HubSpotCaller, engine: Engine) -> None:
        run_id = member.call("POST", f"{WEBINAR}/sync", {"dry_run": True}).json["run_id"]
        with engine.begin() as to:
            key = to.execute(select(run.c.id)).scalar_one()
            to.execute(
                run_change.insert(),
                [
                    {"run_id": key, "email": f"p{n}@x.no", "effect": "property", "after": str(n)}
                    for n in range(5)
                ],
            )
        changes = member.all(f"/api/runs/{run_id}/changes", limit=2)
        assert [change["after"] for change in changes] == ["0", "1", "2", "3", "4"]
        assert changes[0]["property"] is None

    def test_runs_come_newest_first(self, member: HubSpotCaller, engine: Engine) -> None:
        for _ in range(5):
            member.call("POST", f"{WEBINAR}/sync", {"dry_run": True})
        with engine.begin() as to:
            ids = to.execute(select(run.c.id)).scalars().all()
            for number, key in enumerate(ids[:3]):
                to.execute(
                    run.update()
                    .where(run.c.id == key)
                    .values(created_at=ENDED - timedelta(days=number))
                )
        shown = member.all(f"{WEBINAR}/runs", limit=2)
        moments = [each["created_at"] for each in shown]
        assert len({each["id"] for each in shown}) == 5
        assert moments == sorted(moments, reverse=True)

    def test_another_portals_run_is_not_there(
        self, member: HubSpotCaller, stranger: HubSpotCaller
    ) -> None:
        run_id = member.call("POST", f"{WEBINAR}/sync").json["run_id"]
        assert stranger.call("GET", f"/api/runs/{run_id}").status_code == 404
        assert stranger.call("GET", f"/api/runs/{run_id}/changes").status_code == 404
