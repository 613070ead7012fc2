"""The environment, judged as a start would judge it, and beyond: weak, forgotten, mixed up.

Nothing is made on the way: keys that an embedded installation would make at its first start are
stood in for by others that are forgotten again.
"""

from __future__ import annotations

import base64
import difflib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from commands.doctor.findings import Finding, fail, fine, warn
from config import VARIABLES, Config, ConfigError

SUBJECT = "configuration"
KEPT_KEYS = {
    "ROLLCALL_SECRET_KEY": "secret.key",
    "ROLLCALL_ENCRYPTION_KEYS": "encryption.key",
}
"""Variables an embedded installation need not be given, and where it keeps what it made."""
API_VERSIONS = ("2026-03", "2026-09")
"""HubSpot's dated versions that Rollcall was tried with."""

_OURS = re.compile(r"(?:ROLLCALL|HUBSPOT|ZOOM)_[A-Z0-9_]+")
_OF_THE_LAUNCHER = frozenset({"ROLLCALL_PYTHON"})
_PLACEHOLDER = re.compile(r"change[-_ ]?me|placeholder|your[-_ ]|^<|>$|x{4,}|^\.\.\.", re.I)
_SECRETS = (
    "ROLLCALL_SECRET_KEY",
    "HUBSPOT_CLIENT_ID",
    "HUBSPOT_CLIENT_SECRET",
    "HUBSPOT_APP_ID",
    "ZOOM_CLIENT_ID",
    "ZOOM_CLIENT_SECRET",
    "ZOOM_WEBHOOK_SECRET",
)
_FEWEST_CHARACTERS = 10
_FEWEST_BYTES = 8
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the checks are given: the configuration, and the variables it could not be read from.

    In place of those stand defaults and examples, so no check that needs one of them is made.
    """

    config: Config
    wrong: frozenset[str] = frozenset()

    @property
    def uses_data_dir(self) -> bool:
        """Whether anything is kept in the data folder: not where database and Redis are given."""
        is_embedded = self.config.database_url.startswith("sqlite")
        return is_embedded or self.config.redis_url is None

    @property
    def secrets(self) -> Iterator[str]:
        """Everything that must not be shown; what stands in for a variable is no secret."""
        examples = {VARIABLES[name].example for name in self.wrong}
        yield from (secret for secret in self._secrets() if secret not in examples)

    def _secrets(self) -> Iterator[str]:
        config = self.config
        yield config.secret_key
        yield from config.encryption_keys
        yield config.hubspot.client_secret
        yield config.zoom.client_secret
        yield from config.zoom.webhook_secrets
        for url in (config.database_url, config.redis_url, *_alert_urls(config)):
            password = urlsplit(url or "").password
            yield from (password or "", unquote(password or ""))


def _alert_urls(config: Config) -> tuple[str | None, ...]:
    return config.alerts.url, config.alerts.smtp_url


def is_here(url: str) -> bool:
    """Whether a URL names this very machine."""
    return (urlsplit(url).hostname or "") in _HERE


def read_surroundings(environ: Mapping[str, str]) -> tuple[Surroundings, list[Finding]]:
    """The configuration, as far as it can be read, and what is to be said about it."""
    given = _with_keys(environ)
    refused = _refusals(given)
    usable = {name: text for name, text in given.items() if name not in refused}
    for name in refused:
        usable[name] = _stand_in(name)
    if not _text(usable, "ROLLCALL_DATABASE_URL"):
        usable = {**usable, **{name: usable.get(name) or _stand_in(name) for name in KEPT_KEYS}}
    config = Config.from_env(usable)
    findings = [
        fail(SUBJECT, f"{name} {why}", "Rollcall does not start", f"set it, e.g. {example}")
        for name, (why, example) in refused.items()
    ]
    findings += _unknown(environ)
    findings += _weak({name: _text(environ, name) for name in VARIABLES}, refused)
    findings += _unfit(config, environ, refused)
    return Surroundings(config, frozenset(refused)), findings or [
        fine(SUBJECT, f"{len(VARIABLES)} variables, none of them malformed, missing or weak")
    ]


def kept_key(environ: Mapping[str, str], name: str) -> Path:
    """The file in which an embedded installation keeps a key."""
    folder = _text(environ, "ROLLCALL_DATA_DIR") or VARIABLES["ROLLCALL_DATA_DIR"].default
    path: Path = VARIABLES["ROLLCALL_DATA_DIR"].parse(folder)
    return path / KEPT_KEYS[name]


def _text(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip()


def _with_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, with the kept keys where a start would take or make them."""
    given = dict(environ)
    if _text(environ, "ROLLCALL_DATABASE_URL"):
        return given
    for name in KEPT_KEYS:
        if not _text(environ, name):
            given[name] = _kept(kept_key(environ, name)) or _stand_in(name)
    return given


def _kept(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""  # what is wrong with the file is said where files are looked at


def _stand_in(name: str) -> str:
    if name == "ROLLCALL_ENCRYPTION_KEYS":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    if name == "ROLLCALL_SECRET_KEY":
        return secrets.token_urlsafe(48)
    variable = VARIABLES[name]
    return variable.default if variable.needed != "always" else variable.example


def _refusals(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What a start would refuse: variable → what is wrong, an example."""
    try:
        Config.from_env(environ)
    except ConfigError as error:
        lines = [line.partition(" ") for line in str(error).splitlines()]
        parts = {name: rest.partition("; example: ") for name, _, rest in lines}
        return {name: (why, example) for name, (why, _, example) in parts.items()}
    return {}


# --- Beyond what stops a start -------------------------------------------------------------------


def _unknown(environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(environ):
        if not _OURS.fullmatch(name) or name in VARIABLES or name in _OF_THE_LAUNCHER:
            continue
        near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.8)
        if near or name.startswith("ROLLCALL_"):
            yield warn(
                SUBJECT,
                f"{name} is not known",
                "nothing reads it, so it changes nothing",
                f"did you mean {near[0]}?" if near else "see docs/reference/environment.md",
            )


def _weak(texts: Mapping[str, str], refused: Mapping[str, object]) -> Iterator[Finding]:
    for name, text in texts.items():
        if text and name not in refused and text[0] == text[-1] and text[0] in "'\"":
            yield fail(
                SUBJECT,
                f"{name} stands in quotation marks",
                "they are taken as part of the value: env files are not read by a shell",
                f"write {name}=… without them",
            )
    for name in _SECRETS:
        text = texts[name]
        if text and (_PLACEHOLDER.search(text) or text == VARIABLES[name].example):
            yield fail(
                SUBJECT,
                f"{name} still holds a placeholder",
                "whoever reads the documentation knows it, or it does not work at all",
                "set the real one",
            )
    characters = len(set(texts["ROLLCALL_SECRET_KEY"]))
    if 0 < characters < _FEWEST_CHARACTERS and "ROLLCALL_SECRET_KEY" not in refused:
        yield fail(
            SUBJECT,
            "ROLLCALL_SECRET_KEY can be guessed: it repeats a few characters",
            "who guesses it can make links to recordings and sign alerts",
            f"make another: {VARIABLES['ROLLCALL_SECRET_KEY'].example}",
        )
    yield from _weak_encryption(texts["ROLLCALL_ENCRYPTION_KEYS"], refused)
    yield from _mixed_up(texts)


def _weak_encryption(text: str, refused: Mapping[str, object]) -> Iterator[Finding]:
    if not text or "ROLLCALL_ENCRYPTION_KEYS" in refused:
        return
    for place, key in enumerate(VARIABLES["ROLLCALL_ENCRYPTION_KEYS"].parse(text), start=1):
        if len(set(base64.urlsafe_b64decode(key))) < _FEWEST_BYTES:
            yield fail(
                SUBJECT,
                f"ROLLCALL_ENCRYPTION_KEYS: key {place} is not random",
                "whoever guesses it can read the tokens in a copy of the database",
                f"put a new one before it: {VARIABLES['ROLLCALL_ENCRYPTION_KEYS'].example}",
            )


def _mixed_up(texts: Mapping[str, str]) -> Iterator[Finding]:
    pairs = (
        ("HUBSPOT_CLIENT_ID", "HUBSPOT_CLIENT_SECRET"),
        ("ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"),
        ("ZOOM_CLIENT_SECRET", "ZOOM_WEBHOOK_SECRET"),
        ("ROLLCALL_SECRET_KEY", "ROLLCALL_ENCRYPTION_KEYS"),
    )
    for one, other in pairs:
        if texts[one] and texts[one] == texts[other]:
            yield fail(
                SUBJECT,
                f"{one} and {other} are the same",
                "one of them was copied from the wrong field",
                "copy both again; Zoom's webhook secret is the Secret Token on the app's page for"
                " event subscriptions",
            )


def _unfit(
    config: Config, environ: Mapping[str, str], refused: Mapping[str, object]
) -> Iterator[Finding]:
    if "ROLLCALL_PUBLIC_URL" not in refused:
        yield from _unfit_public_url(config)
    if config.database_url.startswith("postgresql") and config.redis_url is None:
        yield warn(
            SUBJECT,
            "ROLLCALL_REDIS_URL is not set, though the database is a PostgreSQL",
            "each machine has a Valkey of its own: rings, limits and sessions are not shared",
            "set it where more than one machine runs Rollcall",
        )
    if config.hubspot.api_version not in API_VERSIONS:
        yield warn(
            SUBJECT,
            f"HUBSPOT_API_VERSION is {config.hubspot.api_version}",
            f"Rollcall was tried with {' and '.join(API_VERSIONS)}",
            "unset it",
        )
    for name in ("HUBSPOT_API_URL", "HUBSPOT_APP_URL", "ZOOM_API_URL", "ZOOM_OAUTH_URL"):
        url = _text(environ, name)
        if url.startswith("http://") and name not in refused and not is_here(url):
            yield fail(
                SUBJECT,
                f"{name} begins with http://",
                "tokens and names travel where others can read them",
                f"{name}={VARIABLES[name].default}",
            )


def _unfit_public_url(config: Config) -> Iterator[Finding]:
    url = config.web.public_url
    if is_here(url):
        yield warn(
            SUBJECT,
            f"ROLLCALL_PUBLIC_URL is {url}",
            "only this machine can reach it: neither Zoom's webhooks nor a customer's browser can",
            "set it to the https:// address the world reaches Rollcall by",
        )
    elif url.startswith("http://"):
        yield fail(
            SUBJECT,
            "ROLLCALL_PUBLIC_URL begins with http://",
            "Zoom and HubSpot accept https:// alone, and sessions could be read on the way",
            "put a proxy with a certificate before the web process and set its https:// address",
        )
    elif config.web.proxies == 0:
        yield warn(
            SUBJECT,
            "ROLLCALL_PROXIES is 0, though something before the web process must speak TLS",
            "all visitors count as one: what somebody guesses at shuts everybody out",
            "set it to the number of proxies of your own, most often 1",
        )
