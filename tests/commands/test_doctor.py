"""`./run doctor` beside a running installation: it is well, or says what is not and what to do."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from redis import Redis
from rq import Worker
from rq.serializers import JSONSerializer
from werkzeug.serving import WSGIRequestHandler, make_server

import commands.doctor
import store
from app import create_app
from clients.limiter import declare_fresh
from commands.doctor import CHECKS, command, examine
from commands.doctor.findings import Finding
from config import Config
from jobs.presence import note_scheduler
from jobs.queue import queue_of
from simulator.app import RunningSimulator, serve_in_thread
from tests.oauth.support import Rung, disposed_engines, make_config

SECRETS = {
    "ROLLCALL_SECRET_KEY": "k7Jd0mQ2x-Vt9sBz4LrWc8NyPe1HaUf6",
    "ROLLCALL_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "HUBSPOT_CLIENT_SECRET": "sim-hubspot-secret",
    "ZOOM_CLIENT_SECRET": "sim-zoom-secret",
    "ZOOM_WEBHOOK_SECRET": "sim-zoom-webhook-secret",
}


class Silent(WSGIRequestHandler):
    def log(self, *_: object, **__: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Installation:
    """A web process that listens, beside a simulator, and the environment it was started with."""

    simulator: RunningSimulator
    environ: Mapping[str, str]
    data_dir: Path

    def ask(self, **changes: str) -> dict[str, Finding]:
        """What the doctor finds, by subject, with some variables changed."""
        findings = examine({**self.environ, **changes})
        # The address of this machine is warned of in every test; what else is amiss comes first.
        return {finding.subject: finding for finding in reversed(findings)}

    def start_worker(self, redis: Redis) -> None:
        """Register a worker of each pool and a scheduler, as they do themselves."""
        for pool in ("live", "bulk"):
            queue = queue_of(redis, pool)  # type: ignore[arg-type]
            Worker([queue], connection=redis, serializer=JSONSerializer).register_birth()
        note_scheduler(redis, "here:1")


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str
) -> Iterator[Installation]:
    data_dir = tmp_path_factory.mktemp("doctor")
    data_dir.chmod(0o700)
    with serve_in_thread() as simulator, disposed_engines():
        database_url = f"sqlite:///{data_dir / 'rollcall.db'}"
        store.migrate(database_url)
        server = make_server(
            "127.0.0.1", 0, lambda *call: serving["app"](*call), True, request_handler=Silent
        )
        environ = environment(simulator, data_dir, database_url, redis_url, server.server_port)
        serving: dict[str, Any] = {"app": create_app(Config.from_env(environ), doorbell=Rung())}
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Installation(simulator, environ, data_dir)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def environment(
    simulator: RunningSimulator, data_dir: Path, database_url: str, redis_url: str, port: int
) -> dict[str, str]:
    config = make_config(simulator.base_url, data_dir, database_url, redis_url)
    return {
        **SECRETS,
        "ROLLCALL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        # Whoever listens at an address of this machine is called by its other names as well.
        "ROLLCALL_BIND": f"192.0.2.1:{port}",
        "ROLLCALL_DATA_DIR": str(data_dir),
        "ROLLCALL_DATABASE_URL": database_url,
        "ROLLCALL_REDIS_URL": redis_url,
        "HUBSPOT_CLIENT_ID": config.hubspot.client_id,
        "HUBSPOT_APP_ID": config.hubspot.app_id,
        "HUBSPOT_API_URL": config.hubspot.api_url,
        "HUBSPOT_APP_URL": config.hubspot.app_url,
        "ZOOM_CLIENT_ID": config.zoom.client_id,
        "ZOOM_API_URL": config.zoom.api_url,
        "ZOOM_OAUTH_URL": config.zoom.oauth_url,
    }


@pytest.fixture
def working(installation: Installation, redis: Redis) -> Iterator[Installation]:
    """The installation with its workers and its scheduler, and platforms without faults."""
    declare_fresh(redis)
    installation.start_worker(redis)
    yield installation
    installation.simulator.world.faults.clear()


def run(environ: Mapping[str, str], *arguments: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(commands.doctor, "child_environment", lambda: dict(environ))
    return CliRunner().invoke(command, arguments)


class TestWell:
    def test_everything_is_ok_but_an_address_only_this_machine_can_reach(self, working):
        found = working.ask()

        assert {subject for subject, one in found.items() if one.status != "ok"} == {
            "configuration"
        }
        assert "only this machine" in found["configuration"].means

    def test_every_check_has_its_line(self, working):
        assert {check.subject for check in CHECKS} <= set(working.ask())

    def test_the_status_is_0_with_warnings_alone(self, working, monkeypatch):
        answer = run(working.environ, monkeypatch=monkeypatch)

        assert answer.exit_code == 0
        assert answer.stdout.splitlines()[-1].endswith("1 to look at, 0 failed")
        assert "\n" + " " * 10 not in answer.stdout.split("database")[1]

    def test_json_says_the_same(self, working, monkeypatch):
        report = json.loads(run(working.environ, "--json", monkeypatch=monkeypatch).stdout)

        assert report["status"] == "warning"
        assert {"subject", "status", "what", "means", "remedy"} == set(report["findings"][0])

    def test_nothing_is_changed(self, working, redis):
        def fingerprint() -> object:
            files = {
                str(path.relative_to(working.data_dir)): hashlib.sha256(path.read_bytes()).digest()
                for path in working.data_dir.rglob("*")
                # The log beside the database is made and taken away by whoever reads it.
                if path.is_file() and path.suffix not in {".db-wal", ".db-shm"}
            }
            return files, sorted(redis.keys("*"))

        before = fingerprint()
        calls = len(working.simulator.world.journal.calls("hubspot"))
        working.ask()

        assert fingerprint() == before
        statuses = [
            call.status for call in working.simulator.world.journal.calls("hubspot")[calls:]
        ]
        assert sorted(statuses) == [400, 401]

    def test_nothing_is_made_where_nothing_was_started(self, tmp_path):
        here = {
            "ROLLCALL_DATA_DIR": str(tmp_path / "data"),
            "ROLLCALL_PUBLIC_URL": "http://[::1]:9",
        }

        examine(here, [check for check in CHECKS if "HubSpot" not in check.subject][:2])

        assert not list(tmp_path.iterdir())


@dataclass(frozen=True)
class Fault:
    """What is wrong, and the line that says so."""

    subject: str
    status: str
    what: str
    remedy: str
    change: Callable[[Installation], Mapping[str, str]]


def faulty(platform: str, kind: str, route: str = "", **more: Any) -> Callable[..., dict[str, str]]:
    def change(installation: Installation) -> dict[str, str]:
        rule = {"platform": platform, "kind": kind, "route_contains": route} | more
        installation.simulator.world.faults.add(rule)
        return {}

    return change


def with_(**changes: str) -> Callable[[Installation], Mapping[str, str]]:
    return lambda installation: changes


NOWHERE = "http://127.0.0.1:9"
FAULTS = {
    "HubSpot is down": Fault(
        "HubSpot API",
        "warning",
        "answers 503",
        "status page",
        faulty("hubspot", "status", status=503),
    ),
    "HubSpot hangs up": Fault(
        "HubSpot API", "failed", "breaks", "stands between", faulty("hubspot", "refuse_before")
    ),
    "nothing listens at HubSpot's": Fault(
        "HubSpot API", "failed", "refuses connections", "start", with_(HUBSPOT_API_URL=NOWHERE)
    ),
    "something else answers for HubSpot": Fault(
        "HubSpot API",
        "failed",
        "not 401",
        "HUBSPOT_API_URL",
        lambda at: {"HUBSPOT_API_URL": f"{at.simulator.base_url}/control"},
    ),
    "a portal of strangers": Fault(
        "HubSpot API", "failed", "not 401", "stands between", faulty("hubspot", "html", status=200)
    ),
    "an unknown name": Fault(
        "HubSpot pages",
        "warning",
        "DNS does not know hubspot.invalid",
        "getent hosts hubspot.invalid",
        with_(HUBSPOT_APP_URL="https://hubspot.invalid"),
    ),
    "no TLS there": Fault(
        "Zoom API",
        "failed",
        "TLS with 127.0.0.1 fails",
        "certificate",
        lambda at: {"ZOOM_API_URL": at.simulator.base_url.replace("http:", "https:")},
    ),
    "HubSpot's pages are elsewhere": Fault(
        "HubSpot pages",
        "warning",
        "answers 404",
        "HUBSPOT_APP_URL",
        lambda at: {"HUBSPOT_APP_URL": f"{at.simulator.base_url}/nowhere"},
    ),
    "HubSpot's client id": Fault(
        "HubSpot credentials",
        "failed",
        "refuses this app",
        "HUBSPOT_CLIENT_ID",
        with_(HUBSPOT_CLIENT_ID="another-app"),
    ),
    "HubSpot's client secret": Fault(
        "HubSpot credentials",
        "failed",
        "invalid_client",
        "HUBSPOT_CLIENT_SECRET",
        with_(HUBSPOT_CLIENT_SECRET="another-secret"),
    ),
    "Zoom's client secret": Fault(
        "Zoom credentials",
        "failed",
        "refuses this app",
        "ZOOM_CLIENT_SECRET",
        with_(ZOOM_CLIENT_SECRET="another-secret"),
    ),
    "nothing listens at Zoom's OAuth root": Fault(
        "Zoom credentials", "failed", "refuses connections", "start", with_(ZOOM_OAUTH_URL=NOWHERE)
    ),
    "Zoom's OAuth root is busy": Fault(
        "Zoom credentials",
        "warning",
        "answered 503",
        "status page",
        faulty("zoom", "status", "oauth", status=503),
    ),
    "a refusal nobody knows": Fault(
        "HubSpot credentials",
        "warning",
        "has ended (odd)",
        "status page",
        faulty("hubspot", "status", "/token", status=400, body={"error": "odd"}),
    ),
    "the web process is not there": Fault(
        "public address",
        "failed",
        "refuses connections",
        "start",
        with_(ROLLCALL_PUBLIC_URL=NOWHERE),
    ),
    "another name for the web process": Fault(
        "public address",
        "failed",
        "answers 400",
        "this very address",
        lambda at: {
            "ROLLCALL_PUBLIC_URL": at.environ["ROLLCALL_PUBLIC_URL"].replace(
                "127.0.0.1", "localhost"
            )
        },
    ),
    "another program at the public address": Fault(
        "public address",
        "failed",
        "not as Rollcall does",
        "all paths",
        lambda at: {"ROLLCALL_PUBLIC_URL": at.simulator.base_url},
    ),
    "another webhook secret": Fault(
        "Zoom webhook",
        "failed",
        "refuses the signature",
        "the same ZOOM_WEBHOOK_SECRET",
        with_(ZOOM_WEBHOOK_SECRET="another-secret-token"),
    ),
    "a second secret the web process was not told": Fault(
        "Zoom webhook",
        "failed",
        "with secret 1 of 2",
        "the same ZOOM_WEBHOOK_SECRET",
        with_(ZOOM_WEBHOOK_SECRET="another-secret-token,sim-zoom-webhook-secret"),
    ),
    "another program at the webhook": Fault(
        "Zoom webhook",
        "failed",
        "answers 404",
        "/webhooks/zoom",
        lambda at: {"ROLLCALL_PUBLIC_URL": at.simulator.base_url},
    ),
}


@pytest.mark.usefixtures("names_nobody_has")
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_has_its_line_and_its_remedy(working, fault):
    found = working.ask(**fault.change(working))[fault.subject]

    assert found.status == fault.status
    assert fault.what in found.what
    assert fault.remedy in found.remedy
    assert found.means


def test_what_depends_on_a_malformed_variable_is_not_looked_at(working):
    found = working.ask(HUBSPOT_API_URL="api.hubapi.com", ZOOM_WEBHOOK_SECRET="")

    for subject in ("HubSpot API", "HubSpot credentials", "Zoom webhook"):
        assert found[subject].status == "warning"
        assert "not looked at" in found[subject].what
    assert found["Zoom credentials"].status == "ok"


def test_the_status_is_1_when_something_failed_and_no_secret_is_shown(working, monkeypatch):
    environ = {
        **working.environ,
        "ROLLCALL_DATABASE_URL": "postgresql://rollcall:hunter2-hunter2@127.0.0.1:9/rollcall",
        "ROLLCALL_REDIS_URL": "redis://:hunter2-hunter2@127.0.0.1:9/0",
        "ROLLCALL_SMTP_URL": "smtp://user:hunter2-hunter2@127.0.0.1",
        "ROLLCALL_ALERT_URL": "http:/hunter2-hunter2",
    }

    answers = [run(environ, *more, monkeypatch=monkeypatch) for more in ([], ["--json"])]

    for answer in answers:
        assert answer.exit_code == 1
        shown = answer.output
        assert not [secret for secret in (*SECRETS.values(), "hunter2") if secret in shown]


def test_a_check_that_stumbles_costs_its_own_line_only(working):
    def stumble(_: object) -> list[Finding]:
        raise RuntimeError("a driver nobody has seen")

    odd = commands.doctor.Check("oddity", stumble)
    found = examine(working.environ, [odd, CHECKS[-1]])

    assert [(one.subject, one.status) for one in found[-2:]] == [
        ("oddity", "failed"),
        ("plugins", "ok"),
    ]
    assert "RuntimeError" in found[-2].what
