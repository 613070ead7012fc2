"""P13, F44, F45: a customer leaves, is erased, and finds nothing doubled on coming back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from oauth.disconnecting import disconnect_portal, disconnect_zoom
from store.database import reading, writing
from store.inbox_work import new_deliveries
from store.tables import connection as connections
from store.tables import erasure, inbox, metadata, past_effect, registration_fact, webinar
from tests.scenarios.audience import Audience, gather_audience
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.test_gone import places_of

ADA, BEN = "ada@northquay.example", "ben@northquay.example"
CANARY = "northquay"
ALL_HOUR = [[0, 3600]]


@pytest.fixture
def audience(lone_stage: Stage) -> Audience:
    """A customer whose webinar is over and synced; Ada came and Ben did not."""
    audience = gather_audience(lone_stage)
    audience.hold({ADA: ALL_HOUR, BEN: []})
    lone_stage.pass_time()
    assert audience.outcomes() == {ADA: ("in_sync", ""), BEN: ("in_sync", "")}
    return audience


def tokens(stage: Stage) -> list[tuple[str, bytes]]:
    """Platform and sealed tokens of every connection that has any."""
    rows = stage.query(select(connections))
    return [(row["platform"], row["tokens"]) for row in rows if row["tokens"]]


def deauthorize(audience: Audience) -> None:
    """The customer removes the app in Zoom, and Zoom says so."""
    audience.stage.listen()
    audience.control("POST", "/zoom/deauthorize", {"account_id": audience.account_id})
    log = audience.control("GET", "/zoom/webhooks", entries=10)["deliveries"]
    (told,) = [one["body"] for one in log if one["event"] == "app_deauthorized"]
    moment = (audience.stage.now() + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told["payload"]["deauthorization_time"] = moment
    told["payload"].setdefault("account_id", audience.account_id)
    audience.stage.deliver([told])


def assert_erased(stage: Stage) -> None:
    assert places_of(stage, CANARY) == []
    kept = {table.name for table in metadata.sorted_tables if stage.query(select(table))}
    assert kept <= {"portal", "connection", "lease", "gone_address", "past_effect", "erasure"}


def assert_nothing_doubled(audience: Audience, before: dict[str, Any]) -> None:
    stage = audience.stage
    assert audience.outcomes() == {ADA: ("in_sync", ""), BEN: ("in_sync", "")}
    assert stage.simulator.summary(PORTAL)["duplicate_effects"] == 0
    assert set(stage.simulator.contacts()) == set(before)


class TestPortal:
    def test_P13_nothing_is_left_and_coming_back_doubles_nothing(self, audience: Audience) -> None:
        stage = audience.stage
        before = stage.simulator.contacts()
        audience.announce(1, ADA)
        disconnect_portal(stage.access, PORTAL)
        assert tokens(stage) == []
        stage.work()
        assert_erased(stage)
        writes = stage.simulator.writes()
        stage.late_by += timedelta(hours=2)
        stage.work()
        assert_erased(stage)
        assert stage.query(select(erasure)) == []
        assert stage.simulator.writes() == writes

        stage.install(audience.account_id)
        stage.set(webinar_sync="all")
        stage.pass_time()
        assert_nothing_doubled(audience, before)

    def test_P13_coming_back_before_it_is_erased_begins_anew_and_loses_nothing(
        self, audience: Audience
    ) -> None:
        stage = audience.stage
        before = stage.simulator.contacts()
        disconnect_portal(stage.access, PORTAL)
        stage.connect_hubspot()
        assert places_of(stage, CANARY) == []
        stage.connect_zoom(audience.account_id)
        stage.set(webinar_sync="all")
        stage.pass_time(timedelta(hours=1))
        assert_nothing_doubled(audience, before)

    def test_F45_hubspot_uninstalled_starts_a_clock_of_thirty_days(
        self, audience: Audience
    ) -> None:
        stage = audience.stage
        audience.control("POST", f"/hubspot/deauthorize/{PORTAL}")
        audience.hold({ADA: ALL_HOUR}, topic="Another one")
        audience.sync_now()
        grant = stage.query(select(connections).where(connections.c.platform == "hubspot"))[0]
        assert grant["status"] == "reconnect"
        calls = stage.simulator.call("GET", "/journal", platform="hubspot")["total"]
        let_pass(stage, timedelta(days=29))
        assert stage.simulator.call("GET", "/journal", platform="hubspot")["total"] == calls
        assert stage.query(select(webinar))
        let_pass(stage, timedelta(days=2))
        assert_erased(stage)
        assert tokens(stage) == []

    def test_F45_connecting_again_in_time_stops_the_clock(self, audience: Audience) -> None:
        stage = audience.stage
        audience.control("POST", f"/hubspot/deauthorize/{PORTAL}")
        audience.sync_now()
        let_pass(stage, timedelta(days=29))
        stage.connect_hubspot()
        let_pass(stage, timedelta(days=2))
        assert stage.query(select(webinar))
        assert_nothing_doubled(audience, stage.simulator.contacts())


def let_pass(stage: Stage, span: timedelta) -> None:
    """Let so much time pass, and the house be kept at its end."""
    stage.late_by += span
    with writing(stage.database) as connection:
        lease = metadata.tables["lease"]
        free = update(lease).where(lease.c.name == "housekeeping").values(until_ms=0)
        connection.execute(free)
    stage.work()
    stage.work()


class TestZoom:
    def test_F44_deauthorised_in_the_middle_of_a_sync_ends_it_and_erases_the_account(
        self, audience: Audience, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage = audience.stage
        audience.hold({ADA: ALL_HOUR, BEN: []}, topic="Another one")
        import jobs.work

        def read_then_deauthorise(slice_: Any) -> None:
            read(slice_)
            if not stage.query(select(inbox)):
                deauthorize(audience)
                jobs.work.drain_inbox(slice_.runtime)
                jobs.work.erase_due(slice_.runtime)

        read = jobs.work.read_zoom
        monkeypatch.setattr("jobs.work.read_zoom", read_then_deauthorise)
        stage.sync_now()
        stage.work()
        stage.late_by += timedelta(minutes=3)
        stage.work()
        assert places_of(stage, CANARY) == []
        assert stage.query(select(webinar)) == []
        assert [platform for platform, _ in tokens(stage)] == ["hubspot"]
        assert stage.query(select(past_effect))

    @pytest.mark.parametrize("comes_back", [False, True], ids=["stays away", "comes back"])
    def test_F45_P13_a_dead_zoom_grant_starts_a_clock_of_thirty_days(
        self, audience: Audience, comes_back: bool
    ) -> None:
        stage = audience.stage
        # Zoom says nothing of it: the next renewal of the token is refused.
        audience.control(
            "POST", "/zoom/deauthorize", {"account_id": audience.account_id, "silent": True}
        )
        audience.hold({ADA: ALL_HOUR}, topic="Another one")
        audience.sync_now()
        let_pass(stage, timedelta(days=1))
        (grant,) = stage.query(select(connections).where(connections.c.platform == "zoom"))
        assert grant["status"] == "reconnect"
        let_pass(stage, timedelta(days=28))
        assert stage.query(select(webinar))
        if comes_back:
            stage.connect_zoom(audience.account_id)
        let_pass(stage, timedelta(days=3))
        if comes_back:
            assert stage.query(select(webinar))
            return
        assert stage.query(select(webinar)) == []
        assert places_of(stage, CANARY) == []
        assert [platform for platform, _ in tokens(stage)] == ["hubspot"]

    def test_F44_deauthorised_is_erased_from_every_portal_and_connecting_begins_anew(
        self, audience: Audience
    ) -> None:
        stage = audience.stage
        before = stage.simulator.contacts()
        deauthorize(audience)
        stage.work()
        assert places_of(stage, CANARY) == []
        audience.announce(1, ADA)
        stage.work()
        assert places_of(stage, CANARY) == [], "what was on its way is not taken in any more"
        stage.connect_zoom(audience.account_id)
        stage.pass_time()
        assert_nothing_doubled(audience, before)

    def test_P13_a_shared_grant_outlives_the_portal_that_leaves(self, audience: Audience) -> None:
        stage = audience.stage
        stage.simulator.call("POST", "/hubspot/portals", {"id": 4343, "name": "Other"})
        stage.install(audience.account_id, "4343")
        stage.set("4343", webinar_sync="all")
        stage.pass_time()
        disconnect_portal(stage.access, PORTAL)
        stage.work()
        assert {row["portal_id"] for row in stage.query(select(webinar))} == {"4343"}
        assert stage.access.zoom("4343", audience.account_id).me()
        disconnect_zoom(stage.access, "4343", audience.account_id)
        stage.work()
        assert stage.query(select(registration_fact)) == []
        assert {platform for platform, _ in tokens(stage)} == {"hubspot"}
        with reading(stage.database) as connection:
            assert new_deliveries(connection, stage.now(), 1) == []
