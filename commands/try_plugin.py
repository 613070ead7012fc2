"""`./run try`: a plugin at work in a trial Rollcall, from the registration to HubSpot's contact."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from commands.customer import Customer
from commands.trial import Trial, TrialFailed, open_trial, wait_for

SETTLE_SECONDS = 90.0


def _object(context: click.Context, option: click.Parameter, text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"is no JSON: {error}") from None
    if not isinstance(settings, dict):
        raise click.BadParameter("is no JSON object")
    return settings


@click.command()
@click.argument("name")
@click.option(
    "--plugins",
    "folder",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    help="Where `pip install --target` put the plugin's package; from ./run, an absolute path.",
)
@click.option("--settings", default="{}", callback=_object, help="The plugin's, as JSON.")
@click.option(
    "--property", "properties", multiple=True, help="A contact property it writes; repeatable."
)
def command(name: str, folder: Path, settings: dict[str, Any], properties: tuple[str, ...]) -> None:
    """Play a small webinar with the plugin NAME installed, and show what came of it."""
    with tempfile.TemporaryDirectory(prefix="rollcall-try-") as scratch:
        try:
            with open_trial(Path(scratch), PYTHONPATH=str(folder)) as trial:
                for line in tell(trial, name, settings, properties):
                    click.echo(line)
        except TrialFailed as error:
            click.secho(f"The trial stopped: {error}", fg="red", err=True)
            sys.exit(1)


def tell(
    trial: Trial, name: str, settings: Mapping[str, Any], properties: tuple[str, ...]
) -> list[str]:
    """Play the webinar; HubSpot's contacts and the decision log, a line each."""
    simulated = trial.simulated
    # Found by reading: what webhooks told before the customer came would come in at any moment.
    scene = simulated.scene("small", silent=True)
    portal_id, webinar_id = str(scene["portal_id"]), str(scene["webinar_id"])
    for wanted in properties:
        definition = {"name": wanted, "label": wanted.replace("_", " ").capitalize()}
        simulated.call("POST", f"/hubspot/portals/{portal_id}/properties", definition)
    customer = Customer(trial.rollcall_url)
    customer.install_scene(simulated, scene)
    plugin = find_plugin(customer.api("GET", "/plugins"), name)
    customer.api("PATCH", "/plugins", {name: {"enabled": True, "settings": dict(settings)}})
    customer.api("PATCH", "/settings", {"webinar_sync": "all"} | scene["settings"])
    wait_for(
        lambda: customer.has_settled(webinar_id),
        "the webinar to be settled",
        trial.rollcall,
        seconds=SETTLE_SECONDS,
    )
    return [
        f"{plugin['title']} {plugin['version']} answers {', '.join(plugin['hooks'])}.",
        "\nHubSpot's contacts",
        *contact_lines(simulated.contacts(portal_id), properties),
        "\nThe decision log",
        *decision_lines(customer.people(webinar_id)),
    ]


def find_plugin(listed: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The plugin as Rollcall lists it. Raises `TrialFailed` with what kept it from loading."""
    for plugin in listed["results"]:
        if plugin["name"] == name:
            return dict(plugin)
    problems = [f"{one['name']} {one['what']}. {one['remedy']}" for one in listed["problems"]]
    raise TrialFailed(
        "\n".join([f"Rollcall has no plugin {name!r}.", *problems])
        + ("" if problems else " Is its package in the folder of --plugins?")
    )


def contact_lines(
    contacts: Mapping[str, Mapping[str, Any]], properties: tuple[str, ...]
) -> list[str]:
    """The contacts by address, each with the properties asked for."""
    return [
        f"  {email:28}"
        + " ".join(f"{name}={contact['properties'].get(name, '')}" for name in properties)
        for email, contact in sorted(contacts.items())
    ]


def decision_lines(people: list[dict[str, Any]]) -> list[str]:
    """What was decided about each person, and by which plugin."""
    lines = []
    for person in sorted(people, key=lambda one: str(one["email"])):
        by = person["decided_by"]
        who = f" by {by['plugin']} {by['version']}" if by else ""
        why = f" {person['reason']}{who}: {person['detail']}" if person["reason"] else ""
        lines.append(f"  {person['email']:28}{person['outcome']}{why}")
    return lines
