"""What production starts: the same commands everywhere, known variables, pinned images."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.__main__ import COMMANDS
from commands.check import rooms
from commands.web import GRACE_SECONDS
from commands.workers import STOP_SECONDS
from config import VARIABLES, Config

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PARTS = {"web", "worker", "scheduler", "migrate"}
LONGEST_STOP = {
    "web": GRACE_SECONDS + 5,
    "worker": STOP_SECONDS,
    "scheduler": 10,
    "serve": GRACE_SECONDS + 5 + STOP_SECONDS + 10,
}
OF_COMPOSE_ALONE = {"POSTGRES_PASSWORD"}


def assignments(text: str) -> dict[str, str]:
    """The variables of an env file, which has no quotation marks and no trailing comments."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(re.fullmatch(r"([A-Z][A-Z0-9_]*)=(.*)", line).groups() for line in lines)  # type: ignore[union-attr]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def ours() -> Mapping[str, Any]:
    """The services of compose that are parts of Rollcall."""
    services = compose()["services"]
    return {name: one for name, one in services.items() if one["image"].startswith("rollcall")}


class Unit(configparser.RawConfigParser):
    """A systemd unit; options keep their case and may be repeated."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False)
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(path.read_text())

    @property
    def command(self) -> str:
        """The command of ours that it starts."""
        words = self["Service"]["ExecStart"].split()
        assert words[1:3] == ["-m", "commands"]
        return words[3]


def instructions(path: Path) -> list[tuple[str, str]]:
    """A Dockerfile's instructions and their arguments, continued lines joined."""
    text = re.sub(r"(?m)^\s*#.*\n", "", path.read_text()).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(word, " ".join(rest.split())) for word, rest in lines]


DOCKERFILE = instructions(DEPLOY / "Dockerfile")


def arguments(word: str) -> list[str]:
    return [rest for name, rest in DOCKERFILE if name == word]


class TestTheSamePartsEverywhere:
    def test_compose_systemd_and_procfile_start_the_same_commands(self):
        lines = (DEPLOY / "Procfile").read_text().splitlines()
        procfile = {line.partition(": ./run ")[2] for line in lines}
        units = {Unit(path).command for path in UNITS}

        assert procfile == PARTS
        assert {service["command"][0] for service in ours().values()} == PARTS
        assert units == PARTS | {"serve"}

    def test_a_part_bears_the_name_of_its_command(self):
        assert all(service["command"] == [name] for name, service in ours().items())
        assert all(path.stem == f"rollcall-{Unit(path).command}" for path in UNITS)

    def test_every_command_exists_and_the_launcher_knows_it(self):
        launcher = (ROOT / "run").read_text()

        assert PARTS | {"serve", "doctor"} <= set(COMMANDS)
        assert not [name for name in PARTS | {"serve", "doctor"} if f" {name} |" not in launcher]

    def test_each_part_has_time_to_stop(self):
        grace = {name: one.get("stop_grace_period") for name, one in ours().items()}
        waits = {Unit(path).command: Unit(path)["Service"].get("TimeoutStopSec") for path in UNITS}

        for name in PARTS - {"migrate"}:
            assert int(grace[name].rstrip("s")) > LONGEST_STOP[name]
        for name, seconds in LONGEST_STOP.items():
            assert int(waits[name]) > seconds


class TestEnvironment:
    EXAMPLE = assignments((DEPLOY / ".env.example").read_text())

    def test_the_example_has_every_variable_and_no_other(self):
        assert set(self.EXAMPLE) == set(VARIABLES) | OF_COMPOSE_ALONE

    def test_the_example_agrees_with_the_reference(self):
        rows = (ROOT / "docs/reference/environment.md").read_text()
        told = set(re.findall(r"`((?:ROLLCALL|HUBSPOT|ZOOM)_[A-Z_]+)`", rows))

        assert told == set(self.EXAMPLE) - OF_COMPOSE_ALONE

    def test_what_it_fills_in_is_the_default_or_a_place_of_its_own(self):
        changed = {
            name
            for name, variable in VARIABLES.items()
            if self.EXAMPLE[name] not in ("", variable.default)
        }

        assert changed == {"ROLLCALL_PUBLIC_URL", "ROLLCALL_DATA_DIR", "ROLLCALL_PROXIES"}

    def test_filled_in_it_is_a_configuration(self):
        filled = {
            **self.EXAMPLE,
            **{name: one.example for name, one in VARIABLES.items() if one.needed == "always"},
            "ROLLCALL_SECRET_KEY": "k7Jd0mQ2x-Vt9sBz4LrWc8NyPe1HaUf6",
            "ROLLCALL_ENCRYPTION_KEYS": "A" * 43 + "=",
            "ROLLCALL_DATABASE_URL": "postgresql://rollcall:a@db/rollcall",
        }

        assert Config.from_env(filled).web.public_url == "https://rollcall.example.com"

    def test_no_other_variable_is_set_anywhere(self):
        texts = [path.read_text() for path in [*UNITS, *DEPLOY.iterdir()] if path.is_file()]
        named = set(re.findall(r"\b(?:ROLLCALL|HUBSPOT|ZOOM)_[A-Z_]+\b", "\n".join(texts)))

        assert named <= set(VARIABLES)

    def test_no_secret_is_in_the_files(self):
        secret = re.compile(r"SECRET|KEY|PASSWORD|CLIENT_ID|APP_ID")
        assert not [name for name, value in self.EXAMPLE.items() if secret.search(name) and value]
        passwords = re.findall(
            r"PASSWORD: (.*)|://\w+:(.*?)@", (DEPLOY / "compose.yaml").read_text()
        )
        assert all("${POSTGRES_PASSWORD:?" in "".join(one) for one in passwords)


class TestCompose:
    def test_images_are_pinned(self):
        images = [one["image"] for one in compose()["services"].values()]
        foreign = [*(image for image in images if not image.startswith("rollcall:")), *bases()]

        assert len(foreign) >= 3
        assert not [one for one in foreign if not re.search(r":\d+\.\d+(\.\d+)?-[a-z-]+$", one)]

    def test_parts_wait_for_the_tables_and_a_restart_does_not_migrate(self):
        services = ours()

        for name in PARTS - {"migrate"}:
            assert services[name]["depends_on"]["migrate"] == {
                "condition": "service_completed_successfully"
            }
        assert services["migrate"]["restart"] == "no"

    def test_each_part_is_confined(self):
        for service in ours().values():
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
            assert service["security_opt"] == ["no-new-privileges:true"]

    def test_only_the_web_process_is_asked_for_its_health_and_only_this_machine_reaches_it(self):
        services = ours()

        assert {name for name, one in services.items() if not one.get("healthcheck")} == {"web"}
        assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
        assert [name for name, one in compose()["services"].items() if "ports" in one] == ["web"]

    def test_valkey_evicts_nothing_and_keeps_what_it_holds(self):
        words = " ".join(compose()["services"]["valkey"]["command"])

        assert "--maxmemory-policy noeviction" in words
        assert "--appendonly yes" in words


def bases() -> list[str]:
    return [rest.split()[0] for rest in arguments("FROM")]


class TestDockerfile:
    def test_it_installs_the_locked_requirements_with_their_hashes(self):
        (locked,) = [rest for rest in arguments("RUN") if "requirements/run.txt" in rest]

        for option in ("--require-hashes", "--no-deps", "--only-binary :all:"):
            assert option in locked
            assert option in (ROOT / "run").read_text()

    def test_it_runs_as_nobody_in_particular(self):
        (user,) = arguments("USER")

        assert user not in ("root", "0")
        assert [word for word, _ in DOCKERFILE].index("USER") > [
            word for word, _ in DOCKERFILE
        ].index("FROM")

    def test_it_has_stages_and_the_last_one_has_no_compiler_or_cache(self):
        assert len(bases()) == 2
        assert bases()[0] == bases()[1]

    def test_its_commands_are_ours(self):
        (entry,), (command,) = arguments("ENTRYPOINT"), arguments("CMD")

        assert entry == '["python", "-m", "commands"]'
        assert command.strip('[]"') in COMMANDS

    def test_its_health_is_asked_where_the_web_process_listens(self):
        (health,) = arguments("HEALTHCHECK")
        (environment,) = arguments("ENV")

        assert "127.0.0.1:8000/healthz" in health
        assert "ROLLCALL_BIND=0.0.0.0:8000" in environment

    def test_the_application_and_nothing_else_comes_into_it(self):
        lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
        modules = {path.name for path in ROOT.glob("*.py")}

        assert "*" in lines
        assert set(rooms()) - {"simulator"} <= allowed
        assert modules <= allowed
        beside = {"pyproject.toml", "setup.cfg", "README.md", "requirements/run.txt"}
        assert allowed - set(rooms()) - modules == beside

    def test_what_comes_into_it_starts(self, tmp_path):
        """The commands answer in a folder that holds no more than the image does."""
        lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        for name in (line.removeprefix("!") for line in lines if line.startswith("!")):
            source, target = ROOT / name, tmp_path / name
            target.parent.mkdir(exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        commands = sorted(COMMANDS[name][0] for name in PARTS | {"doctor"})
        script = (
            f"import sys, app, worker, {', '.join(commands)}\n"
            "print(*(m.__file__ for name, m in sys.modules.items() if name in sys.argv))"
        )

        answer = subprocess.run(
            [sys.executable, "-B", "-c", script, *rooms(), "app", "worker", "config", "logs"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

        loaded = answer.stdout.split()
        assert len(loaded) > len(rooms()), answer.stderr
        assert not [path for path in loaded if not path.startswith(str(tmp_path))]


class TestSystemd:
    @pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
    def test_a_unit_runs_as_its_own_user_confined(self, path):
        service = Unit(path)["Service"]

        assert service["User"] == service["StateDirectory"] == "rollcall"
        assert service["EnvironmentFile"] == "/etc/rollcall/rollcall.env"
        for option in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "PrivateDevices"):
            assert service[option] == "yes"
        assert service["ProtectSystem"] == "strict"

    def test_the_target_wants_every_part_that_stays(self):
        target = configparser.RawConfigParser()
        target.read_string((DEPLOY / "systemd" / "rollcall.target").read_text())
        wanted = set(target["Unit"]["Wants"].split())

        assert wanted == {f"rollcall-{part}.service" for part in PARTS - {"migrate"}}

    def test_the_supervisor_alone_is_told_to_stop(self):
        assert {
            Unit(path).command for path in UNITS if Unit(path)["Service"].get("KillMode") == "mixed"
        } == (PARTS - {"migrate"}) | {"serve"}

    @pytest.mark.skipif(
        shutil.which("systemd-analyze") is None, reason="no systemd-analyze: units are not verified"
    )
    def test_systemd_understands_them(self, tmp_path):
        for path in (DEPLOY / "systemd").iterdir():
            text = path.read_text().replace("/opt/rollcall/.venv/bin/python", sys.executable)
            (tmp_path / path.name).write_text(text)
        units = sorted(map(str, tmp_path.iterdir()))

        answer = subprocess.run(
            ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60
        )

        assert (answer.returncode, answer.stderr) == (0, "")
