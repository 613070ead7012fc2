"""Tokens: sealed at rest, renewed ahead of time, given up only when a person has to act."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, text, update
from sqlalchemy.exc import OperationalError

import oauth.tokens
from clients.errors import Unavailable
from oauth.tokens import COOL_DOWN_SECONDS
from store.connections import open_tokens
from store.database import reading, writing
from store.leases import take_lease
from store.sealing import SealBroken, Sealer
from store.tables import connection as connections
from tests.oauth.support import (
    ACCOUNT,
    HOST,
    PORTAL,
    Clock,
    Site,
    connect,
    keeper_of,
    key_of,
    tokens_of,
)


def everything_stored(engine: Engine, folder: Path) -> bytes:
    """Every byte of the database: the files of SQLite, every row of PostgreSQL as text."""
    if engine.dialect.name == "sqlite":
        return b"".join(path.read_bytes() for path in folder.glob("*.db*"))
    with reading(engine) as connection:
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        return "\n".join(
            str(row)
            for table in tables.all()
            for row in connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars()
        ).encode()


class TestAtRest:
    def test_X14_no_token_can_be_found_in_the_database_or_in_redis(
        self, any_site: Site, tmp_path: Path
    ) -> None:
        for platform in ("hubspot", "zoom"):
            key = connect(any_site, platform)
            clock = Clock(timedelta(hours=2))
            keeper_of(any_site, clock).access_token(key)
        secrets = [
            token.encode()
            for platform in ("hubspot", "zoom")
            for pair in [tokens_of(any_site, key_of(any_site, platform))]
            for token in (pair.access, pair.refresh)
        ]
        database = everything_stored(any_site.engine, tmp_path)
        assert str(PORTAL).encode() in database  # the right place is looked at
        memory = b"".join(any_site.redis.dump(key) or b"" for key in any_site.redis.keys("*"))
        for secret in secrets:
            assert secret not in database
            assert secret.hex().encode() not in database
            assert secret not in memory

    def test_X15_a_sealed_pair_moved_to_another_row_does_not_open(self, any_site: Site) -> None:
        connect(any_site)
        hubspot, zoom = key_of(any_site, "hubspot"), key_of(any_site)
        with writing(any_site.engine) as connection:
            sealed = any_site.rows("hubspot")[0]["tokens"]
            connection.execute(
                update(connections).where(connections.c.id == zoom).values(tokens=sealed)
            )
        assert tokens_of(any_site, hubspot).access
        with pytest.raises(SealBroken, match="belongs to another row"):
            keeper_of(any_site, Clock()).access_token(zoom)

    def test_tokens_survive_a_new_encryption_key_while_the_old_one_is_kept(
        self, site: Site
    ) -> None:
        key = connect(site)
        sealer = Sealer([Fernet.generate_key().decode(), *site.config.encryption_keys])
        with reading(site.engine) as connection:
            assert open_tokens(connection, sealer, key) == tokens_of(site, key)

    def test_without_the_key_the_remedy_is_named(self, site: Site) -> None:
        key = connect(site)
        with (
            reading(site.engine) as connection,
            pytest.raises(SealBroken, match="ROLLCALL_ENCRYPTION_KEYS"),
        ):
            open_tokens(connection, Sealer([Fernet.generate_key().decode()]), key)


class TestAheadOfTime:
    @pytest.mark.parametrize(
        ("platform", "minutes_left", "renewals"),
        [
            pytest.param("zoom", 16, 0, id="Zoom, 16 minutes left"),
            pytest.param("zoom", 14, 1, id="Zoom, 14 minutes left"),
            pytest.param("hubspot", 6, 0, id="HubSpot, 6 minutes left"),
            pytest.param("hubspot", 4, 1, id="HubSpot, 4 minutes left"),
            pytest.param("zoom", -60, 1, id="Zoom, an hour over"),
        ],
    )
    def test_a_token_is_renewed_before_it_ends(
        self, any_site: Site, platform: str, minutes_left: int, renewals: int
    ) -> None:
        key = connect(any_site, platform)
        (row,) = any_site.rows(platform)
        before = len(any_site.token_calls(platform))
        ends_in = row["expires_at"] - datetime.now(UTC)
        clock = Clock(ends_in - timedelta(minutes=minutes_left))

        bearer = keeper_of(any_site, clock).access_token(key)

        assert len(any_site.token_calls(platform)) - before == renewals
        assert bearer.generation == row["generation"] + renewals
        assert bearer.token == tokens_of(any_site, key).access

    def test_short_lived_tokens_are_used_for_half_of_their_life(self, site: Site) -> None:
        site.world.switches["zoom_access_token_seconds"] = 60
        key = connect(site)
        for ahead, renewals in ((20, 1), (40, 2)):
            keeper_of(site, Clock(timedelta(seconds=ahead))).access_token(key)
            assert len(site.token_calls("zoom")) == renewals

    def test_a_token_that_still_works_is_not_waited_for(self, any_site: Site) -> None:
        key = connect(any_site)
        current = tokens_of(any_site, key).access
        assert take_lease(any_site.engine, f"refresh:{key}", "another process", seconds=30)
        clock = Clock(timedelta(minutes=50))
        bearer = keeper_of(any_site, clock, sleep=clock.sleep).access_token(key)
        assert bearer.token == current
        assert clock.slept == []

    def test_what_a_dead_process_held_is_taken_over_F27(self, any_site: Site) -> None:
        key = connect(any_site)
        assert take_lease(any_site.engine, f"refresh:{key}", "a dead process", seconds=0.3)
        before = tokens_of(any_site, key).access
        bearer = keeper_of(any_site, Clock(timedelta(hours=2))).access_token(key)
        assert bearer.token != before

    def test_a_process_held_up_until_another_renewed_goes_on_with_what_that_got_F26(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key, clock = connect(site), Clock(timedelta(hours=2))
        late = keeper_of(site, clock, lease_seconds=0.0)
        load, loads = late._load, []

        def load_and_be_held_up(connection_id: int) -> object:
            loaded = load(connection_id)
            loads.append(loaded)
            if len(loads) == 2:  # the lease is taken, the token still the old one
                time.sleep(0.01)
                keeper_of(site, clock).access_token(key)
            return loaded

        monkeypatch.setattr(late, "_load", load_and_be_held_up)
        before = len(site.token_calls("zoom"))
        assert late.access_token(key).token == tokens_of(site, key).access
        assert site.token_calls("zoom")[before:] == [200]

    def test_an_early_401_costs_one_renewal_and_the_call_goes_through(self, site: Site) -> None:
        connect(site)
        zoom = site.access.zoom(str(PORTAL), ACCOUNT)
        site.world.zoom.grants.expire_access_tokens(ACCOUNT)
        before = len(site.token_calls("zoom"))
        assert zoom.me().user_id == HOST
        assert len(site.token_calls("zoom")) - before == 1

    def test_a_401_of_a_token_replaced_meanwhile_costs_none(self, site: Site) -> None:
        key = connect(site)
        keeper = keeper_of(site, Clock())
        first = keeper.access_token(key)
        second = keeper.replace(key, first.generation)
        before = len(site.token_calls("zoom"))
        assert keeper.replace(key, first.generation) == second
        assert len(site.token_calls("zoom")) == before


class TestTrouble:
    def test_a_renewal_that_never_left_is_repeated(self, any_site: Site) -> None:
        key = connect(any_site)
        any_site.add_fault("zoom", "refuse_before", "/oauth/token", times=1)
        bearer = keeper_of(any_site, Clock(timedelta(hours=2))).access_token(key)
        assert bearer.token == tokens_of(any_site, key).access

    def test_with_zoom_down_a_working_token_goes_on_being_used(self, site: Site) -> None:
        key = connect(site)
        current = tokens_of(site, key).access
        site.add_fault("zoom", "status", "/oauth/token", status=503)
        assert keeper_of(site, Clock(timedelta(minutes=50))).access_token(key).token == current

    def test_with_zoom_down_an_expired_token_means_trying_later(self, any_site: Site) -> None:
        key = connect(any_site)
        any_site.add_fault("zoom", "status", "/oauth/token", status=503)
        keeper = keeper_of(any_site, Clock(timedelta(hours=2)))
        with pytest.raises(Unavailable):
            keeper.access_token(key)
        assert any_site.rows("zoom")[0]["status"] == "connected"
        assert any_site.token_calls("zoom")[1:] == [503, 503]

    def test_nobody_asks_a_dead_endpoint_again_for_a_moment(
        self, any_site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = connect(any_site)
        any_site.add_fault("zoom", "status", "/oauth/token", status=503)
        with pytest.raises(Unavailable):
            keeper_of(any_site, Clock(timedelta(hours=2))).access_token(key)
        monkeypatch.setattr(oauth.tokens, "PATIENCE_SECONDS", 0.0)
        clock = Clock(timedelta(hours=2))
        with pytest.raises(Unavailable, match="still renewing"):
            keeper_of(any_site, clock, sleep=clock.sleep).access_token(key)
        assert any_site.token_calls("zoom")[1:] == [503, 503]
        assert COOL_DOWN_SECONDS <= 10

    @pytest.mark.parametrize("answer", ["html", "halved"])
    def test_an_answer_without_tokens_is_no_answer(self, site: Site, answer: str) -> None:
        key = connect(site)
        if answer == "html":
            site.add_fault("zoom", "html", "/oauth/token", status=200)
        else:
            site.add_fault("zoom", "status", "/oauth/token", status=200, body={"scope": "x"})
        with pytest.raises(Unavailable):
            keeper_of(site, Clock(timedelta(hours=2))).access_token(key)
        assert site.rows("zoom")[0]["status"] == "connected"

    def test_a_new_pair_is_committed_before_anybody_uses_it_however_often_that_takes(
        self, any_site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = connect(any_site)
        real, refusals = oauth.tokens.commit_refresh, iter([True, True, False])

        def commit(*args: object) -> bool:
            if next(refusals):
                raise OperationalError("UPDATE", {}, Exception("database is locked"))
            return real(*args)

        monkeypatch.setattr(oauth.tokens, "commit_refresh", commit)
        clock = Clock(timedelta(hours=2))
        bearer = keeper_of(any_site, clock, sleep=clock.sleep).access_token(key)
        assert bearer.token == tokens_of(any_site, key).access
        assert len(any_site.token_calls("zoom")) == 2

    def test_a_pair_that_could_not_be_committed_is_not_given_out_F27(
        self, any_site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = connect(any_site)

        def refuse(*args: object) -> bool:
            raise OperationalError("UPDATE", {}, Exception("disk full"))

        monkeypatch.setattr(oauth.tokens, "commit_refresh", refuse)
        clock = Clock(timedelta(hours=2))
        with pytest.raises(OperationalError):
            keeper_of(any_site, clock, sleep=clock.sleep).access_token(key)
