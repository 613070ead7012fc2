"""Redis, and who hears its rings: the workers of both pools and the scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, get_args

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry

from commands.doctor.findings import Finding, fail, fine, warn
from commands.doctor.settings import Surroundings
from commands.embedded import valkey_url
from jobs.presence import count_workers, read_schedulers
from store.runs import Pool

OLDEST_VERSION = (6, 2)
"""Installing takes a state out of Redis with GETDEL. https://redis.io/docs/latest/commands/getdel/"""
FULL = 0.9
REDIS, MEMORY, PERSISTENCE = "Redis", "Redis memory", "Redis persistence"
_AWAY = "webhooks are kept and work goes on, at one call a second; nobody can sign in"


def check_redis(around: Surroundings) -> Iterator[Finding]:
    """Redis or Valkey: reachable, evicting nothing, keeping what it holds; and who listens."""
    config = around.config
    if config.redis_url is None and not (config.data_dir / "valkey").is_dir():
        yield warn(
            REDIS,
            "the embedded Valkey has never run here",
            "nothing has been started so far",
            "./run serve starts it, or set ROLLCALL_REDIS_URL",
        )
        return
    redis = Redis.from_url(
        config.redis_url or valkey_url(config.data_dir),
        socket_timeout=3.0,
        socket_connect_timeout=2.0,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        info: Mapping[str, Any] = redis.info()
        yield _check_server(info)
        yield _check_memory(info)
        yield _check_persistence(redis, info)
        yield from _check_workers(redis)
        yield _check_scheduler(redis, config.timing.tick.total_seconds())
    except AuthenticationError:
        yield fail(REDIS, "refuses the password", _AWAY, "check the password in ROLLCALL_REDIS_URL")
    except RedisError as error:
        remedy = (
            "start ./run serve, or a part of it: the embedded Valkey runs with them"
            if config.redis_url is None
            else "start Redis, or check ROLLCALL_REDIS_URL and the firewall"
        )
        yield fail(REDIS, f"does not answer ({type(error).__name__})", _AWAY, remedy)
    finally:
        redis.close()


def _check_server(info: Mapping[str, Any]) -> Finding:
    version = str(info.get("valkey_version") or info.get("redis_version") or "0")
    name = "Valkey" if "valkey_version" in info else "Redis"
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_VERSION:
        return fail(
            REDIS,
            f"{name} {version} is too old",
            "installing into HubSpot and Zoom fails",
            "upgrade to Valkey, or to Redis 6.2 or later",
        )
    if info.get("role") != "master":
        return fail(
            REDIS,
            f"{name} {version} is a replica: it takes no writes",
            _AWAY,
            "name the primary in ROLLCALL_REDIS_URL",
        )
    return fine(REDIS, f"{name} {version} answers")


def _check_memory(info: Mapping[str, Any]) -> Finding:
    policy = str(info.get("maxmemory_policy", "unknown"))
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    means = "sessions, limits and rings vanish when memory runs short"
    remedy = "set maxmemory-policy to noeviction"
    if policy != "noeviction":
        what = f"maxmemory-policy is {policy}"
        return (fail if most else warn)(MEMORY, what, means, remedy)
    if most and used > FULL * most:
        return fail(
            MEMORY,
            f"{used / most:.0%} of maxmemory is used",
            f"soon it takes no writes: {_AWAY}",
            "raise maxmemory, or give Rollcall a server of its own",
        )
    return fine(MEMORY, f"{used / 1024**2:.0f} MiB used, nothing is evicted")


def _check_persistence(redis: Redis, info: Mapping[str, Any]) -> Finding:
    if "err" in (info.get("rdb_last_bgsave_status"), info.get("aof_last_write_status")):
        return fail(
            PERSISTENCE,
            "it cannot write to its disk",
            f"it refuses writes then: {_AWAY}",
            "look at its log and the disk it writes to",
        )
    if info.get("aof_enabled"):
        return fine(PERSISTENCE, "every write is appended to a file")
    saves: str | None = None
    with suppress(RedisError):  # hosted servers do not tell
        saves = redis.config_get("save").get("save")
    if saves:
        return fine(PERSISTENCE, "it is saved from time to time")
    return warn(
        PERSISTENCE,
        "nothing that it holds is kept",
        "when it starts again everybody signs in anew and the first calls wait; no work is lost",
        "set appendonly to yes",
    )


def _check_workers(redis: Redis) -> Iterator[Finding]:
    for pool in get_args(Pool):
        subject = f"workers, {pool}"
        count = count_workers(redis, pool)
        if count:
            yield fine(subject, f"{count} alive")
        else:
            yield fail(
                subject,
                "none has been heard of for 90 seconds",
                "what arrives is stored and nobody works it off"
                if pool == "live"
                else "webinars are neither listed nor read by schedule",
                "start ./run worker (or ./run serve) and look at its log",
            )


def _check_scheduler(redis: Redis, tick: float) -> Finding:
    seen = read_schedulers(redis)
    latest = min(seen.values(), default=None)
    if latest is not None and latest <= max(30.0, 3 * tick):
        return fine("scheduler", f"looked for work {latest:.0f} s ago")
    return fail(
        "scheduler",
        "none has looked for work within the last hour"
        if latest is None
        else f"the last one looked for work {latest / 60:.1f} minutes ago",
        "nothing that is due by the clock begins, and a lost ring is not made up for",
        "start ./run scheduler (or ./run serve) and look at its log",
    )
