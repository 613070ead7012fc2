"""What lies on this machine: room on its disk, who may read the keys, plugins that do not load."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from commands.doctor.findings import Finding, fail, fine, warn
from commands.doctor.settings import KEPT_KEYS, Surroundings
from config import VARIABLES
from plugins.registry import Registry, load_plugins

MIB = 1024 * 1024
LEAST_FREE = 200 * MIB
LITTLE_FREE = 1024 * MIB
OTHERS = stat.S_IRWXG | stat.S_IRWXO
DISK, FOLDER = "disk", "data folder"


def check_disk(
    around: Surroundings,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> Iterator[Finding]:
    """Whether the data folder has room to grow."""
    folder = around.config.data_dir
    if not around.uses_data_dir:
        yield fine(DISK, "nothing is kept here: database and Redis are elsewhere")
        return
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = free_bytes(existing)
    what = f"{free // MIB:,} MiB free for {folder}"
    if free >= LITTLE_FREE:
        yield fine(DISK, what)
        return
    yield (fail if free < LEAST_FREE else warn)(
        DISK,
        what,
        "on a full disk an embedded database takes no writes, and webhooks are refused",
        "free some, or set ROLLCALL_DATA_DIR to a larger disk and move the folder there",
    )


def check_folder(around: Surroundings) -> Iterator[Finding]:
    """Whether the data folder and the keys kept in it are ours alone, and the keys are whole."""
    folder = around.config.data_dir
    if not folder.exists():
        yield fine(FOLDER, f"{folder} does not exist yet; a start makes it")
        return
    found = list(_check_modes(folder)) if around.uses_data_dir else []
    for variable, name in KEPT_KEYS.items():
        if (folder / name).exists():
            found += _check_kept(folder / name, variable)
    yield from found or [fine(FOLDER, f"{folder} and the keys in it are this user's alone")]


def _check_modes(path: Path) -> Iterator[Finding]:
    about = path.stat()
    if about.st_uid != os.geteuid():
        yield warn(
            FOLDER,
            f"{path} belongs to another user than the one who asks",
            "processes of this user may not be able to read or write it",
            f"ask as the user Rollcall runs as, or: chown -R $(id -un) {path}",
        )
    elif path.is_dir() and not os.access(path, os.W_OK | os.X_OK):
        yield fail(FOLDER, f"{path} cannot be written", "nothing can start", f"chmod u+rwx {path}")
    if about.st_mode & OTHERS:
        is_key = path.name in KEPT_KEYS.values()
        remedy = f"chmod {'600' if is_key else '700'} {path}"
        means = "other users of this machine can read " + (
            "it, and open with it what is sealed" if is_key else "what lies in it"
        )
        yield (fail if is_key else warn)(
            FOLDER, f"{path} has the mode {stat.S_IMODE(about.st_mode):o}", means, remedy
        )


def _check_kept(path: Path, variable: str) -> Iterator[Finding]:
    yield from _check_modes(path)
    try:
        VARIABLES[variable].parse(path.read_text().strip())
    except (OSError, ValueError) as error:
        is_closed = isinstance(error, OSError)
        yield fail(
            FOLDER,
            f"{path} {'cannot be read' if is_closed else 'is damaged'}",
            "no process starts, or what was sealed with the key cannot be opened",
            "ask as the user Rollcall runs as" if is_closed else "restore the file from its copy",
        )


def check_plugins(
    around: Surroundings, load: Callable[[], Registry] = load_plugins
) -> Iterator[Finding]:
    """Whether every installed plugin can be loaded."""
    registry = load()
    for problem in registry.problems:
        yield fail(
            "plugins",
            f"{problem.name}: {problem.what}",
            "people it might exclude wait, and its other effects are not made",
            problem.remedy,
        )
    if not registry.problems:
        yield fine("plugins", f"{len(registry.plugins)} loaded")
