"""X14, X15, X18: where secrets and addresses never turn up, and what is not taken for ours."""

from __future__ import annotations

import base64
import io
import logging
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.fernet import Fernet
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import select

from app import create_app
from commands.foreground import valkey_child
from commands.scheduler import scheduler_children
from commands.web import web_children
from commands.workers import worker_children
from jobs.queue import queue_of
from logs import configure_logs
from rollcall.errors import NeedsAttention
from store.connections import open_tokens
from store.database import reading, writing
from store.inbox import place_of
from store.sealing import SealBroken, Sealer
from store.tables import connection as connections
from store.tables import inbox
from tests.oauth.support import OTHER_PORTAL, PORTAL, Site, query_of, tokens_of
from tests.security.callers import proxied
from tests.webhooks.support import Delivery, refusing_database

EMAIL = "canary.attends@north-quay.example"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Everything that was logged, as an operator finds it."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logs()
    yield stream.getvalue
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def in_redis(redis: Redis) -> str:
    """All keys and values, jobs unpacked."""
    found: list[Any] = []
    for key in redis.scan_iter("*"):
        kind = redis.type(key).decode()  # type: ignore[union-attr]
        read: dict[str, Callable[[], Any]] = {
            "string": lambda key=key: redis.get(key),
            "hash": lambda key=key: redis.hgetall(key),
            "list": lambda key=key: redis.lrange(key, 0, -1),
            "set": lambda key=key: redis.smembers(key),
            "zset": lambda key=key: redis.zrange(key, 0, -1, withscores=True),
        }
        found += [key, read[kind]()]
    for pool in ("live", "bulk"):
        for job in queue_of(redis, pool).jobs:  # type: ignore[arg-type]
            found += [job.func_name, job.args, job.kwargs, job.description, job.meta]
    return repr(found)


class TestX14:
    def test_X14_no_secret_and_no_address_is_logged_or_left_in_redis(
        self, site: Site, written: Callable[[], str], wait_until: Any
    ) -> None:
        site.app = create_app(site.config)  # with the real doorbell
        browser = site.browser()
        canaries = {EMAIL, EMAIL.split("@")[0]}

        def come_back(platform: str, **answers: Any) -> str:
            path = browser.consent(browser.begin(platform), **answers)
            asked = query_of(path)
            canaries.update((asked["code"], asked["state"]))
            return path

        # What succeeds.
        hubspot_path = come_back("hubspot", portal_id=PORTAL)
        assert browser.get(hubspot_path).status_code == 302
        assert browser.get(come_back("zoom", account_id="zoom-account-a", user_id="host-a"))
        event = {"event": "webinar.registration_created", "payload": {"object": {"email": EMAIL}}}
        assert Delivery(event).to_zoom(site).status_code == 204
        for row in site.rows():
            pair = tokens_of(site, row["id"])
            canaries.update((pair.access, pair.refresh))

        # What fails, each in a place of its own.
        browser.get(hubspot_path)
        site.add_fault("hubspot", "status", "/token", status=500, times=3)
        browser.get(come_back("hubspot", portal_id=PORTAL))
        site.world.faults.clear()
        browser.get(f"/oauth/zoom/callback?code={EMAIL}&state=s3cret-State-canary")
        browser.get("/console/sign-in/s3cret-Link-canary-0123456789")
        site.browser().get("/recordings/s3cret-Recording-canary-0123456789")
        Delivery(event, secret="another").to_zoom(site)
        Delivery(b'{"email":"' + EMAIL.encode() + b'"').to_zoom(site)
        Delivery([{"email": EMAIL}], secret="another").to_hubspot(site)
        proxied(site, str(PORTAL), "PATCH", "/api/settings", f'{{"{EMAIL}": 1}}'.encode())
        proxied(site, str(PORTAL), "GET", f"/api/webinars/{EMAIL}/people?email={EMAIL}")
        proxied(site, str(PORTAL), "POST", "/actions/add-to-webinar", f'"{EMAIL}"'.encode())
        with refusing_database(site):
            Delivery({**event, "again": 1}).to_zoom(site)

        config = site.config
        canaries |= {config.secret_key, *config.encryption_keys, *config.zoom.webhook_secrets}
        canaries |= {config.hubspot.client_secret, config.zoom.client_secret}
        canaries |= {"s3cret-State-canary", "s3cret-Link-canary", "s3cret-Recording-canary"}
        assert len(canaries) > 12
        wait_until(lambda: queue_of(site.redis, "live").count, what="a job")
        text = written()
        assert "delivery_stored" in text and "delivery_refused" in text
        assert "install_" in text and "delivery_not_stored" in text
        places = {"the logs": text, "redis": in_redis(site.redis)}
        for place, content in places.items():
            assert not [one for one in canaries if one in content], place


class TestX15:
    def test_X15_tokens_of_another_tenant_do_not_open_in_ones_own_row(self, site: Site) -> None:
        site.browser().install_hubspot(PORTAL)
        site.browser().install_hubspot(OTHER_PORTAL)
        (ours, theirs) = [row["id"] for row in site.rows("hubspot")]
        with writing(site.engine) as to:
            stolen = to.execute(
                select(connections.c.tokens).where(connections.c.id == theirs)
            ).scalar_one()
            to.execute(connections.update().where(connections.c.id == ours).values(tokens=stolen))
        with pytest.raises(SealBroken, match="another row"):
            tokens_of(site, ours)
        with pytest.raises(NeedsAttention):
            site.access.hubspot(str(PORTAL)).uninstall()
        assert tokens_of(site, theirs).access

    def test_X15_a_delivery_does_not_open_in_the_place_of_another(self, site: Site) -> None:
        for number in (1, 2):
            assert Delivery({"event": "x", "number": number}).to_zoom(site).status_code == 204
        with reading(site.engine) as found:
            first, second = found.execute(select(inbox).order_by(inbox.c.id)).mappings()
        sealer = Sealer(site.config.encryption_keys)
        assert sealer.open(first["body"], place_of(first["digest"]))
        with pytest.raises(SealBroken, match="another row"):
            sealer.open(first["body"], place_of(second["digest"]))

    def test_X15_not_a_single_bit_can_be_turned(self) -> None:
        sealer = Sealer([Fernet.generate_key().decode()])
        sealed = base64.urlsafe_b64decode(sealer.seal(b"a token", "connection:7"))
        for bit in range(len(sealed) * 8):
            turned = bytearray(sealed)
            turned[bit // 8] ^= 1 << bit % 8
            with pytest.raises(SealBroken):
                sealer.open(base64.urlsafe_b64encode(bytes(turned)), "connection:7")

    def test_X15_a_key_removed_too_early_stops_work_and_is_named(self, site: Site) -> None:
        site.browser().install_hubspot(PORTAL)
        (row,) = site.rows("hubspot")
        foreign = Sealer([Fernet.generate_key().decode()])
        with reading(site.engine) as found, pytest.raises(SealBroken) as caught:
            open_tokens(found, foreign, row["id"])
        assert "ROLLCALL_ENCRYPTION_KEYS" in str(caught.value)
        assert isinstance(caught.value, NeedsAttention)
        # Nothing was given up: with the key back, everything is as before.
        assert site.rows("hubspot")[0]["status"] == "connected"
        assert tokens_of(site, row["id"]).refresh


def test_X14_no_command_line_holds_a_secret(site: Site) -> None:
    """Every user of a machine may read them."""
    config, environment = site.config, {"ROLLCALL_SECRET_KEY": site.config.secret_key}
    children = [
        *web_children(config, environment),
        *worker_children(config, environment),
        *scheduler_children(config, environment),
        valkey_child(config.data_dir, environment),
    ]
    words = " ".join(word for child in children for word in child.command)
    assert "commands.workers live" in words
    secrets = [
        *(config.secret_key, *config.encryption_keys, *config.zoom.webhook_secrets),
        *(config.hubspot.client_secret, config.zoom.client_secret, config.database_url),
    ]
    for secret in secrets:
        assert secret and secret not in words


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (os.mkdir, (self.path,))


@pytest.mark.parametrize("field", ["data", "meta"])
def test_X18_a_pickled_payload_in_redis_is_never_executed(
    redis: Redis, tmp_path: Path, field: str
) -> None:
    trap = tmp_path / "executed"
    payload = pickle.dumps(Bomb(str(trap)))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    redis.hset(
        "rq:job:forged",
        mapping={
            "created_at": now,
            "enqueued_at": now,
            "status": "queued",
            "origin": "rollcall-live",
            "description": "go on: live",
            "data": b"[]",
            field: payload,
            "timeout": "10",
        },
    )
    redis.lpush("rq:queue:rollcall-live", "forged")
    queue = queue_of(redis, "live")
    worker = SimpleWorker([queue], connection=redis, serializer=JSONSerializer)
    with suppress(Exception):  # Even the worker's own end would be no harm done.
        worker.work(burst=True, logging_level=logging.CRITICAL)
    assert not trap.exists()
    pickle.loads(payload)
    assert trap.exists(), "the payload would have done something"
