"""The example plugins, laid out as pip installs packages, so that they are found by entry point."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent / "kit" / "examples"


def lay_out(folder: Path, *names: str) -> Path:
    """Put these packages of ``kit/examples`` into ``folder``, for PYTHONPATH; the folder.

    Without pip and without a network: what a wheel of pure Python comes to is its files and an
    account of them.
    """
    for name in names:
        described = tomllib.loads((HOME / name / "pyproject.toml").read_text(encoding="utf-8"))
        project = described["project"]
        shutil.copytree(
            HOME / name / "src",
            folder,
            ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
            dirs_exist_ok=True,
        )
        account = folder / f"{name.replace('-', '_')}-{project['version']}.dist-info"
        account.mkdir()
        (account / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {project['version']}\n"
        )
        points = project["entry-points"]["rollcall"]
        lines = "".join(f"{point} = {module}\n" for point, module in points.items())
        (account / "entry_points.txt").write_text(f"[rollcall]\n{lines}")
    return folder
