"""HubSpot's project as files, and node to run what is in it."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "marketplace" / "hubspot"
APP = FOLDER / "src" / "app"


def read(path: str) -> Any:
    """A JSON file of the project."""
    return json.loads((FOLDER / path).read_text())


def sources() -> list[Path]:
    """The TypeScript that goes up to HubSpot."""
    found = (*APP.rglob("*.ts"), *APP.rglob("*.tsx"))
    return sorted(path for path in found if "node_modules" not in path.parts)


@pytest.fixture(scope="session")
def api_types() -> ModuleType:
    """The script that makes TypeScript of the API's description."""
    spec = importlib.util.spec_from_file_location("api_types", FOLDER / "api_types.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def installed() -> Path:
    """The project with what it needs installed, once for each state of its lock; needs npm."""
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"HubSpot's screens need {' and '.join(missing)}, not installed here")
    with (FOLDER / ".npmrc").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other processes of the suite want it too
        if not _is_installed():
            made = subprocess.run(
                ["npm", "ci", "--ignore-scripts"], cwd=FOLDER, capture_output=True, text=True
            )
            if made.returncode:
                pytest.skip(f"npm could not install HubSpot's packages: {made.stderr[-300:]}")
    return FOLDER


def _is_installed() -> bool:
    """Whether npm's own list of what it installed is what the lock wants on this machine."""
    listed = FOLDER / "node_modules" / ".package-lock.json"
    if not listed.is_file():
        return False
    there = json.loads(listed.read_text())["packages"]
    wanted = {
        name: one
        for name, one in read("package-lock.json")["packages"].items()
        if "node_modules/" in name
    }
    return all(
        there[name].get("version") == one.get("version") if name in there else one.get("optional")
        for name, one in wanted.items()
    )
