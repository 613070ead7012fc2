"""Versions of the code in processes of their own, side by side on one database and one Redis."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from commands.trial import HOME, Process, TrialFailed, answers, wait_for
from config import child_environment

MIGRATIONS = "store/migrations/versions"


class NoHistory(Exception):
    """The code of another version cannot be had; the message says why."""


@dataclass(slots=True)
class Version:
    """The web and worker processes of one version. ``home`` holds its code."""

    name: str
    home: Path
    settings: dict[str, str]
    folder: Path
    _processes: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where its web processes answer while they run."""
        return f"http://{self.settings['ROLLCALL_BIND']}"

    def migrate(self) -> None:
        """Bring the database to this version's tables. Raises `TrialFailed`."""
        process = self._make("migrate")
        process.start()
        wait_for(lambda: not process.is_running, f"the tables of the {self.name} version")
        if process.status:
            raise TrialFailed(f"the {self.name} version could not migrate: {process.last_words}")

    def start(self) -> None:
        """Start web, workers and scheduler, and wait until it is ready for traffic."""
        self._processes = [self._make(part) for part in ("web", "worker", "scheduler")]
        for process in self._processes:
            process.start()
        ready = f"{self.url}/readyz"
        wait_for(lambda: answers(ready), f"the {self.name} version to start", *self._processes)

    def stop(self) -> None:
        """Ask everything of it to end: the web processes last, as a rolling restart does."""
        for process in reversed(self._processes):
            process.stop()
        self._processes = []

    def _make(self, part: str) -> Process:
        log = self.folder / f"{self.name}-{part}.log"
        return Process(["commands", part], child_environment(**self.settings), log, self.home)


def unpack(revision: str, into: Path) -> None:
    """Lay the code of a revision down in a folder. Raises NoHistory."""
    into.mkdir()
    archive = _git("archive", "--format=tar", revision)
    subprocess.run(["tar", "-x", "-C", str(into)], input=archive, check=True)


def revision_before_newest_migration() -> str:
    """The commit before the one that brought the newest migration. Raises NoHistory."""
    newest = max(path.name for path in (HOME / MIGRATIONS).glob("[0-9]*.py"))
    added = _git("log", "--diff-filter=A", "--format=%H", "--", f"{MIGRATIONS}/{newest}")
    if not added.split():
        raise NoHistory(f"{newest} is in no commit: name the older version with --old")
    return f"{added.split()[-1].decode()}~1"


def describe(revision: str) -> str:
    """The revision's short name. Raises NoHistory when there is no such commit."""
    return _git("rev-parse", "--short", "--verify", f"{revision}^{{commit}}").decode().strip()


def newest_migration(home: Path) -> str:
    """The number of the newest migration of the code in a folder."""
    return max(path.name for path in (home / MIGRATIONS).glob("[0-9]*.py")).partition("_")[0]


def _git(*words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], cwd=HOME, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"").decode().strip() or str(error)
        raise NoHistory(f"the older version's code comes from git, which says: {said}") from None
    return done.stdout
