"""Takes the simulator and the plugin template into the wheel from where they are kept."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
BROUGHT_ALONG = {
    HERE.parents[1] / "simulator": "simulated/simulator",
    HERE.parent / "template": "template",
}
"""Folders of the repository, and where they lie inside the package."""

LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "README.md")


class BuildWithSimulator(build_py):
    """Copies at build time, so that nothing is kept twice."""

    def run(self) -> None:
        super().run()
        package = Path(self.build_lib) / "rollcall_testkit"
        for source, place in BROUGHT_ALONG.items():
            ignore = LEFT_OUT if source.name == "simulator" else shutil.ignore_patterns("*.pyc")
            shutil.rmtree(package / place, ignore_errors=True)
            shutil.copytree(source, package / place, ignore=ignore)


setup(cmdclass={"build_py": BuildWithSimulator})
