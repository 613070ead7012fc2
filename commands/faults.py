"""The faults the product withstands, each with the tests that carry its number.

A test says which faults it is about in its name or its id, as with rules: ``test_…_F26``,
``[F38 hangs in sleep]``, ``test_…_F05_to_F11``. A fault without a test needs a reason here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from commands.numbered_tests import group_by_number

TABLE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "faults.md"

FAULTS: Mapping[str, str] = {
    "F01": "web process killed before a delivery is stored",
    "F02": "web process killed between insert and commit",
    "F03": "web process killed between commit and bell",
    "F04": "web process killed between bell and answer",
    "F05": "worker killed as it takes its lease",
    "F06": "worker killed while it plans",
    "F07": "worker killed before a batch leaves",
    "F08": "worker killed while a batch is on its way",
    "F09": "worker killed between answer and commit",
    "F10": "worker killed after the outcome is stored",
    "F11": "worker killed around the end of a run",
    "F11b": "frozen worker wakes after another took over",
    "F12": "Redis emptied or restarted empty",
    "F13": "Redis away or full",
    "F14": "Redis slow or read-only",
    "F15": "workers told to stop in the middle of a sync",
    "F16": "database away, or lost in the middle of a commit",
    "F17": "database locked",
    "F18": "disk full",
    "F19": "HubSpot's 429, by the second and by the day",
    "F20": "HubSpot's 5xx in bursts",
    "F21": "no answer: before sending, after applying, cut off",
    "F22": "partial success: rows failed, missing, reordered",
    "F23": "answer of HTML, nothing, too much, too slowly",
    "F24": "one row of a batch refused for good",
    "F25": "401, a scope removed, 477, the portal gone",
    "F26": "many processes meet one expired token",
    "F27": "process killed between a renewal's answer and its commit",
    "F28": "the same delivery at once, and again later",
    "F29": "deliveries in any order",
    "F30": "a delivery that breaks its reader",
    "F31": "one portal's HubSpot hangs",
    "F32": "one account floods the door",
    "F33": "webhooks dropped, some or all",
    "F34": "report not ready, partial, shrinking, its page token expired",
    "F35": "many workers under one limit",
    "F36": "clocks that are wrong",
    "F37": "plugin raises",
    "F38": "plugin sleeps for ever",
    "F39": "plugin hangs in C",
    "F40": "plugin swallows its timeout, answers rubbish",
    "F41": "plugin changes what it was handed",
    "F42": "plugin leaks, or takes its process down",
    "F43": "everything replayed, twice",
    "F44": "Zoom's deauthorisation during a sync",
    "F45": "HubSpot's uninstall, unannounced",
    "F46": "privacy deletion, then replay and reconcile",
    "F47": "old and new version side by side",
    "F48": "Zoom's check of the address without a database",
}

REMARKS: Mapping[str, str] = {
    "F01": "at full size: `./run chaos door`",
    "F05": "a lease, not the queue, says who works, so the rows F05-F11 are one case: the next "
    "slice goes on from what was committed; also `./run chaos`",
    "F12": "at full size: `./run chaos backlog`",
    "F13": "also by `./run chaos`",
    "F14": "also by `./run chaos`",
    "F15": "a job that comes to no safe place within 40 seconds is killed, and that is F05",
    "F18": "the refusal is simulated; no real disk is filled",
    "F23": "headers that drip are cut by the read timeout alone, 30 seconds after the last byte",
    "F26": "at full size: `./run chaos tokens`",
    "F30": "the first death blames nobody yet, so the guilty one is parked after four in all",
    "F31": "the other portal's delay is measured by `./run chaos bystander`",
    "F32": "the other account's delay is measured by `./run chaos bystander`",
    "F43": "with a few hundred deliveries",
    "F47": "under load, there and back: `./run chaos deploy`",
}
"""What the tests leave out, and for a fault without any, why."""

NOT_YET: frozenset[str] = frozenset()
"""Faults no test carries so far; whoever writes one takes its number out."""

INTRODUCTION = (
    "Made from the tests by `./run rules`. `./run check` fails when this page is stale, and when a "
    "fault has neither a test nor a reason."
)
_NUMBERS = re.compile(r"(?<![A-Za-z0-9%])F(\d{2})(b?)(?:_to_F(\d{2}))?(?![A-Za-z0-9])")


def faults_of(test_id: str) -> list[str]:
    """The faults a test names, in the table's spelling."""
    _, _, name = test_id.partition("::")
    found: list[str] = []
    for first, letter, last in _NUMBERS.findall(name):
        numbers = range(int(first), int(last or first) + 1)
        found += [f"F{number:02d}{letter}" for number in numbers]
    return [fault for fault in dict.fromkeys(found) if fault in FAULTS]


def group_by_fault(test_ids: Iterable[str]) -> dict[str, list[str]]:
    """Every fault with the tests that carry its number, one entry a function."""
    return group_by_number(test_ids, FAULTS, faults_of)


def find_uncovered(found: Mapping[str, list[str]]) -> list[str]:
    """Faults with neither a test nor a reason, and tested ones that are said not to be."""
    excused = NOT_YET | REMARKS.keys()
    without = [fault for fault, tests in found.items() if not tests and fault not in excused]
    tested = [fault for fault, tests in found.items() if tests and fault in NOT_YET]
    gaps = [f"no test and no reason for {', '.join(without)}"] if without else []
    if tested:
        gaps.append(f"{', '.join(tested)} have tests and stand in NOT_YET of commands/faults.py")
    return gaps


def render(found: Mapping[str, list[str]]) -> str:
    """The table of docs/reference/faults.md."""
    lines = [
        "# Faults and their tests",
        "",
        INTRODUCTION,
        "",
        "| fault | what happens | tests | remark |",
        "|---|---|---|---|",
    ]
    for fault, tests in found.items():
        told = "<br>".join(f"`{test}`" for test in sorted(tests))
        missing = "none yet" if fault in NOT_YET else "–"
        lines.append(
            f"| {fault} | {FAULTS[fault]} | {told or missing} | {REMARKS.get(fault, '')} |"
        )
    return "\n".join(lines) + "\n"
