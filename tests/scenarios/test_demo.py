"""The demo, as a person runs it: whole processes, real ports, both platforms over HTTP."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from commands.demo_report import balance_line

ROOT = Path(__file__).resolve().parent.parent.parent


def demo(*arguments: str) -> str:
    """What the demo tells; it has to end well."""
    told = subprocess.run(
        [sys.executable, "-m", "commands", "demo", "--once", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


@pytest.mark.slow
def test_S31_the_demo_balances_and_a_second_sync_writes_nothing_B02() -> None:
    told = demo("--people", "60")
    assert "67 Zoom people = 47 in sync + 19 excluded + 0 failing + 1 waiting   (holds)" in told
    assert "26 contacts, a transcript of 3 utterances" in told
    assert "Engagement score: 26 contacts" in told
    assert "Slack messages: 26, such as: " in told
    assert "0 writes told, 0 seen by HubSpot" in told
    reasons = {line.split()[1] for line in told.splitlines() if line.startswith("excluded")}
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "scene", [pytest.param("warnings", id="S22 S23 S24 S25 S26 S27 S28 S29 warnings")]
)
def test_each_warning_is_told_once_with_its_remedy_and_goes_once_it_is_mended(scene: str) -> None:
    told = demo("--scene", scene)
    warnings, _, mended = told.partition("What the customer does")
    mending, _, rest = mended.partition("What stays, and why that is right")
    codes = {
        "sync_disabled",
        "recording_not_synced",
        "participants_missing",
        "data_not_synced",
        "emails_excluded",
        "sync_error",
    }
    blocks = [block.splitlines() for block in warnings.split("\n\n") if "\n  title " in block]
    assert sorted(block[0].split()[0] for block in blocks) == sorted(codes)
    for block in blocks:
        assert [line.split()[0] for line in block[1:]] == [
            "why",
            "title",
            "meaning",
            "remedy",
            "button",
        ]
    gone = {line.split()[1] for line in mending.splitlines() if line.startswith("  gone")}
    stays, _, in_sync = rest.partition("Who is in sync")
    left = {line.split()[0] for line in stays.splitlines() if line.startswith("  ")}
    assert left == {"data_not_synced", "emails_excluded"}
    assert {code.rstrip(":") for code in gone} == codes - left
    assert "tess@lowmoor.example" in in_sync
    assert (
        "Balance  23 Zoom people = 17 in sync + 6 excluded + 0 failing + 0 waiting   (holds)"
        in (in_sync)
    )


def test_a_balance_that_does_not_hold_says_how_many_are_unexplained_B02() -> None:
    counts = {"in_sync": 5, "excluded": 2, "failing": 0, "waiting": 1}
    line = balance_line({"counts": counts, "zoom_people": 9, "unexplained": 1})
    assert line == (
        "9 Zoom people = 5 in sync + 2 excluded + 0 failing + 1 waiting"
        "   (does not hold: 1 unexplained)"
    )
