"""The commands behind `./run`: known by name, and refusals in one line."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from commands.__main__ import COMMANDS
from commands.web import refuse_taken_address, web_children
from commands.workers import worker_children
from config import Config, ConfigError

ROOT = Path(__file__).resolve().parents[2]
APPS = {
    "HUBSPOT_CLIENT_ID": "id",
    "HUBSPOT_CLIENT_SECRET": "secret",
    "HUBSPOT_APP_ID": "1",
    "ZOOM_CLIENT_ID": "id",
    "ZOOM_CLIENT_SECRET": "secret",
    "ZOOM_WEBHOOK_SECRET": "secret",
}


def commands(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "commands", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )


def config(tmp_path: Path, **environment: str) -> Config:
    return Config.from_env({**APPS, "ROLLCALL_DATA_DIR": str(tmp_path), **environment})


def test_the_launcher_offers_what_exists():
    launcher = (ROOT / "run").read_text()
    offered = set(
        re.findall(r"[a-z]+", launcher.partition("case ${1:-} in")[2].partition("help")[0])
    )

    assert set(COMMANDS) <= offered


def test_help_lists_every_command_at_once():
    answer = commands("--help")

    assert answer.returncode == 0
    for name, (_, line) in COMMANDS.items():
        assert re.search(rf"{name}\s+{re.escape(line)}", answer.stdout)


def test_an_unknown_command_is_refused_with_status_2():
    answer = commands("dance")

    assert answer.returncode == 2
    assert "No such command 'dance'" in answer.stderr


def test_a_wrong_environment_is_said_in_lines_and_not_in_a_traceback(tmp_path):
    answer = commands("web", **APPS, ROLLCALL_DATA_DIR=str(tmp_path), ROLLCALL_BIND="8000")

    assert answer.returncode == 2
    assert answer.stderr == (
        "ROLLCALL_BIND must be an address and a port, not '8000'; "
        "example: ROLLCALL_BIND=127.0.0.1:8000\n"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_taken_address_is_refused_before_anything_starts(tmp_path, host):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"{host}:{taken.getsockname()[1]}"

        with pytest.raises(ConfigError, match=r"ROLLCALL_BIND cannot be .*in use"):
            refuse_taken_address(config(tmp_path, ROLLCALL_BIND=bind))


def test_the_web_server_gets_the_address_and_the_number_of_processes(tmp_path):
    settings = config(tmp_path, ROLLCALL_BIND="0.0.0.0:81", ROLLCALL_WEB_WORKERS="3")
    [child] = web_children(settings, {})
    words = " ".join(child.command)

    assert "--bind 0.0.0.0:81" in words
    assert "--workers 3" in words


def test_each_pool_gets_its_number_of_workers(tmp_path):
    children = worker_children(config(tmp_path, ROLLCALL_WORKERS="2"), {})

    assert [child.name for child in children] == [
        "worker live 1",
        "worker live 2",
        "worker bulk 1",
        "worker bulk 2",
    ]
