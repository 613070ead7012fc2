"""HubSpot's screens as their users meet them, rendered with HubSpot's own packages."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize("script", ["types", "test"])
def test_S06_S23_the_screens_pass_their_own(installed: Path, script: str) -> None:
    """``tests/`` of the project says what: loading, empty, refused, saved, retried."""
    ran = subprocess.run(
        ["npm", "run", "--silent", script], cwd=installed, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
