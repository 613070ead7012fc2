"""The rules the product keeps, each with the tests that carry its number.

A test says which rules it is about in its name or its id: ``test_…_S18``, ``[B08-hold]``.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from commands import faults
from commands.numbered_tests import group_by_number

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "reference" / "rules.md"

RULES: Mapping[str, str] = {
    "S01": "works on every HubSpot plan",
    "S02": "registration and attendance reach HubSpot and can be segmented by",
    "S03": "a workflow can register contacts",
    "S04": "Zoom Events are recognised and left out",
    "S05": "participants without an e-mail address are not synced, and it says so",
    "S06": "global settings have one place",
    "S07": "webinar sync: none, all or selected Zoom users",
    "S08": "hosts of excluded domains are left out",
    "S09": "recordings of hosts of excluded domains are left out",
    "S10": "contacts of excluded domains are left out",
    "S11": "each Zoom user has settings of their own",
    "S12": "those settings cover recordings and transcripts",
    "S13": "new webinars of a user sync by default, or do not",
    "S14": "a user's recordings sync, or do not",
    "S15": "a single webinar can be switched on or off",
    "S16": "the switches have a hierarchy",
    "S17": "required questions beyond names and e-mail",
    "S18": "HubSpot users never become contacts",
    "S19": "HubSpot users who are contacts get no activity",
    "S20": "secondary addresses get no activity",
    "S21": "deleted contacts are not made again",
    "S22": "the audit log shows the state of a webinar's sync",
    "S23": "the audit log is found beside the webinar",
    "S24": "warning: sync was disabled; missing data follows once it is on",
    "S25": "warning: a recording or transcript did not sync, by cause",
    "S26": "warning: participants did not sync",
    "S27": "warning: some data did not sync",
    "S28": "warning: addresses were excluded, for exactly four reasons",
    "S29": "warning: some data did not sync because of an error",
    "S30": "Sync now repeats the sync of one webinar",
    "S31": "the kinds of record that are written",
    "S32": "property: average attendance in percent",
    "S33": "property: the webinar last registered for",
    "S34": "property: number of registrations",
    "S35": "property: number of webinars attended",
    "S36": "event: recording available, with topic, start and URL",
    "S37": "event: attendance, with duration, percent, id and name",
    "S38": "event: registration, with id and name",
    "S39": "the timeline shows date, join, leave and length",
    "S40": "secondary addresses are not put on the timeline",
    "S41": "the workflow action adds a contact to a webinar",
    "S42": "accounts of business units: the primary one's webinars",
    "S43": "accounts of business units: the others",
    "S44": "the action is found in the workflow editor",
    "S45": "the action takes a webinar id",
    "S46": "the action takes the id from a contact property",
    "S47": "the action registers with names and e-mail",
    "S48": "the host or the connected user cannot be registered",
    "B1": "a named decision for everybody",
    "B2": "a balance without remainder",
    "B3": "a dry run that writes nothing",
    "B4": "deterministic re-sync without duplicates",
    "B5": "attendance by occurrence, over restarts",
    "B6": "honest states: provisional until settled",
    "B7": "questions mapped to properties, checked before the webinar",
    "B8": "three policies for secondary addresses",
    "B9": "replay with changed rules",
    "B10": "plugin settings as forms made from schemas",
    "B11": "a test kit for partners",
    "B12": "no personal join link in the CRM",
    "B13": "the action's outcomes can be branched on",
    "B14": "backfill with its horizon",
    "B15": "polls, questions and surveys",
    "B16": "engagement score",
    "B17": "sources",
    "B18": "consent and erasure",
    "B19": "attendees without an address are matched by registrant id or listed",
    "B20": "gaps are found and freshness is shown",
}

NOT_YET = frozenset({"B15", "B17", "B18"})
"""Rules of features that are not built; whoever builds one takes its number out."""

INTRODUCTION = (
    "Made from the tests by `./run rules`. `./run check` fails when this page is stale, and when a "
    "rule that is built has no test."
)
# A percent sign begins a byte of a quoted URL, such as `%B2`.
_NUMBER = re.compile(r"(?<![A-Za-z0-9%])([SB])(\d{1,2})(?![A-Za-z0-9])")


def rules_of(test_id: str) -> list[str]:
    """The rules a test names, in the table's spelling: ``S07``, ``B8``."""
    _, _, name = test_id.partition("::")
    found = [
        f"{letter}{int(number):02d}" if letter == "S" else f"{letter}{int(number)}"
        for letter, number in _NUMBER.findall(name)
    ]
    return [rule for rule in dict.fromkeys(found) if rule in RULES]


def group_by_rule(test_ids: Iterable[str]) -> dict[str, list[str]]:
    """Every rule with the tests that carry its number, one entry a function."""
    return group_by_number(test_ids, RULES, rules_of)


def find_gaps(found: Mapping[str, list[str]]) -> list[str]:
    """Rules that are built and no test carries, and those that are built against what is said."""
    without = [rule for rule, tests in found.items() if not tests and rule not in NOT_YET]
    built = [rule for rule, tests in found.items() if tests and rule in NOT_YET]
    gaps = []
    if without:
        gaps.append(f"no test carries {', '.join(without)}")
    if built:
        gaps.append(f"{', '.join(built)} have tests and stand in NOT_YET of commands/rules.py")
    return gaps


def render(found: Mapping[str, list[str]]) -> str:
    """The table of docs/reference/rules.md."""
    lines = [
        "# The rules and their tests",
        "",
        INTRODUCTION,
        "",
        "| rule | what it says | tests |",
        "|---|---|---|",
    ]
    for rule, tests in found.items():
        told = "<br>".join(f"`{test}`" for test in sorted(tests))
        missing = "not built yet" if rule in NOT_YET else "**none**"
        lines.append(f"| {rule} | {RULES[rule]} | {told or missing} |")
    return "\n".join(lines) + "\n"


def collect_tests() -> list[str]:
    """The ids of all tests, as pytest collects them. Raises RuntimeError when it cannot."""
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        raise RuntimeError(f"the tests cannot be collected:\n{answer.stdout[-2000:]}")
    return [line for line in answer.stdout.splitlines() if "::" in line]


def check_table() -> list[str]:
    """What is wrong with the rules or their table, a line each; nothing is written.

    Raises RuntimeError when the tests cannot be collected.
    """
    tests = collect_tests()
    found, met = group_by_rule(tests), faults.group_by_fault(tests)
    stale = [
        f"{table.name} is stale: `./run rules` remakes it"
        for table, made in ((TABLE, render(found)), (faults.TABLE, faults.render(met)))
        if not table.exists() or table.read_text() != made
    ]
    return stale + find_gaps(found) + faults.find_uncovered(met)


@click.command()
def command() -> None:
    """Make the tables of rules and of faults anew; exit 1 when one of them lacks its test."""
    try:
        tests = collect_tests()
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    found, met = group_by_rule(tests), faults.group_by_fault(tests)
    TABLE.write_text(render(found))
    faults.TABLE.write_text(faults.render(met))
    gaps = find_gaps(found) + faults.find_uncovered(met)
    click.echo("\n".join(gaps) or f"{TABLE.name} and {faults.TABLE.name} are made")
    sys.exit(1 if gaps else 0)
