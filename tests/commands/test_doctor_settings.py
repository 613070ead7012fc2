"""What the doctor says about the environment, before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from commands.doctor.findings import fail, hide
from commands.doctor.settings import read_surroundings

GOOD = {
    "ROLLCALL_PUBLIC_URL": "https://rollcall.acme.example",
    "ROLLCALL_PROXIES": "1",
    "ROLLCALL_DATABASE_URL": "postgresql://rollcall:pass-of-the-database@db.acme.example/rollcall",
    "ROLLCALL_REDIS_URL": "redis://redis.acme.example/0",
    "ROLLCALL_SECRET_KEY": "k7Jd0mQ2x-Vt9sBz4LrWc8NyPe1HaUf6",
    "ROLLCALL_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "HUBSPOT_CLIENT_ID": "0f4c2c1e-7a55-4f5e-9d0a-77c6f1c2b3d4",
    "HUBSPOT_CLIENT_SECRET": "8d1b6f0a-2c43-4b8e-8a51-6f2d9e0c7b1a",
    "HUBSPOT_APP_ID": "2839401",
    "ZOOM_CLIENT_ID": "Qm8rT2vXcN5pLw",
    "ZOOM_CLIENT_SECRET": "hV3nK8sD1fG6jL0pQ9wE",
    "ZOOM_WEBHOOK_SECRET": "zB7yC4xA2vN9mR5tU1iO",
}
ZEROES = "A" * 43 + "="


def findings(**changes: str | None) -> list[tuple[str, str, str, str]]:
    environ = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    found = read_surroundings(environ)[1]
    return [(one.status, one.what, one.means, one.remedy) for one in found]


def test_a_good_environment_is_one_line():
    assert [status for status, *_ in findings()] == ["ok"]


FAULTS = {
    "missing": (
        {"ZOOM_CLIENT_ID": None},
        "failed",
        "ZOOM_CLIENT_ID is not set",
        "ZOOM_CLIENT_ID=",
    ),
    "malformed": (
        {"ROLLCALL_WORKERS": "many"},
        "failed",
        "ROLLCALL_WORKERS must be a whole number",
        "ROLLCALL_WORKERS=2",
    ),
    "a database without keys": (
        {"ROLLCALL_SECRET_KEY": None},
        "failed",
        "ROLLCALL_SECRET_KEY is not set",
        "token_urlsafe",
    ),
    "a database without encryption keys": (
        {"ROLLCALL_ENCRYPTION_KEYS": " "},
        "failed",
        "ROLLCALL_ENCRYPTION_KEYS is not set",
        "openssl rand",
    ),
    "a short secret key": (
        {"ROLLCALL_SECRET_KEY": "short"},
        "failed",
        "at least 32 characters",
        "token_urlsafe",
    ),
    "a secret key of few characters": (
        {"ROLLCALL_SECRET_KEY": "abc" * 12},
        "failed",
        "can be guessed",
        "make another",
    ),
    "an encryption key of zeroes": (
        {"ROLLCALL_ENCRYPTION_KEYS": ZEROES},
        "failed",
        "key 1 is not random",
        "put a new one before it",
    ),
    "a placeholder": (
        {"ZOOM_CLIENT_SECRET": "change-me-please"},
        "failed",
        "ZOOM_CLIENT_SECRET still holds a placeholder",
        "the real one",
    ),
    "the example of the documentation": (
        {"HUBSPOT_CLIENT_SECRET": "12345678-abcd-4abc-8abc-1234567890ab"},
        "failed",
        "HUBSPOT_CLIENT_SECRET still holds a placeholder",
        "the real one",
    ),
    "quotation marks": (
        {"ZOOM_WEBHOOK_SECRET": '"zB7yC4xA2vN9mR5tU1iO"'},
        "failed",
        "ZOOM_WEBHOOK_SECRET stands in quotation marks",
        "without them",
    ),
    "the client secret for the webhook's": (
        {"ZOOM_WEBHOOK_SECRET": GOOD["ZOOM_CLIENT_SECRET"]},
        "failed",
        "ZOOM_CLIENT_SECRET and ZOOM_WEBHOOK_SECRET are the same",
        "Secret Token",
    ),
    "a misspelt name": (
        {"ROLLCALL_WORKER": "4"},
        "warning",
        "ROLLCALL_WORKER is not known",
        "did you mean ROLLCALL_WORKERS?",
    ),
    "a public address without TLS": (
        {"ROLLCALL_PUBLIC_URL": "http://rollcall.acme.example"},
        "failed",
        "begins with http://",
        "proxy with a certificate",
    ),
    "a public address of this machine": (
        {"ROLLCALL_PUBLIC_URL": None},
        "warning",
        "http://localhost:8000",
        "the world reaches",
    ),
    "a proxy nobody told of": (
        {"ROLLCALL_PROXIES": None},
        "warning",
        "ROLLCALL_PROXIES is 0",
        "most often 1",
    ),
    "a shared database, a Valkey for each machine": (
        {"ROLLCALL_REDIS_URL": None},
        "warning",
        "ROLLCALL_REDIS_URL is not set",
        "more than one machine",
    ),
    "an API version nobody tried": (
        {"HUBSPOT_API_VERSION": "2025-09"},
        "warning",
        "HUBSPOT_API_VERSION is 2025-09",
        "unset it",
    ),
    "a platform in the clear": (
        {"ZOOM_API_URL": "http://api.zoom.example/v2"},
        "failed",
        "ZOOM_API_URL begins with http://",
        "https://api.zoom.us/v2",
    ),
}


@pytest.mark.parametrize(("changes", "status", "what", "remedy"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_remedy(changes, status, what, remedy):
    (found,) = findings(**changes)

    assert found[0] == status
    assert what in found[1]
    assert found[2]
    assert remedy in found[3]


def test_everything_is_said_at_once():
    found = findings(ZOOM_CLIENT_ID=None, ROLLCALL_BIND="8000", ROLLCALL_TICK="3")

    assert [what.split()[0] for _, what, *_ in found] == [
        "ROLLCALL_BIND",
        "ZOOM_CLIENT_ID",
        "ROLLCALL_TICK",
    ]


class TestKeptKeys:
    """An embedded installation is given no keys, and keeps what it made."""

    @staticmethod
    def embedded(folder: Path) -> dict[str, str]:
        left_out = {"ROLLCALL_DATABASE_URL", "ROLLCALL_SECRET_KEY", "ROLLCALL_ENCRYPTION_KEYS"}
        given = {name: value for name, value in GOOD.items() if name not in left_out}
        return given | {"ROLLCALL_DATA_DIR": str(folder)}

    def test_they_are_used(self, tmp_path):
        key = Fernet.generate_key().decode()
        (tmp_path / "encryption.key").write_text(f"{key}\n")

        around, found = read_surroundings(self.embedded(tmp_path))

        assert around.config.encryption_keys == (key,)
        assert [one.status for one in found] == ["ok"]

    def test_they_are_not_made(self, tmp_path):
        around, found = read_surroundings(self.embedded(tmp_path / "data"))

        assert around.config.secret_key
        assert [one.status for one in found] == ["ok"]
        assert not list(tmp_path.iterdir())


def test_a_secret_in_a_drivers_message_is_hidden():
    around, _ = read_surroundings(GOOD)
    told = fail(
        "database", "cannot use pass-of-the-database", "", f"set {GOOD['ZOOM_CLIENT_SECRET']}"
    )

    (shown,) = hide([told], around.secrets)

    assert (shown.what, shown.remedy) == ("cannot use •••", "set •••")
