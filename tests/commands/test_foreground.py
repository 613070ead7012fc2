"""Parts run together: the embedded Valkey is there before them, and nothing after the stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from redis import Redis

from commands.embedded import embedded_valkey, is_answering, valkey_url

ROOT = Path(__file__).resolve().parents[2]

# One part that notes the Redis it was given and runs until it is told to stop.
SCRIPT = """
from commands.foreground import run_parts
from commands.supervise import Child
from config import Config

part = 'echo "$ROLLCALL_REDIS_URL" >url; trap "exit 0" TERM; while :; do sleep 0.05; done'
raise SystemExit(
    run_parts(Config.from_env(), lambda config, env: [Child("part", ["sh", "-c", part], env)])
)
"""
ENVIRONMENT = {
    "HUBSPOT_CLIENT_ID": "id",
    "HUBSPOT_CLIENT_SECRET": "secret",
    "HUBSPOT_APP_ID": "1",
    "ZOOM_CLIENT_ID": "id",
    "ZOOM_CLIENT_SECRET": "secret",
    "ZOOM_WEBHOOK_SECRET": "secret",
    "ROLLCALL_DATA_DIR": "data",
}


@pytest.fixture
def run(tmp_path):
    """Start the parts in the test's folder; whatever is still there at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **ENVIRONMENT, **environment},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            for descendant in psutil.Process(process.pid).children(recursive=True):
                descendant.kill()
            process.kill()
        process.wait()


def given_url(folder: Path) -> str:
    file = folder / "url"
    return file.read_text().strip() if file.exists() else ""


def server_pid(url: str) -> int:
    with Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


def test_without_a_redis_url_the_parts_find_an_embedded_one(run, tmp_path, wait_until):
    process = run()
    url = wait_until(lambda: given_url(tmp_path), what="the part")

    assert url == valkey_url(tmp_path / "data")
    assert is_answering(url)

    family = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not is_answering(url)
    assert not any(psutil.pid_exists(pid) for pid in family)


def test_a_killed_embedded_server_comes_back_with_its_data(run, tmp_path, wait_until):
    run()
    url = wait_until(lambda: given_url(tmp_path))
    with Redis.from_url(url) as client:
        client.set("kept", "yes")
        client.execute_command("WAITAOF", 1, 0, 2000)
    first = server_pid(url)

    os.kill(first, signal.SIGKILL)

    wait_until(lambda: is_answering(url) and server_pid(url) != first, what="a new server")
    with Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"


def test_a_server_somebody_else_runs_in_the_data_directory_is_left_running(
    run, tmp_path, wait_until
):
    with embedded_valkey(tmp_path / "data") as url:
        process = run()
        wait_until(lambda: given_url(tmp_path) == url)
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 0
        assert is_answering(url)


def test_a_given_redis_url_is_passed_on_and_no_server_started(run, tmp_path, wait_until):
    run(ROLLCALL_REDIS_URL="redis://redis.example:6379/3")

    assert wait_until(lambda: given_url(tmp_path)) == "redis://redis.example:6379/3"
    assert not is_answering(valkey_url(tmp_path / "data"))
