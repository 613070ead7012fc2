"""Both wheels, built once from a copy of what they are made from, and what they may rely on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Their fixtures are what pytest finds by itself where the kit is installed.
from rollcall_testkit.pytest_plugin import *  # noqa: F403

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("rollcall", "simulator", "kit/testkit", "kit/template", "setup.cfg", "pyproject.toml")
BAD_PLUGINS = Path(__file__).parent / "data" / "bad_plugins"


@dataclass(frozen=True)
class Wheels:
    """The folder pip may find both wheels in, and each of them."""

    folder: Path
    contract: Path
    testkit: Path


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    """Built as a release is, without a network and away from this checkout."""
    copy, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheels")
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in (*SOURCES, "README.md"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=left_out)
        else:
            shutil.copy(ROOT / name, copy / name)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    for project in (copy, copy / "kit/testkit"):
        built = subprocess.run(
            [sys.executable, "-m", "pip", "wheel", *options, str(project)],
            capture_output=True,
            text=True,
        )
        assert built.returncode == 0, built.stderr
    (contract,) = folder.glob("rollcall-*.whl")
    (testkit,) = folder.glob("rollcall_testkit-*.whl")
    return Wheels(folder, contract, testkit)


@pytest.fixture(scope="session")
def unpacked(wheels: Wheels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both wheels as they lie when they are installed."""
    folder = tmp_path_factory.mktemp("unpacked")
    for wheel in (wheels.contract, wheels.testkit):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder


def shelve(requirements: Iterable[str], folder: Path) -> Path:
    """Links to the distributions that are asked for, and to what they ask for: nothing else.

    A fresh environment that has this folder on its path has exactly what was declared, and no
    network is needed to get it there.
    """
    pending, known = [Requirement(text) for text in requirements], set[str]()
    while pending:
        wanted = pending.pop()
        name = canonicalize_name(wanted.name)
        if name in known or name in ("rollcall", "rollcall-testkit"):
            continue
        known.add(name)
        distribution = metadata.distribution(name)
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (folder / top).exists():
                (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
        asked = map(Requirement, distribution.requires or ())
        pending += [one for one in asked if one.marker is None or one.marker.evaluate()]
    return folder


def declared(wheel: Path, *extras: str) -> list[str]:
    """What a wheel asks for, with these extras."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        lines = archive.read(name).decode().splitlines()
    asked = [Requirement(line.partition(": ")[2]) for line in lines if "Requires-Dist: " in line]
    return [
        str(one)
        for one in asked
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def plain_environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would lead back to the checkout."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    kept.pop("VIRTUAL_ENV", None)
    return {**kept, **changes}
