"""What holds for the code as a whole, whoever wrote the last line of it."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from commands.check import rooms

ROOT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 500
# Beside the rooms: not part of the application, or on top of it.
OUTSIDE = {"tests", "kit", "docs", "bench"}
TOP_MODULES = ("app", "worker", "config")


def tracked_files() -> list[Path]:
    """Every file git knows or would add; all of them where there is no repository."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode:
        pytest.skip("not a git repository: nobody can say which files belong to it")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules(*folders: str) -> list[Path]:
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in paths if "node_modules" not in path.parts)


def application_modules() -> list[Path]:
    return sorted(ROOT.glob("*.py")) + modules(*rooms())


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(), str(path)))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def dotted(node: ast.AST) -> str:
    """`os.environ.get` for the expression of that name; empty for anything but names."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


class TestRooms:
    def test_every_room_is_in_the_import_contracts(self):
        settings = configparser.ConfigParser()
        settings.read(ROOT / "setup.cfg")
        layers = set(re.findall(r"\w+", settings["importlinter:contract:layers"]["layers"]))
        packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - OUTSIDE

        assert packages == set(rooms())
        assert packages == layers | {"simulator"}

    def test_no_installed_distribution_claims_a_name_of_ours(self):
        claimed = importlib.metadata.packages_distributions()
        others = {
            name: [owner for owner in claimed.get(name, []) if owner != "rollcall"]
            for name in (*rooms(), *TOP_MODULES, *OUTSIDE)
        }

        assert not {name: owners for name, owners in others.items() if owners}

    def test_no_module_is_too_long_to_be_read(self):
        long = {
            str(path.relative_to(ROOT)): count
            for path in [*application_modules(), *modules(*OUTSIDE)]
            # A migration is a record of one moment, not a text to keep readable.
            if path.parent.name != "versions"
            and (count := len(path.read_text().splitlines())) > LONGEST_MODULE
        }

        assert not long

    def test_there_is_no_room_or_module_for_what_fits_nowhere(self):
        vague = {"utils", "util", "helpers", "helper", "misc", "common"}

        assert not [path for path in application_modules() if path.stem in vague]


class TestPurity:
    def test_only_config_reads_the_environment(self):
        # The simulator is a program of its own with its own settings.
        readers = [
            place(path, node)
            for path in application_modules()
            if path.name != "config.py" and "simulator" not in path.parts
            for node in nodes(path)
            if dotted(node) in {"os.environ", "os.environb", "os.getenv"}
            or {"os.environ", "os.getenv"} & set(imported(node))
        ]

        assert not readers

    @pytest.mark.parametrize("room", ["engine", "plugins"])
    def test_decisions_read_no_clock_and_draw_no_lots(self, room):
        calls = r"(datetime\.)?(datetime|date)\.(now|utcnow|today)|uuid\d?\.?.*|os\.urandom"
        sources = {"time", "random", "secrets", "uuid"}
        found = [
            place(path, node)
            for path in modules(room)
            for node in nodes(path)
            if (isinstance(node, ast.Call) and re.fullmatch(calls, dotted(node.func)))
            or sources & {name.partition(".")[0] for name in imported(node)}
        ]

        assert not found

    def test_only_clients_import_requests(self):
        # A trial plays the customer's browser, a campaign Zoom: neither is the application.
        outsiders = {
            ROOT / "commands" / name for name in ("customer.py", "trial.py", "chaos/sender.py")
        }
        importers = [
            place(path, node)
            for path in application_modules()
            if "clients" not in path.parts and "simulator" not in path.parts
            if path not in outsiders
            for node in nodes(path)
            if {"requests"} & {name.partition(".")[0] for name in imported(node)}
        ]

        assert not importers


class TestRepository:
    def test_no_file_names_a_machine_or_a_package_registry(self):
        # Written in pieces, so that this file passes too.
        names = ["/wo" + "rk/", "/ro" + "ot/", "/opt/" + "pypi", "pypi" + ".org"]
        names += ["python" + "hosted", "npm" + "js.org", "npm" + "js.com", "." + "library"]
        pattern = re.compile("|".join(map(re.escape, names)).encode())
        found = [
            f"{path.relative_to(ROOT)}: {match[0].decode()}"
            for path in tracked_files()
            if (match := pattern.search(path.read_bytes()))
        ]

        assert not found

    @pytest.mark.parametrize("name", ["run", ".ci/run"])
    def test_the_launchers_can_be_executed(self, name):
        assert (ROOT / name).stat().st_mode & 0o111


class TestLocks:
    @staticmethod
    def locked(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / name).read_text()
        pins = re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)
        return {canonicalize_name(package): version for package, version in pins}

    @staticmethod
    def declared(*extras: str) -> list[Requirement]:
        settings = configparser.ConfigParser()
        settings.read(ROOT / "setup.cfg")
        lines = settings["options"]["install_requires"].split("\n")
        for extra in extras:
            lines += settings["options.extras_require"][extra].split("\n")
        return [Requirement(line) for line in lines if line.strip()]

    @pytest.mark.parametrize(
        ("lock", "extras"),
        [
            ("run.txt", ("app", "embedded", "postgres", "build")),
            ("test.txt", ("test", "lint")),
            ("docs.txt", ("docs",)),
        ],
    )
    def test_a_lock_holds_what_setup_cfg_asks_for(self, lock, extras):
        pins = self.locked(lock)
        stale = [
            str(requirement)
            for requirement in self.declared(*extras)
            if not requirement.specifier.contains(
                pins.get(canonicalize_name(requirement.name), "0"), prereleases=True
            )
        ]

        assert not stale, "run `make lock`"

    @pytest.mark.parametrize(("one", "other"), [("run", "test"), ("run", "docs"), ("test", "docs")])
    def test_two_locks_agree(self, one, other):
        first, second = self.locked(f"{one}.txt"), self.locked(f"{other}.txt")

        assert {name: first[name] for name in first.keys() & second.keys()} == {
            name: second[name] for name in first.keys() & second.keys()
        }
