"""The scene `warnings`: six webinars, six warnings, what mends them, and what rightly stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import Progress

from commands.customer import Customer
from commands.demo_progress import open_progress, watch
from commands.demo_report import OUTCOMES, balance_line
from commands.demo_week import CASES, Case, Week, is_mended
from commands.trial import Trial, TrialFailed, wait_for

TIMING = {"ROLLCALL_RECONCILE_AFTER": "1s,3s,6s,10s,20s,10m"}
"""The webinar that has just ended is settled within seconds, and still read when its recording
is ready; with several early reads a slow machine is not too late for two of them."""

SECONDS = 40.0
MENDED = tuple(case for case in CASES if case.mend is not None)
STAYING = tuple(case for case in CASES if case.mend is None)


def tell_warnings(screen: Console, trial: Trial) -> list[str]:
    """Play the week, show every warning, mend what can be mended; what went wrong, a sentence each.

    Raises `TrialFailed` when the week cannot be played at all.
    """
    week = _begin(screen, trial)
    with open_progress(screen) as progress:
        faults = _show_warnings(progress, trial, week)
    screen.print("\n[bold]What the customer does[/bold]")
    with open_progress(screen) as progress:
        faults += _mend(progress, trial, week)
    faults += _show_what_stays(screen, week)
    return faults + _show_balance(screen, week)


def _begin(screen: Console, trial: Trial) -> Week:
    simulated = trial.simulated
    plan = simulated.scene("week")
    customer = Customer(trial.rollcall_url)
    week = Week(simulated, customer, str(plan["portal_id"]), plan["webinars"])
    account = simulated.call("GET", f"/zoom/accounts/{plan['account_id']}")
    customer.install(week.portal_id, plan["account_id"], account["users"][0]["id"])
    wait_for(
        lambda: all(week.find(name) for name in week.webinars),
        "Rollcall to know the webinars",
        trial.rollcall,
    )
    customer.api("PATCH", f"/webinars/{week.webinar_id('switched_off')}", {"sync": "off"})
    wanted = {"webinar_sync": "all", "recording_sync": "all", **plan["settings"]}
    customer.api("PATCH", "/settings", wanted)
    simulated.scene("week-webinars")
    screen.print(
        f"A customer installed Rollcall, switched one of {len(week.webinars)} webinars off, and "
        f"excluded {', '.join(plan['settings']['excluded_contact_domains'])}. The week went by.\n"
    )
    return week


def _show_warnings(progress: Progress, trial: Trial, week: Week) -> list[str]:
    """Print each warning once it is there and its webinar is at rest; those that never were."""
    shown: set[str] = set()

    def look() -> int:
        for case in CASES:
            if case.code in shown or not _is_at_rest(week, case):
                continue
            if warning := week.warning(case):
                shown.add(case.code)
                _print_warning(progress.console, week, case, warning)
        return len(shown)

    try:
        watch(progress, trial, "Warnings", len(CASES), look, SECONDS)
    except TrialFailed as error:
        missing = [case.code for case in CASES if case.code not in shown]
        return [f"the warning {code} did not show: {error}" for code in missing]
    return []


def _is_at_rest(week: Week, case: Case) -> bool:
    """Whether what the warning says is not about to change."""
    is_off = case.code == "sync_disabled"
    return is_off or week.customer.has_settled(week.webinar_id(case.amiss))


def _print_warning(screen: Console, week: Week, case: Case, warning: Mapping[str, Any]) -> None:
    webinar = week.find(case.amiss)
    assert webinar is not None
    day = datetime.fromisoformat(webinar["start_time"]).strftime("%A")
    screen.print(f"[bold]{case.code}[/bold]  {day}, “{webinar['topic']}”")
    lines = {
        "why": case.reason,
        "title": warning["title"],
        "meaning": warning["meaning"],
        "remedy": warning["remedy"],
        "button": f"[{warning['action']['label']}]",
    }
    for name, words in lines.items():
        screen.print(f"  {name:8} {words}", markup=False)
    screen.print()


def _mend(progress: Progress, trial: Trial, week: Week) -> list[str]:
    """Do what mends the warnings, and print those that go away; those that do not."""
    for case in MENDED:
        assert case.mend is not None
        progress.console.print(f"  {case.code:22}{case.mending}", markup=False)
        case.mend(week)
    gone: set[str] = set()

    def look() -> int:
        for case in MENDED:
            if case.code not in gone and is_mended(week, case):
                gone.add(case.code)
                progress.console.print(f"  [green]gone[/green]  {case.code}")
        return len(gone)

    try:
        watch(progress, trial, "Warnings gone", len(MENDED), look, SECONDS)
    except TrialFailed as error:
        left = [case.code for case in MENDED if case.code not in gone]
        return [f"the warning {code} did not go away: {error}" for code in left]
    return []


def _show_what_stays(screen: Console, week: Week) -> list[str]:
    """Print the warnings that are left; those that should be and are not, or the other way."""
    screen.print("\n[bold]What stays[/bold]")
    faults = []
    for case in STAYING:
        if warning := week.warning(case):
            screen.print(f"  {case.code:22}{warning['count']} people. {case.mending}", markup=False)
        else:
            faults.append(f"the warning {case.code} should have stayed")
    meant = {case.code for case in STAYING}
    for name, webinar in week.webinars.items():
        faults += [
            f"“{webinar['topic']}” still has the warning {warning['code']}"
            for warning in week.warnings(name)
            if warning["code"] not in meant
        ]
    return faults


def _show_balance(screen: Console, week: Week) -> list[str]:
    """Print who is in sync and the week's balance; what of it is wrong."""
    screen.print("\n[bold]Who is in sync[/bold]")
    faults, sums = [], Counter[str]()
    for name, webinar in week.webinars.items():
        people = week.in_sync(name)
        screen.print(f"  {webinar['topic']:22}{', '.join(people)}", markup=False)
        if people != sorted(webinar["in_sync"]):
            faults.append(f"“{webinar['topic']}” should have in sync {webinar['in_sync']}")
        (occurrence,) = (week.find(name) or {"occurrences": [{}]})["occurrences"]
        sums.update(occurrence["counts"])
        sums.update({key: occurrence[key] or 0 for key in ("zoom_people", "unexplained")})
    week_in_all = {"counts": {name: sums[name] for name in OUTCOMES}, **sums}
    screen.print(f"\n[bold]Balance[/bold]  {balance_line(week_in_all)}")
    if any(sums[name] for name in ("unexplained", "failing", "waiting")):
        faults.append("the week does not end in balance with nobody failing or waiting")
    return faults
