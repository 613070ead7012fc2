"""`rollcall plugin new|check|preview`."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rollcall_testkit.asking import NotAPlugin
from rollcall_testkit.checks import check_plugin
from rollcall_testkit.golden_webinars import GOLDEN_WEBINARS, golden_webinar
from rollcall_testkit.preview import format_preview, preview
from rollcall_testkit.template import BadName, render


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit status."""
    try:
        status = plugin.main(list(arguments), prog_name="rollcall plugin", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return int(status or 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def plugin() -> None:
    """Make, check and preview a Rollcall plugin."""


@plugin.command()
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path), default=None, help="Default: ./NAME")
def new(name: str, into: Path | None) -> None:
    """Make a package NAME (such as loyalty-points) with a plugin, settings and tests."""
    try:
        made = render(name, into or Path(name))
    except (BadName, FileExistsError) as error:
        raise click.ClickException(str(error)) from None
    click.echo("\n".join(f"  {path}" for path in made))
    click.echo(f"\n{name} is made. Its tests: cd {into or name} && python -m pytest")


def _settings(context: click.Context, option: click.Parameter, text: str) -> Any:
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"is no JSON: {error}") from None
    if not isinstance(settings, dict):
        raise click.BadParameter("is no JSON object")
    return settings


_module = click.argument("module", required=False)
_with_settings = click.option(
    "--settings", default="{}", callback=_settings, help="A JSON object, as a portal stores them."
)


@plugin.command()
@_module
@_with_settings
def check(module: str | None, settings: dict[str, Any]) -> int:
    """Hold a plugin to the contract. MODULE: the one that pyproject.toml here names."""
    paths = _add_paths()
    report = check_plugin(module or _own_module(), settings=settings, paths=paths)
    click.echo(str(report))
    return 0 if report.passed else 1


@plugin.command(name="preview")
@_module
@_with_settings
@click.option(
    "--webinar",
    type=click.Choice([webinar.name for webinar in GOLDEN_WEBINARS]),
    default="everyday",
    show_default=True,
)
def show_preview(module: str | None, settings: dict[str, Any], webinar: str) -> None:
    """Show what a plugin would write for a golden webinar. MODULE: as for check."""
    _add_paths()
    shown = golden_webinar(webinar)
    try:
        rows = preview(module or _own_module(), shown, settings)
    except NotAPlugin as error:
        raise click.ClickException(f"Rollcall would not load it: it {error}") from None
    click.echo(f"{shown.story}\n\n{format_preview(rows)}")


def _add_paths() -> list[str]:
    """A plugin need not be installed to be looked at from its own folder."""
    here = [str(path) for path in (Path("src").resolve(), Path.cwd()) if path.is_dir()]
    sys.path[:0] = here
    return here


def _own_module() -> str:
    """The plugin that the package in this folder declares."""
    project = Path("pyproject.toml")
    if not project.is_file():
        raise click.ClickException("there is no pyproject.toml here: name the plugin's module")
    declared = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
    points = declared.get("entry-points", {}).get("rollcall", {})
    if len(points) != 1:
        raise click.ClickException(
            f"pyproject.toml declares {len(points)} entry points of group rollcall:"
            " name the plugin's module"
        )
    return str(next(iter(points.values())))
