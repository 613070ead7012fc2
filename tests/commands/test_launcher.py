"""`./run` sets up what is missing, once, and starts the command; here with a Python of straw."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ["sh", "cat", "cksum", "dirname", "env", "id", "mkdir", "mv", "rm", "sleep", "uname"]

# Plays the interpreter: makes a virtual environment that holds itself, and notes what it was asked.
STRAW_PYTHON = """
case "$*" in
    -VV) echo "Python 3.13.0" ;;
    *sys.version_info\\[:2\\]*) echo 3.13 ;;
    *"version_info < (3, 11)"*) exit 0 ;;
    "-m venv --clear .venv") [ ! -e no-ensurepip ] || exit 1
        echo venv >>asked; rm -rf .venv; mkdir -p .venv/bin
        cat "$0" >.venv/bin/python; chmod +x .venv/bin/python ;;
    *"-m pip"*"--requirement requirements/"* | *"-m pip"*"-r requirements/"*)
        echo "pip ${*##*requirements/}" >>asked; sleep 0.2
        [ ! -e no-network ] || { echo "cannot connect" >&2; exit 1; } ;;
    *"-m pip"*"--editable ."*) echo "pip project" >>asked ;;
    "-m commands "*) echo "started: $*" ;;
    *) echo "unexpected: $*" >>asked; exit 1 ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the launcher, and beside it a PATH of bare necessities."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in [*TOOLS, "chmod", "chromium"]:
        (tools / name).symlink_to(shutil.which(name) or "/bin/true")
    folder = tmp_path / "checkout"
    (folder / "requirements").mkdir(parents=True)
    for name in ["run", "setup.cfg", "pyproject.toml"]:
        shutil.copy(ROOT / name, folder / name)
    for name in ["run.txt", "test.txt", "docs.txt"]:
        (folder / "requirements" / name).write_text(f"# {name}\n")
    write_program(tools / "python3.13", STRAW_PYTHON)
    return folder


def write_program(path: Path, lines: str) -> None:
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


def command(folder: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    environment = {"HOME": str(folder), "PATH": str(folder.parent / "bin")}
    return [str(folder / "run"), *arguments], environment


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    words, environment = command(folder, *arguments)
    return subprocess.run(
        words, env=environment, cwd="/", capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def asked(folder: Path) -> list[str]:
    file = folder / "asked"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


class TestCommands:
    def test_help_shows_the_commands(self, checkout):
        answer = run(checkout, "help")

        assert answer.returncode == 0
        assert "./run COMMAND" in answer.stdout
        assert asked(checkout) == []

    @pytest.mark.parametrize("arguments", [["dance"], []], ids=["unknown", "none"])
    def test_any_other_word_gets_the_usage_and_status_2(self, checkout, arguments):
        answer = run(checkout, *arguments)

        assert answer.returncode == 2
        assert "usage: ./run" in answer.stderr
        assert asked(checkout) == []

    def test_the_arguments_reach_the_command(self, checkout):
        answer = run(checkout, "demo", "--scene", "the warnings")

        assert answer.returncode == 0
        assert answer.stdout == "started: -m commands demo --scene the warnings\n"


class TestSetUp:
    def test_the_first_start_installs_and_the_second_does_not(self, checkout):
        run(checkout, "demo")
        assert asked(checkout) == ["venv", "pip run.txt", "pip project"]

        answer = run(checkout, "demo")
        assert asked(checkout) == []
        assert answer.stderr == ""

    def test_tests_add_their_own_lock_to_what_is_there(self, checkout):
        run(checkout, "demo")
        asked(checkout)

        run(checkout, "test")

        assert asked(checkout) == ["pip test.txt"]

    def test_the_documentation_adds_its_own_lock_and_no_tests(self, checkout):
        run(checkout, "docs")

        assert asked(checkout) == ["venv", "pip run.txt", "pip project", "pip docs.txt"]

    @pytest.mark.parametrize(
        ("changed", "redone"),
        [
            ("requirements/run.txt", ["venv", "pip run.txt", "pip project"]),
            ("setup.cfg", ["pip project"]),
        ],
    )
    def test_a_change_installs_what_depends_on_it(self, checkout, changed, redone):
        run(checkout, "demo")
        asked(checkout)
        with (checkout / changed).open("a") as file:
            file.write("# changed\n")

        run(checkout, "demo")

        assert asked(checkout) == redone

    def test_a_moved_checkout_is_set_up_again(self, checkout):
        run(checkout, "demo")
        asked(checkout)
        moved = checkout.rename(checkout.with_name("elsewhere"))

        assert run(moved, "demo").returncode == 0
        assert asked(moved) == ["venv", "pip run.txt", "pip project"]

    def test_an_environment_behind_a_link_is_not_emptied(self, checkout, tmp_path):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "precious").touch()
        (checkout / ".venv").symlink_to(elsewhere)

        answer = run(checkout, "demo")

        assert answer.returncode == 3
        assert ".venv is a link" in answer.stderr
        assert (elsewhere / "precious").exists()

    def test_a_failed_installation_says_why_and_is_taken_up_again(self, checkout):
        (checkout / "no-network").touch()
        answer = run(checkout, "demo")
        assert answer.returncode == 3
        assert "cannot connect" in answer.stderr
        asked(checkout)

        (checkout / "no-network").unlink()
        assert run(checkout, "demo").returncode == 0
        assert asked(checkout) == ["venv", "pip run.txt", "pip project"]

    def test_starts_at_once_set_up_once(self, checkout):
        words, environment = command(checkout, "demo")
        starts = [
            subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(4)
        ]
        outputs = [start.communicate()[0] for start in starts]

        assert outputs == [b"started: -m commands demo\n"] * 4
        assert asked(checkout) == ["venv", "pip run.txt", "pip project"]

    def test_the_lock_of_a_start_that_died_is_taken_over(self, checkout):
        dead = subprocess.Popen(["true"])
        dead.wait()
        lock = checkout / "var" / "setup.lock"
        lock.mkdir(parents=True)
        (lock / "pid").write_text(f"{dead.pid}\n")

        assert run(checkout, "demo").returncode == 0
        assert not lock.exists()

    def test_without_python_the_advice_is_one_line_and_the_status_3(self, checkout):
        (checkout.parent / "bin" / "python3.13").unlink()

        answer = run(checkout, "demo")

        assert answer.returncode == 3
        assert "ROLLCALL_PYTHON" in answer.stderr.splitlines()[-1]


class TestOnABareDebian:
    @pytest.fixture(autouse=True)
    def _apt_get_as_root(self, checkout):
        """An apt-get that notes what it installs and makes it appear; and we are root."""
        tools = checkout.parent / "bin"
        (tools / "id").unlink()
        (tools / "python3.13").rename(tools / "packaged-python")
        write_program(tools / "id", "echo 0")
        write_program(
            tools / "apt-get",
            'echo "apt-get $*" >>asked\n'
            f'case "$*" in *" python3 "*) mv {tools}/packaged-python {tools}/python3 ;; esac\n'
            "rm -f no-ensurepip",
        )

    def test_python_is_installed_where_there_is_none(self, checkout):
        answer = run(checkout, "demo")

        assert answer.returncode == 0
        assert asked(checkout) == [
            "apt-get -qq update",
            "apt-get install -qq -y --no-install-recommends python3 python3-venv ca-certificates",
            "venv",
            "pip run.txt",
            "pip project",
        ]

    def test_the_missing_half_of_venv_is_installed(self, checkout):
        tools = checkout.parent / "bin"
        (tools / "packaged-python").rename(tools / "python3.13")
        (checkout / "no-ensurepip").touch()

        answer = run(checkout, "demo")

        assert answer.returncode == 0
        assert "apt-get install -qq -y --no-install-recommends python3.13-venv" in asked(checkout)
