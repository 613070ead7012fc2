"""The example in the how-to is a test that passes where there are only the built wheels."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.kit.conftest import ROOT, plain_environment

PAGE = ROOT / "docs/how-to/test-a-plugin.md"


def test_B11_the_example_of_the_how_to_passes(unpacked: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "test_example.py").write_text(example)
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:valkey",
            "-p",
            "no:randomly",
            str(tmp_path),
        ],
        cwd=tmp_path,
        env=plain_environment(PYTHONPATH=str(unpacked)),
        capture_output=True,
        text=True,
    )
    assert "2 passed" in told.stdout, told.stdout + told.stderr
