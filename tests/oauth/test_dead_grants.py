"""Grants that end: noticed once, marked, and never asked about again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import ReconnectNeeded
from oauth.tokens import KEEP_SECONDS, TokenKeeper
from rollcall.errors import NeedsAttention
from schemas.oauth_answers import TokenAnswer
from store.connections import NewGrant, TokenPair, forget_tokens, save_grant
from store.database import writing
from store.sealing import Sealer
from tests.oauth.support import (
    ACCOUNT,
    HELPER,
    HOST,
    PORTAL,
    Clock,
    Site,
    connect,
    keeper_of,
    tokens_of,
)


class TestDeadGrants:
    @pytest.mark.parametrize("platform", ["hubspot", "zoom"])
    def test_a_revoked_grant_is_marked_once_and_never_asked_about_again(
        self, any_site: Site, platform: str
    ) -> None:
        key = connect(any_site, platform)
        any_site.world.hubspot.uninstall(PORTAL)
        any_site.world.zoom.grants.kill(ACCOUNT)
        keeper = keeper_of(any_site, Clock(timedelta(hours=2)))
        with pytest.raises(ReconnectNeeded, match="somebody has to connect it again"):
            keeper.access_token(key)
        (row,) = any_site.rows(platform)
        assert row["status"] == "reconnect"
        asked = len(any_site.token_calls(platform))
        for _ in range(3):
            with pytest.raises(ReconnectNeeded):
                keeper.access_token(key)
            with pytest.raises(ReconnectNeeded):
                keeper.replace(key, row["generation"])
        assert len(any_site.token_calls(platform)) == asked

    def test_a_lost_answer_to_a_rotating_token_ends_the_grant_F27(self, any_site: Site) -> None:
        key = connect(any_site)
        any_site.add_fault("zoom", "lost_answer", "/oauth/token", times=1)
        with pytest.raises(ReconnectNeeded):
            keeper_of(any_site, Clock(timedelta(hours=2))).access_token(key)
        assert any_site.rows("zoom")[0]["status"] == "reconnect"
        assert len(any_site.token_calls("zoom")) == 3

    def test_a_lost_answer_to_a_lasting_token_does_not(self, any_site: Site) -> None:
        key = connect(any_site, "hubspot")
        any_site.add_fault("hubspot", "lost_answer", "/token", times=1)
        bearer = keeper_of(any_site, Clock(timedelta(hours=2))).access_token(key)
        assert bearer.token == tokens_of(any_site, key).access

    def test_a_rotated_hubspot_token_is_kept(self, site: Site) -> None:
        key = connect(site, "hubspot")
        before = tokens_of(site, key)
        site.world.switches["rotate_refresh_tokens"] = True
        for hours in (2, 4):
            keeper_of(site, Clock(timedelta(hours=hours))).access_token(key)
        assert tokens_of(site, key).refresh not in ("", before.refresh)
        assert site.token_calls("hubspot") == [200, 200, 200]

    def test_our_own_wrong_secret_is_not_the_customers_to_mend(self, any_site: Site) -> None:
        key = connect(any_site)
        any_site.world.apps.zoom_client_secret = "another"
        with pytest.raises(NeedsAttention, match="ZOOM_CLIENT_SECRET") as caught:
            keeper_of(any_site, Clock(timedelta(hours=2))).access_token(key)
        assert not isinstance(caught.value, ReconnectNeeded)
        assert any_site.rows("zoom")[0]["status"] == "connected"

    def test_a_disconnect_takes_hold_within_moments_in_running_processes(self, site: Site) -> None:
        key = connect(site)
        clock = Clock()
        source = keeper_of(site, clock).source(key)
        assert source.token()
        with writing(site.engine) as connection:
            forget_tokens(connection, key, clock.now())
        clock.ahead = timedelta(seconds=KEEP_SECONDS + 1)
        with pytest.raises(ReconnectNeeded, match="disconnected"):
            source.token()
        assert KEEP_SECONDS <= 60


class Interrupted:
    """A token endpoint that something happens to while it is being asked."""

    def __init__(self, meanwhile: Callable[[], None], answer: TokenAnswer | Exception) -> None:
        self.meanwhile, self.answer = meanwhile, answer

    def refresh(self, refresh_token: str) -> TokenAnswer:
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class TestMeanwhile:
    """Somebody authorises again while the old tokens are being renewed."""

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(TokenAnswer("late", "late-r", 3600, (), ""), id="the renewal succeeds"),
            pytest.param(ReconnectNeeded("over"), id="the renewal hears that the grant is dead"),
        ],
    )
    def test_the_new_authorisation_wins(
        self, any_site: Site, answer: TokenAnswer | Exception
    ) -> None:
        key = connect(any_site)
        sealer = Sealer(any_site.config.encryption_keys)

        def authorise_again() -> None:
            now = datetime.now(UTC) + timedelta(hours=2)
            pair = TokenPair("new", "new-r")
            ends_at = now + timedelta(hours=1)
            grant = NewGrant("zoom", ACCOUNT, HOST, pair, ends_at, ())
            with writing(any_site.engine) as connection:
                save_grant(connection, sealer, grant, now)

        endpoint = Interrupted(authorise_again, answer)
        keeper = TokenKeeper(
            any_site.engine, sealer, {"zoom": endpoint}, now=Clock(timedelta(hours=2)).now
        )
        assert keeper.access_token(key).token == "new"
        assert tokens_of(any_site, key) == TokenPair("new", "new-r")
        assert any_site.rows("zoom")[0]["status"] == "connected"

    def test_a_disconnect_is_not_undone_by_a_late_answer(self, any_site: Site) -> None:
        key = connect(any_site)

        def disconnect() -> None:
            with writing(any_site.engine) as connection:
                forget_tokens(connection, key, datetime.now(UTC))

        endpoint = Interrupted(disconnect, TokenAnswer("late", "late-r", 3600, (), ""))
        sealer = Sealer(any_site.config.encryption_keys)
        keeper = TokenKeeper(
            any_site.engine, sealer, {"zoom": endpoint}, now=Clock(timedelta(hours=2)).now
        )
        with pytest.raises(ReconnectNeeded):
            keeper.access_token(key)
        (row,) = any_site.rows("zoom")
        assert (row["status"], row["tokens"]) == ("disconnected", b"")


class TestIdleGrants:
    def test_grants_nobody_used_for_a_week_are_renewed(self, any_site: Site) -> None:
        connect(any_site)
        before = len(any_site.token_calls("zoom"))
        assert keeper_of(any_site, Clock(timedelta(days=6))).refresh_idle() == 0
        assert keeper_of(any_site, Clock(timedelta(days=8))).refresh_idle() == 1
        assert keeper_of(any_site, Clock(timedelta(days=8))).refresh_idle() == 0
        assert len(any_site.token_calls("zoom")) - before == 1

    def test_a_dead_one_is_marked_and_does_not_keep_the_others_from_it(
        self, any_site: Site
    ) -> None:
        connect(any_site)
        browser = any_site.browser()
        browser.install_hubspot()
        browser.connect_zoom(user_id=HELPER)
        any_site.world.zoom.grants.kill(ACCOUNT, HOST)
        assert keeper_of(any_site, Clock(timedelta(days=8))).refresh_idle() == 1
        assert {row["user_id"]: row["status"] for row in any_site.rows("zoom")} == {
            HOST: "reconnect",
            HELPER: "connected",
        }
