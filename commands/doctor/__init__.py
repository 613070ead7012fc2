"""Is this installation well? One line for each thing it needs, and how to mend what is not.

It changes nothing: no file is made, no row stays, and platforms are asked what they will refuse.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import click

from commands.doctor.database import check_database
from commands.doctor.door import check_public_address, check_webhook
from commands.doctor.files import check_disk, check_folder, check_plugins
from commands.doctor.findings import Finding, fail, hide, render, warn, worst
from commands.doctor.platforms import (
    check_hubspot_api,
    check_hubspot_credentials,
    check_hubspot_pages,
    check_zoom_api,
    check_zoom_credentials,
)
from commands.doctor.queue import check_redis
from commands.doctor.settings import Surroundings, read_surroundings
from config import child_environment


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at, and the variables without which it cannot be looked at."""

    subject: str
    run: Callable[[Surroundings], Iterable[Finding]]
    needs: tuple[str, ...] = ()


CHECKS = (
    Check("database", check_database, ("ROLLCALL_DATABASE_URL",)),
    Check("Redis", check_redis, ("ROLLCALL_REDIS_URL",)),
    Check("HubSpot API", check_hubspot_api, ("HUBSPOT_API_URL", "HUBSPOT_API_VERSION")),
    Check("HubSpot pages", check_hubspot_pages, ("HUBSPOT_APP_URL",)),
    Check(
        "HubSpot credentials",
        check_hubspot_credentials,
        ("HUBSPOT_API_URL", "HUBSPOT_API_VERSION", "HUBSPOT_CLIENT_ID", "HUBSPOT_CLIENT_SECRET"),
    ),
    Check("Zoom API", check_zoom_api, ("ZOOM_API_URL",)),
    Check(
        "Zoom credentials",
        check_zoom_credentials,
        ("ZOOM_OAUTH_URL", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"),
    ),
    Check("public address", check_public_address, ("ROLLCALL_PUBLIC_URL",)),
    Check("Zoom webhook", check_webhook, ("ROLLCALL_PUBLIC_URL", "ZOOM_WEBHOOK_SECRET")),
    Check("disk", check_disk),
    Check("data folder", check_folder),
    Check("plugins", check_plugins),
)


def examine(environ: Mapping[str, str], checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """Everything that was found, in the order of the checks; they are made at the same time."""
    around, findings = read_surroundings(environ)
    with ThreadPoolExecutor(len(checks)) as pool:
        for found in pool.map(lambda check: _look(check, around), checks):
            findings += found
    return hide(findings, around.secrets)


def _look(check: Check, around: Surroundings) -> list[Finding]:
    wrong = [name for name in check.needs if name in around.wrong]
    if wrong:
        return [
            warn(
                check.subject,
                f"not looked at: {', '.join(wrong)} cannot be used",
                "nobody can tell whether it is well",
                "mend the configuration, then ask again",
            )
        ]
    try:
        return list(check.run(around))
    except Exception as error:  # whatever it is, the other checks are still worth their lines
        return [
            fail(
                check.subject,
                f"could not be looked at: {type(error).__name__}",
                "something is amiss here that this command does not know",
                "look at the logs of the processes; report it with this line",
            )
        ]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON, for machines.")
def command(as_json: bool) -> None:
    """Look at configuration, database, Redis, workers, both platforms and the public address.

    What is amiss comes with what it means and how to mend it. The exit status is 1 when something
    failed, 0 otherwise, warnings included. Nothing is changed, and no secret is shown.
    """
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it tells of each attempt that failed
    with contextlib.redirect_stdout(sys.stderr):  # plugins are loaded, and may print
        findings = examine(child_environment())
    status = worst(findings)
    if as_json:
        report = {"status": status, "findings": [finding.as_json() for finding in findings]}
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(render(findings)))
    sys.exit(1 if status == "failed" else 0)
