"""HubSpot's screens as their users meet them, rendered with HubSpot's own packages.

The tests themselves are in ``tests/`` of the project: loading, empty, refused, saved, retried.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(["types"], id="types"),
        pytest.param(["test", "project"], id="what goes up"),
        pytest.param(["test", "settings"], id="S06 S07 S08 S09 S10 S11 S12 S13 S14 S15 settings"),
        pytest.param(["test", "webinars"], id="S22 S23 S24 S25 S27 S30 B02 webinars"),
        pytest.param(["test", "card"], id="S39 card"),
    ],
)
def test_the_screens_are_what_they_should_be(installed: Path, script: list[str]) -> None:
    ran = subprocess.run(
        ["npm", "run", "--silent", *script], cwd=installed, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
