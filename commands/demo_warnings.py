"""The scene `warnings`: six webinars, six warnings, what mends them, and what rightly stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import Progress

from commands.customer import Customer
from commands.demo_progress import open_progress, watch
from commands.demo_report import OUTCOMES, balance_line
from commands.demo_week import CASES, Case, Week, is_at_rest, is_mended
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
        faults += _mend(progress, trial, week) or _await_rest(progress, trial, week)
    faults += _show_what_stays(screen, week)
    return faults + _show_balance(screen, week)


def _begin(screen: Console, trial: Trial) -> Week:
    simulated = trial.simulated
    plan = simulated.scene("week")
    customer = Customer(trial.rollcall_url)
    week = Week(simulated, customer, str(plan["portal_id"]), plan["webinars"])
    customer.install_scene(simulated, plan)
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
            if case.code in shown or not _is_certain(week, case):
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


def _is_certain(week: Week, case: Case) -> bool:
    """Whether what the warning says is not about to change."""
    return case.code == "sync_disabled" or week.customer.has_settled(week.webinar_id(case.amiss))


def _print_warning(screen: Console, week: Week, case: Case, warning: Mapping[str, Any]) -> None:
    day = datetime.fromisoformat(week.occurrence(case.amiss)["start_time"]).strftime("%A")
    screen.print(f"[bold]{case.code}[/bold]  {day}, “{week.webinars[case.amiss]['topic']}”")
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
                topic = week.webinars[case.amiss]["topic"]
                progress.console.print(f"  [green]gone[/green] {case.code}: “{topic}” is in sync")
        return len(gone)

    try:
        watch(progress, trial, "Warnings gone", len(MENDED), look, SECONDS)
    except TrialFailed as error:
        left = [case.code for case in MENDED if case.code not in gone]
        return [f"the warning {code} did not go away: {error}" for code in left]
    return []


def _await_rest(progress: Progress, trial: Trial, week: Week) -> list[str]:
    """Wait until HubSpot has everything; a fault when that takes too long.

    Everybody who is in sync in the end was there, so each of them is one attendance.
    """
    came = sum(len(webinar["in_sync"]) for webinar in week.webinars.values())
    at_rest = partial(_count_at_rest, week)
    try:
        watch(progress, trial, "Attendances in HubSpot", came, week.attendances, SECONDS)
        watch(progress, trial, "Webinars at rest", len(week.webinars), at_rest, SECONDS)
    except TrialFailed as error:
        return [str(error)]
    return []


def _count_at_rest(week: Week) -> int:
    return sum(is_at_rest(week, name) for name in week.webinars)


def _show_what_stays(screen: Console, week: Week) -> list[str]:
    """Print the warnings that are left; those that should be and are not, or the other way."""
    screen.print("\n[bold]What stays, and why that is right[/bold]")
    for case in STAYING:
        if warning := week.warning(case):
            told = f"{warning['count']} people. {case.mending}"
            screen.print(f"  {case.code:22}{told}", markup=False)
    return find_wrong_warnings(
        {name: [warning["code"] for warning in week.warnings(name)] for name in week.webinars}
    )


def find_wrong_warnings(left: Mapping[str, Sequence[str]]) -> list[str]:
    """What is wrong with the codes that are ``left`` in the end, by what was amiss."""
    stays = {case.code for case in STAYING}
    faults = [
        f"the warning {case.code} should have stayed"
        for case in STAYING
        if case.code not in left[case.amiss]
    ]
    return faults + [
        f"the warning {code} is left ({name.replace('_', ' ')})"
        for name, codes in left.items()
        for code in codes
        if code not in stays
    ]


def _show_balance(screen: Console, week: Week) -> list[str]:
    """Print who is in sync and the week's balance; what of it is wrong."""
    screen.print("\n[bold]Who is in sync[/bold]")
    faults, sums = [], Counter[str]()
    for name, webinar in week.webinars.items():
        people = week.in_sync(name)
        screen.print(f"  {webinar['topic']:22}{', '.join(people)}", markup=False)
        if people != sorted(webinar["in_sync"]):
            faults.append(f"“{webinar['topic']}” should have in sync {webinar['in_sync']}")
        occurrence = week.occurrence(name)
        sums.update(occurrence["counts"])
        sums.update({key: occurrence[key] or 0 for key in ("zoom_people", "unexplained")})
    week_in_all = {"counts": {name: sums[name] for name in OUTCOMES}, **sums}
    screen.print(f"\n[bold]Balance[/bold]  {balance_line(week_in_all)}")
    if any(sums[name] for name in ("unexplained", "failing", "waiting")):
        faults.append("the week does not end in balance with nobody failing or waiting")
    return faults
