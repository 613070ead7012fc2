"""The environment is read whole, and what is wrong with it is said at once."""

from __future__ import annotations

import multiprocessing
import re
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from config import VARIABLES, Config, ConfigError, child_environment, database_url_from_env

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "environment.md"
APPS = {
    "HUBSPOT_CLIENT_ID": "hubspot-id",
    "HUBSPOT_CLIENT_SECRET": "hubspot-secret-value",
    "HUBSPOT_APP_ID": "4711",
    "ZOOM_CLIENT_ID": "zoom-id",
    "ZOOM_CLIENT_SECRET": "zoom-secret-value",
    "ZOOM_WEBHOOK_SECRET": "webhook-secret-value",
}
KEYS = {
    "ROLLCALL_SECRET_KEY": "s" * 40,
    "ROLLCALL_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
}

# The others are shell commands, or have a place to fill in.
PASTEABLE_EXAMPLES = sorted(
    name for name, variable in VARIABLES.items() if not set("$<") & set(variable.example)
)


@pytest.fixture
def embedded(tmp_path: Path) -> dict[str, str]:
    """The least an embedded installation is told."""
    return {**APPS, "ROLLCALL_DATA_DIR": str(tmp_path / "data")}


def refusal(environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Config.from_env(environ)
    return str(caught.value).splitlines()


class TestDefaults:
    def test_an_embedded_installation_needs_only_its_two_apps(self, embedded, tmp_path):
        config = Config.from_env(embedded)

        assert config.database_url == f"sqlite:///{tmp_path}/data/rollcall.db"
        assert config.redis_url is None
        assert (config.web.host, config.web.port) == ("127.0.0.1", 8000)
        assert config.web.public_url == "http://localhost:8000"
        assert (config.web.processes, config.workers) == (2, 2)
        assert config.hubspot.client_id == "hubspot-id"
        assert config.hubspot.api_url == "https://api.hubapi.com"
        assert config.hubspot.app_url == "https://app.hubspot.com"
        assert config.hubspot.api_version == "2026-03"
        assert config.hubspot.app_events == {}
        assert config.zoom.api_url == "https://api.zoom.us/v2"
        assert config.zoom.oauth_url == "https://zoom.us/oauth"
        assert config.zoom.webhook_secrets == ("webhook-secret-value",)
        assert (config.alerts.url, config.alerts.smtp_url) == (None, None)

    def test_work_is_due_on_the_documented_schedule(self, embedded):
        timing = Config.from_env(embedded).timing

        assert timing.tick == timedelta(seconds=5)
        assert timing.coalesce == timedelta(seconds=2)
        assert timing.confirm_after == timedelta(minutes=10)
        assert timing.reconcile_after == (
            timedelta(minutes=5),
            timedelta(minutes=30),
            timedelta(hours=3),
            timedelta(hours=24),
            timedelta(hours=72),
        )

    def test_an_empty_value_counts_as_not_set(self, embedded):
        config = Config.from_env({**embedded, "ROLLCALL_BIND": "", "ROLLCALL_REDIS_URL": "  "})

        assert config.web.port == 8000
        assert config.redis_url is None

    def test_the_configuration_cannot_be_changed_afterwards(self, embedded):
        config = Config.from_env(embedded)

        with pytest.raises(AttributeError):
            config.workers = 9  # type: ignore[misc]


class TestValues:
    @pytest.mark.parametrize(
        ("name", "text", "read", "expected"),
        [
            ("ROLLCALL_BIND", "0.0.0.0:80", lambda c: (c.web.host, c.web.port), ("0.0.0.0", 80)),
            ("ROLLCALL_BIND", "[::1]:9000", lambda c: (c.web.host, c.web.port), ("[::1]", 9000)),
            (
                "ROLLCALL_PUBLIC_URL",
                "https://r.example.com/",
                lambda c: c.web.public_url,
                "https://r.example.com",
            ),
            (
                "ROLLCALL_RECONCILE_AFTER",
                "1s,3s",
                lambda c: c.timing.reconcile_after,
                (timedelta(seconds=1), timedelta(seconds=3)),
            ),
            ("ROLLCALL_CONFIRM_AFTER", "1s", lambda c: c.timing.confirm_after.seconds, 1),
            ("ROLLCALL_CONFIRM_AFTER", "2d", lambda c: c.timing.confirm_after.days, 2),
            (
                "ROLLCALL_COALESCE_SECONDS",
                "0.2",
                lambda c: c.timing.coalesce,
                timedelta(milliseconds=200),
            ),
            (
                "ROLLCALL_REDIS_URL",
                "unix:///run/valkey.sock?db=0",
                lambda c: c.redis_url,
                "unix:///run/valkey.sock?db=0",
            ),
            (
                "HUBSPOT_APP_EVENTS",
                "registered=ahs_1_reg, attended=ahs_1_att",
                lambda c: dict(c.hubspot.app_events),
                {"registered": "ahs_1_reg", "attended": "ahs_1_att"},
            ),
            ("ZOOM_WEBHOOK_SECRET", "old,new", lambda c: c.zoom.webhook_secrets, ("old", "new")),
            ("ROLLCALL_SMTP_URL", "smtp://m:25", lambda c: c.alerts.smtp_url, "smtp://m:25"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_value_is_read_as(self, embedded, name, text, read, expected):
        assert read(Config.from_env({**embedded, name: text})) == expected

    @pytest.mark.parametrize("name", PASTEABLE_EXAMPLES)
    def test_the_example_of_a_refusal_is_itself_accepted(self, embedded, name):
        Config.from_env({**embedded, **KEYS, name: VARIABLES[name].example})


class TestRefusals:
    @pytest.mark.parametrize("name", sorted(APPS))
    def test_a_missing_app_setting_is_named_with_an_example(self, embedded, name):
        del embedded[name]

        assert refusal(embedded) == [
            f"{name} is not set; example: {name}={VARIABLES[name].example}"
        ]

    def test_everything_wrong_is_said_at_once(self, embedded):
        del embedded["ZOOM_CLIENT_ID"]

        lines = refusal({**embedded, "ROLLCALL_BIND": "8000", "ROLLCALL_WORKERS": "many"})

        assert [line.split()[0] for line in lines] == [
            "ROLLCALL_BIND",
            "ROLLCALL_WORKERS",
            "ZOOM_CLIENT_ID",
        ]

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("ROLLCALL_BIND", "127.0.0.1:0"),
            ("ROLLCALL_BIND", "127.0.0.1:70000"),
            ("ROLLCALL_PUBLIC_URL", "rollcall.example.com"),
            ("ROLLCALL_PUBLIC_URL", "ftp://rollcall.example.com"),
            ("ROLLCALL_PUBLIC_URL", "https://rollcall.example.com:port"),
            ("ROLLCALL_DATABASE_URL", "mysql://localhost/rollcall"),
            ("ROLLCALL_REDIS_URL", "localhost:6379"),
            ("ROLLCALL_SECRET_KEY", "short"),
            ("ROLLCALL_ENCRYPTION_KEYS", "not-a-key"),
            ("ROLLCALL_ENCRYPTION_KEYS", ","),
            ("ROLLCALL_WEB_WORKERS", "0"),
            ("ROLLCALL_WORKERS", "-1"),
            ("ROLLCALL_TICK_SECONDS", "0"),
            ("ROLLCALL_RECONCILE_AFTER", "5"),
            ("ROLLCALL_RECONCILE_AFTER", "30m,5m"),
            ("ROLLCALL_RECONCILE_AFTER", ","),
            ("ROLLCALL_CONFIRM_AFTER", "0s"),
            ("ROLLCALL_SMTP_URL", "mail.example.com"),
            ("HUBSPOT_APP_ID", "my-app"),
            ("HUBSPOT_API_VERSION", "v3"),
            ("HUBSPOT_APP_EVENTS", "on"),
            ("HUBSPOT_APP_EVENTS", "joined=x"),
            ("HUBSPOT_APP_EVENTS", "registered="),
            ("ZOOM_WEBHOOK_SECRET", "a,b,c"),
        ],
    )
    def test_a_malformed_value_is_named_with_an_example(self, embedded, name, text):
        [line] = refusal({**embedded, **KEYS, name: text})

        assert line.startswith(f"{name} ")
        assert f"example: {name}=" in line

    @pytest.mark.parametrize("name", sorted(KEYS))
    def test_a_given_database_needs_given_keys(self, embedded, name):
        environ = {**embedded, **KEYS, "ROLLCALL_DATABASE_URL": "postgresql://localhost/rollcall"}
        del environ[name]

        [line] = refusal(environ)

        assert line.startswith(f"{name} is not set; example: ")

    @pytest.mark.parametrize(
        ("name", "secret"),
        [
            ("ROLLCALL_DATABASE_URL", "mysql://user:hunter2@host/db"),
            ("ROLLCALL_REDIS_URL", "http://user:hunter2@host"),
            ("ROLLCALL_SECRET_KEY", "hunter2"),
            ("ROLLCALL_ENCRYPTION_KEYS", "hunter2"),
            ("ROLLCALL_SMTP_URL", "user:hunter2@host"),
            ("ZOOM_WEBHOOK_SECRET", "hunter2,b,c"),
        ],
    )
    def test_a_refusal_does_not_repeat_a_secret(self, embedded, name, secret):
        assert "hunter2" not in "".join(refusal({**embedded, name: secret}))


class TestKeysOfAnEmbeddedInstallation:
    def test_they_are_made_once_and_kept(self, embedded):
        first, second = Config.from_env(embedded), Config.from_env(embedded)

        assert first.secret_key == second.secret_key
        assert first.encryption_keys == second.encryption_keys
        assert len(first.secret_key) >= 32
        Fernet(first.encryption_keys[0])

    def test_only_their_owner_can_read_them(self, embedded, tmp_path):
        Config.from_env(embedded)

        for name in ("secret.key", "encryption.key"):
            assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600

    def test_given_keys_win(self, embedded, tmp_path):
        config = Config.from_env({**embedded, **KEYS})

        assert config.secret_key == KEYS["ROLLCALL_SECRET_KEY"]
        assert config.encryption_keys == (KEYS["ROLLCALL_ENCRYPTION_KEYS"],)
        assert not (tmp_path / "data").exists()

    def test_processes_starting_at_once_get_the_same(self, embedded):
        with multiprocessing.get_context("spawn").Pool(4) as pool:
            keys = pool.map(_secret_key, [embedded] * 8)

        assert len(set(keys)) == 1

    def test_a_refused_start_leaves_nothing_behind(self, embedded, tmp_path):
        refusal({**embedded, "ROLLCALL_WORKERS": "none"})

        assert not (tmp_path / "data").exists()


def _secret_key(environ: dict[str, str]) -> str:
    return Config.from_env(environ).secret_key


def test_secrets_are_not_in_the_representation(embedded):
    environ = {
        **embedded,
        **KEYS,
        "ROLLCALL_DATABASE_URL": "postgresql://user:hunter2@localhost/rollcall",
        "ROLLCALL_REDIS_URL": "redis://:hunter2@localhost",
        "ROLLCALL_SMTP_URL": "smtp://user:hunter2@localhost",
    }
    shown = repr(Config.from_env(environ))

    for secret in [*KEYS.values(), "secret-value", "hunter2"]:
        assert secret not in shown


def test_the_database_url_can_be_had_without_the_rest(tmp_path):
    url = database_url_from_env({"ROLLCALL_DATA_DIR": str(tmp_path / "data")})

    assert url == f"sqlite:///{tmp_path}/data/rollcall.db"
    assert (tmp_path / "data").is_dir()


def test_a_child_gets_the_changes_on_top_of_our_environment(monkeypatch):
    monkeypatch.setenv("ROLLCALL_BIND", "127.0.0.1:1")
    monkeypatch.setenv("ROLLCALL_WORKERS", "7")

    environ = child_environment(ROLLCALL_BIND="127.0.0.1:2")

    assert (environ["ROLLCALL_BIND"], environ["ROLLCALL_WORKERS"]) == ("127.0.0.1:2", "7")


def test_every_variable_and_its_default_is_in_the_reference():
    rows = [line.split("|") for line in REFERENCE.read_text().splitlines() if line.startswith("|")]
    told = {
        name: default
        for _, names, _, default, _ in rows
        for name in re.findall(r"[A-Z][A-Z_]+[A-Z]", names)
    }
    assert set(told) == set(VARIABLES)
    untold = [
        name
        for name, variable in VARIABLES.items()
        if variable.default and variable.default not in told[name] and name != "ROLLCALL_DATA_DIR"
    ]
    assert not untold
