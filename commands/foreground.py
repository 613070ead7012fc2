"""Run parts of the application under one supervisor, with the embedded Valkey where none is given.

Every part reads its configuration from its own environment. What the parts must share and the
environment does not say, the URL of the embedded Valkey, is added here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from commands.embedded import is_answering, valkey_command, valkey_url
from commands.supervise import Child, Supervisor
from config import Config, child_environment

Environment = Mapping[str, str]
MakeChildren = Callable[[Config, Environment], Sequence[Child]]


def run_parts(
    config: Config, make_children: MakeChildren, environment: Environment | None = None
) -> int:
    """Run the children until SIGTERM or SIGINT; the exit status.

    `environment` is what the children get, this process's own unless given; `config` must have
    been read from it. Raises `NoServer` where no Valkey can be had.
    """
    url = config.redis_url or valkey_url(config.data_dir)
    inherited = child_environment() if environment is None else environment
    children = list(make_children(config, {**inherited, "ROLLCALL_REDIS_URL": url}))
    # Another command of this data directory may be running its Valkey already.
    if config.redis_url is None and not is_answering(url):
        children.insert(0, valkey_child(config.data_dir, inherited))
    return Supervisor(children).run()


def valkey_child(data_dir: Path, environment: Environment) -> Child:
    """The embedded Valkey: started before everything else, stopped after it."""
    url = valkey_url(data_dir)
    return Child(
        name="valkey",
        command=valkey_command(data_dir),
        environment=environment,
        stop_order=3,
        stop_seconds=10.0,
        ready=lambda: is_answering(url),
    )
