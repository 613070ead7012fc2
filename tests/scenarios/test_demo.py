"""The demo, as a person runs it: whole processes, real ports, both platforms over HTTP."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from commands.demo_report import balance_line

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_S31_the_demo_balances_and_a_second_sync_writes_nothing_B02() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "commands", "demo", "--once", "--people", "60"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert (
        "67 Zoom people = 47 in sync + 19 excluded + 0 failing + 1 waiting   (holds)" in told.stdout
    )
    assert "26 contacts, a transcript of 3 utterances" in told.stdout
    assert "0 writes told, 0 seen by HubSpot" in told.stdout
    reasons = {line.split()[1] for line in told.stdout.splitlines() if line.startswith("excluded")}
    assert reasons == {
        "no_email",
        "excluded_domain",
        "secondary_email",
        "role",
        "hubspot_user",
        "denied",
        "deleted_contact",
        "invalid_email",
    }


def test_a_balance_that_does_not_hold_says_how_many_are_unexplained_B02() -> None:
    counts = {"in_sync": 5, "excluded": 2, "failing": 0, "waiting": 1}
    line = balance_line({"counts": counts, "zoom_people": 9, "unexplained": 1})
    assert line == (
        "9 Zoom people = 5 in sync + 2 excluded + 0 failing + 1 waiting"
        "   (does not hold: 1 unexplained)"
    )
