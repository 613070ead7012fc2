"""The web processes: gunicorn with threads, serving `app.create_app_from_env()`."""

from __future__ import annotations

import socket
import sys

import click

from commands.foreground import Environment, run_parts
from commands.supervise import Child
from config import Config, ConfigError

THREADS = 16
"""Requests at once in a process: each waits for the database most of its time, and deliveries that
wait together are stored together. No more than the connections of an engine (`open_database`)."""
# Requests under way when the process is told to stop get this long.
GRACE_SECONDS = 25


def web_children(config: Config, environment: Environment) -> list[Child]:
    """One gunicorn, which keeps its `ROLLCALL_WEB_WORKERS` processes itself.

    It loads the application before it forks them: one that dies is replaced in milliseconds, not
    after the seconds an import takes.
    """
    web = config.web
    command = [
        *(sys.executable, "-m", "gunicorn", "app:create_app_from_env()"),
        *("--bind", f"{web.host}:{web.port}", "--workers", str(web.processes)),
        *("--worker-class", "gthread", "--threads", str(THREADS)),
        *("--graceful-timeout", str(GRACE_SECONDS), "--timeout", "60"),
        *("--log-level", "warning", "--no-control-socket", "--preload"),
    ]
    # Its workers outlive a gunicorn that was killed, by up to 25 s where somebody keeps asking on
    # an open connection, and hold the address meanwhile.
    return [
        Child(
            "web",
            command,
            environment,
            stop_order=1,
            stop_seconds=GRACE_SECONDS + 5,
            holds_address=True,
        )
    ]


def refuse_taken_address(config: Config) -> None:
    """Say at once that something else listens on ROLLCALL_BIND. Raises `ConfigError`."""
    host, port = config.web.host.strip("[]"), config.web.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"ROLLCALL_BIND cannot be {config.web.host}:{port}: {error.strerror}; "
                f"example: ROLLCALL_BIND=127.0.0.1:{port + 1 if port < 65535 else 8000}"
            ) from None


@click.command()
def command() -> None:
    """Serve the web application on ROLLCALL_BIND until SIGTERM."""
    config = Config.from_env()
    refuse_taken_address(config)
    sys.exit(run_parts(config, web_children))
