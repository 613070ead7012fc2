"""Secrets and addresses where they have no place: logs, Redis, command lines."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from commands.embedded import valkey_url
from commands.processes import descendants
from commands.trial import Trial

SHORTEST = 8
"""Anything shorter could be found by chance."""

COMPRESSED = b"x\x9c"
"""How zlib's data begins; RQ compresses what a job carries."""


def find_leaks(
    places: Mapping[str, Iterable[bytes]], canaries: Mapping[str, Iterable[str]]
) -> list[str]:
    """A sentence for each kind of canary found in a place; the canaries are not repeated."""
    found = []
    for place, parts in places.items():
        text = b"\n".join(parts)
        for kind, words in canaries.items():
            hits = sum(word.encode() in text for word in set(words) if len(word) >= SHORTEST)
            if hits:
                found.append(f"{hits} of {kind} stand in {place}")
    return found


def canaries_of(trial: Trial, webinars: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What must be found nowhere: tokens, secrets, addresses of registrants, their join links."""
    people = [person for webinar in webinars for person in webinar["registrants"]]
    secrets = trial.simulated.call("GET", "/apps")
    kept = [path.read_text().strip() for path in trial.data_dir.glob("*.key")]
    return {
        "the platforms' tokens": trial.simulated.call("GET", "/secrets")["secrets"],
        "our own secrets": [*kept, *(secrets[name] for name in secrets if "secret" in name)],
        "the people's addresses": [person["email"] for person in people],
        "the personal join links": [f"tk={person['id']}" for person in people],
    }


def places_of(trial: Trial) -> dict[str, list[bytes]]:
    """What can be read there now: Rollcall's log, Redis and its files, the command lines."""
    folder = trial.data_dir / "valkey"
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {
        "the log": [trial.rollcall.log_path.read_bytes()],
        "Redis": dump(Redis.from_url(valkey_url(trial.data_dir))),
        "Redis's files": [*files, *(part for text in files for part in inflate(text))],
        "the command lines": [one.command.encode() for one in descendants(trial.rollcall.pid)],
    }


def dump(redis: Redis) -> list[bytes]:
    """All keys and values, what is compressed as it was before; nothing while Redis is away."""
    readers: Mapping[bytes | str, Callable[[Any], Any]] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"stream": lambda key: redis.xrange(key),
    }
    try:
        keys = list(redis.scan_iter())
        # A key may have ended since it was listed.
        values = [
            part
            for key in keys
            if (reader := readers.get(redis.type(key)))
            for part in _flat(reader(key))
        ]
    except RedisError:
        return []
    finally:
        redis.close()
    return [*keys, *values, *(part for value in values for part in inflate(value))]


def inflate(text: bytes) -> Iterator[bytes]:
    """Whatever of it is compressed by zlib, as it was before."""
    at = text.find(COMPRESSED)
    while at >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(text[at:], 1_000_000)
        at = text.find(COMPRESSED, at + 1)


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _flat(name)
            yield from _flat(part)
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            yield from _flat(part)
