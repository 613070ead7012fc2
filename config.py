"""Process configuration: read from the environment once, typed, and complete or refused.

This is the only module that reads `os.environ`. Rooms receive the values they need; nobody else
asks the environment, so what a process does is decided before it starts.
"""

from __future__ import annotations

import base64
import itertools
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

APP_EVENT_NAMES = ("registered", "attended", "recording")
SHORTEST_SECRET_KEY = 32


class ConfigError(Exception):
    """The environment is not fit to start with; one line per variable, all of them at once."""


@dataclass(frozen=True, slots=True)
class Web:
    """The web process: where it listens, how the world reaches it, how many processes.

    ``proxies`` of our own stand before it, each of which adds to ``X-Forwarded-For``.
    """

    host: str
    port: int
    public_url: str
    processes: int
    proxies: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """When work becomes due. `reconcile_after` ascends and counts from a webinar's end."""

    tick: timedelta
    reconcile_after: tuple[timedelta, ...]
    confirm_after: timedelta
    coalesce: timedelta


@dataclass(frozen=True, slots=True)
class Alerts:
    """Where alerts go; None is off."""

    url: str | None = field(repr=False)
    smtp_url: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class HubSpot:
    """The HubSpot app. `app_events` maps registered, attended and recording to approved types."""

    client_id: str
    client_secret: str = field(repr=False)
    app_id: str
    api_url: str
    app_url: str
    api_version: str
    app_events: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Zoom:
    """The Zoom app. A webhook signed with any of `webhook_secrets` is Zoom's."""

    client_id: str
    client_secret: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    api_url: str
    oauth_url: str


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a process is told from outside. `redis_url` is None for the embedded Valkey."""

    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    workers: int
    web: Web
    timing: Timing
    alerts: Alerts
    hubspot: HubSpot
    zoom: Zoom

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """The configuration an environment describes (this process's own when none is given).

        Without a database URL the data directory is used, made if missing, and the two keys are
        made there once. Raises `ConfigError`.
        """
        given = os.environ if environ is None else environ
        value = _read(given, VARIABLES)
        host, port = value["ROLLCALL_BIND"]
        storage = _storage(value)
        return cls(
            **storage,
            redis_url=value["ROLLCALL_REDIS_URL"],
            secret_key=value["ROLLCALL_SECRET_KEY"]
            or _kept_secret(storage["data_dir"] / "secret.key", _new_secret_key),
            encryption_keys=value["ROLLCALL_ENCRYPTION_KEYS"]
            or (_kept_secret(storage["data_dir"] / "encryption.key", _new_fernet_key),),
            workers=value["ROLLCALL_WORKERS"],
            web=Web(
                host,
                port,
                value["ROLLCALL_PUBLIC_URL"],
                value["ROLLCALL_WEB_WORKERS"],
                value["ROLLCALL_PROXIES"],
            ),
            timing=Timing(
                tick=value["ROLLCALL_TICK_SECONDS"],
                reconcile_after=value["ROLLCALL_RECONCILE_AFTER"],
                confirm_after=value["ROLLCALL_CONFIRM_AFTER"],
                coalesce=value["ROLLCALL_COALESCE_SECONDS"],
            ),
            alerts=Alerts(value["ROLLCALL_ALERT_URL"], value["ROLLCALL_SMTP_URL"]),
            hubspot=HubSpot(
                client_id=value["HUBSPOT_CLIENT_ID"],
                client_secret=value["HUBSPOT_CLIENT_SECRET"],
                app_id=value["HUBSPOT_APP_ID"],
                api_url=value["HUBSPOT_API_URL"],
                app_url=value["HUBSPOT_APP_URL"],
                api_version=value["HUBSPOT_API_VERSION"],
                app_events=value["HUBSPOT_APP_EVENTS"],
            ),
            zoom=Zoom(
                client_id=value["ZOOM_CLIENT_ID"],
                client_secret=value["ZOOM_CLIENT_SECRET"],
                webhook_secrets=value["ZOOM_WEBHOOK_SECRET"],
                api_url=value["ZOOM_API_URL"],
                oauth_url=value["ZOOM_OAUTH_URL"],
            ),
        )


def database_url_from_env(environ: Mapping[str, str] | None = None) -> str:
    """The database URL alone, for commands that need nothing else. Raises `ConfigError`."""
    given = os.environ if environ is None else environ
    names = ("ROLLCALL_DATA_DIR", "ROLLCALL_DATABASE_URL")
    storage = _storage(_read(given, {name: VARIABLES[name] for name in names}))
    storage["data_dir"].mkdir(parents=True, exist_ok=True, mode=0o700)
    url: str = storage["database_url"]
    return url


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment with `changes`, for a process it starts."""
    return {**os.environ, **changes}


# --- Reading and refusing -----------------------------------------------------------------------


def _read(environ: Mapping[str, str], variables: Mapping[str, Variable]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    errors: list[str] = []
    for name, variable in variables.items():
        text = environ.get(name, "").strip() or variable.default
        try:
            if not text and _is_required(variable, environ):
                raise ValueError("is not set")
            values[name] = variable.parse(text) if text else None
        except ValueError as error:
            errors.append(f"{name} {error}; example: {name}={variable.example}")
    if errors:
        raise ConfigError("\n".join(errors))
    return values


def _is_required(variable: Variable, environ: Mapping[str, str]) -> bool:
    if variable.needed == "with a database":
        return bool(environ.get("ROLLCALL_DATABASE_URL", "").strip())
    return variable.needed == "always"


def _storage(value: Mapping[str, Any]) -> dict[str, Any]:
    data_dir: Path = value["ROLLCALL_DATA_DIR"]
    url = value["ROLLCALL_DATABASE_URL"] or f"sqlite:///{data_dir}/rollcall.db"
    return {"data_dir": data_dir, "database_url": url}


# --- Parsers: a text in; out a value, or a ValueError that continues "<VARIABLE> …" --------------
# None of them repeats a value that may be secret.


def _path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _digits(value: str) -> str:
    if not re.fullmatch(r"[0-9]+", value):
        raise ValueError(f"must be a number, not {value!r}")
    return value


def _month(value: str) -> str:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", value):
        raise ValueError(f"must be a year and a month, not {value!r}")
    return value


def _count(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", value) or int(value) < 1:
        raise ValueError(f"must be a whole number from 1 to 999, not {value!r}")
    return int(value)


def _count_or_none(value: str) -> int:
    return 0 if value == "0" else _count(value)


def _seconds(value: str) -> timedelta:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value) or float(value) == 0:
        raise ValueError(f"must be a number of seconds above 0, not {value!r}")
    return timedelta(seconds=float(value))


def _duration(value: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", value)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"must be a number above 0 with s, m, h or d, not {value!r}")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})


def _durations(value: str) -> tuple[timedelta, ...]:
    durations = tuple(_duration(part) for part in _parts(value))
    if not durations or any(a >= b for a, b in itertools.pairwise(durations)):
        raise ValueError(f"must hold delays that grow, not {value!r}")
    return durations


def _bind(value: str) -> tuple[str, int]:
    match = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})", value)
    if match is None or not 1 <= int(match[2]) <= 65535:
        raise ValueError(f"must be an address and a port, not {value!r}")
    return match[1], int(match[2])


def _url(*schemes: str, host: bool = True) -> Callable[[str], str]:
    def parse(value: str) -> str:
        try:
            url = urlsplit(value)
            complete = url.scheme in schemes and (not host or bool(url.hostname)) and url.port != 0
        except ValueError:
            complete = False
        if not complete:
            raise ValueError(f"must be a URL that begins with {'://, '.join(schemes)}://")
        return value.rstrip("/")

    return parse


def _database(value: str) -> str:
    driver = value.partition("://")[0].partition("+")[0]
    if "://" not in value or driver not in {"postgresql", "sqlite"}:
        raise ValueError("must be a URL that begins with postgresql:// or sqlite:///")
    return value


def _app_events(value: str) -> Mapping[str, str]:
    if value == "off":
        return MappingProxyType({})
    types: dict[str, str] = {}
    for part in _parts(value):
        name, equals, type_name = part.partition("=")
        if name not in APP_EVENT_NAMES or name in types or not equals or not type_name:
            raise ValueError(f"does not understand {part!r}")
        types[name] = type_name
    return MappingProxyType(types)


def _one_or_two(value: str) -> tuple[str, ...]:
    texts = _parts(value)
    if len(texts) not in {1, 2}:
        raise ValueError(f"must hold one secret, or two while it rotates, not {len(texts)}")
    return texts


def _secret_key(value: str) -> str:
    if len(value) < SHORTEST_SECRET_KEY:
        raise ValueError(f"must be at least {SHORTEST_SECRET_KEY} characters long")
    return value


def _fernet_keys(value: str) -> tuple[str, ...]:
    keys = _parts(value)
    if not keys:
        raise ValueError("must hold at least one key")
    for place, key in enumerate(keys, start=1):
        try:
            size = len(base64.b64decode(key, altchars=b"-_", validate=True))
        except ValueError:
            size = 0
        if size != 32:
            raise ValueError(f"must hold 32 bytes in URL-safe base64, key {place} does not")
    return keys


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable. `example` is shown with every refusal; `default` "" is none."""

    parse: Callable[[str], Any]
    example: str
    default: str = ""
    needed: Literal["no", "always", "with a database"] = "no"


WEB_URL = _url("https", "http")

VARIABLES: Mapping[str, Variable] = {
    "ROLLCALL_BIND": Variable(_bind, "127.0.0.1:8000", "127.0.0.1:8000"),
    "ROLLCALL_PUBLIC_URL": Variable(
        WEB_URL, "https://rollcall.example.com", "http://localhost:8000"
    ),
    "ROLLCALL_DATA_DIR": Variable(_path, "/var/lib/rollcall", "./var"),
    "ROLLCALL_DATABASE_URL": Variable(
        _database, "postgresql://rollcall:password@localhost/rollcall"
    ),
    "ROLLCALL_REDIS_URL": Variable(
        _url("redis", "rediss", "unix", host=False), "redis://localhost:6379/0"
    ),
    "ROLLCALL_SECRET_KEY": Variable(
        _secret_key,
        '$(python3 -c "import secrets; print(secrets.token_urlsafe(48))")',
        needed="with a database",
    ),
    "ROLLCALL_ENCRYPTION_KEYS": Variable(
        _fernet_keys, "$(openssl rand -base64 32 | tr '+/' '-_')", needed="with a database"
    ),
    "ROLLCALL_WEB_WORKERS": Variable(_count, "2", "2"),
    "ROLLCALL_PROXIES": Variable(_count_or_none, "1", "0"),
    "ROLLCALL_WORKERS": Variable(_count, "2", "2"),
    "ROLLCALL_TICK_SECONDS": Variable(_seconds, "5", "5"),
    "ROLLCALL_RECONCILE_AFTER": Variable(_durations, "5m,30m,3h,24h,72h", "5m,30m,3h,24h,72h"),
    "ROLLCALL_CONFIRM_AFTER": Variable(_duration, "10m", "10m"),
    "ROLLCALL_COALESCE_SECONDS": Variable(_seconds, "2", "2"),
    "ROLLCALL_ALERT_URL": Variable(WEB_URL, "https://alerts.example.com/rollcall"),
    "ROLLCALL_SMTP_URL": Variable(
        _url("smtp", "smtps"), "smtp://user:password@mail.example.com:587"
    ),
    "HUBSPOT_CLIENT_ID": Variable(str, "12345678-abcd-4abc-8abc-1234567890ab", needed="always"),
    "HUBSPOT_CLIENT_SECRET": Variable(str, "12345678-abcd-4abc-8abc-1234567890ab", needed="always"),
    "HUBSPOT_APP_ID": Variable(_digits, "1234567", needed="always"),
    "HUBSPOT_API_URL": Variable(WEB_URL, "https://api.hubapi.com", "https://api.hubapi.com"),
    "HUBSPOT_APP_URL": Variable(WEB_URL, "https://app.hubspot.com", "https://app.hubspot.com"),
    "HUBSPOT_API_VERSION": Variable(_month, "2026-03", "2026-03"),
    "HUBSPOT_APP_EVENTS": Variable(
        _app_events, "registered=<type name>,attended=<name>,recording=<name>", "off"
    ),
    "ZOOM_CLIENT_ID": Variable(str, "aBcDeFgHiJkLmNoPqRsT", needed="always"),
    "ZOOM_CLIENT_SECRET": Variable(str, "aBcDeFgHiJkLmNoPqRsTuVwXyZ123456", needed="always"),
    "ZOOM_WEBHOOK_SECRET": Variable(_one_or_two, "aBcDeFgHiJkLmNoPqRsT", needed="always"),
    "ZOOM_API_URL": Variable(WEB_URL, "https://api.zoom.us/v2", "https://api.zoom.us/v2"),
    "ZOOM_OAUTH_URL": Variable(WEB_URL, "https://zoom.us/oauth", "https://zoom.us/oauth"),
}


# --- Keys of an embedded installation -----------------------------------------------------------


def _new_secret_key() -> str:
    return secrets.token_urlsafe(48)


def _new_fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in `path`, made the first time. Two processes starting at once get the same."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make() + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
