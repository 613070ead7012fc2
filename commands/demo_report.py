"""What the demo shows at its end: what landed, who did not and why, and whether it is complete."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from commands.customer import Customer
from commands.demo_recordings import show_recordings
from commands.trial import Simulated, wait_for

OUTCOMES = ("in_sync", "excluded", "failing", "waiting")
SYNC_SECONDS = 120.0
WRITES = ("created", "updated", "withdrawn", "failed", "unconfirmed")
PERCENT, ATTENDED = "rollcall_average_attendance_percent", "rollcall_attendance_count"
HALF_A_PERCENT = 0.5


def show_what_landed(
    screen: Console, simulated: Simulated, customer: Customer, played: dict[str, Any]
) -> None:
    """Print what HubSpot holds, who was left out and why, and the balance line."""
    portal_id, webinar_id = str(played["portal_id"]), str(played["webinar_id"])
    people = customer.people(webinar_id)
    _show_hubspot(screen, simulated, portal_id)
    show_recordings(screen, simulated, portal_id)
    _show_one_contact(screen, simulated, portal_id, people)
    _show_left_out(screen, people)
    webinar = customer.webinar(webinar_id)
    assert webinar is not None
    for occurrence in webinar["occurrences"]:
        screen.print(f"\n[bold]Balance[/bold]  {balance_line(occurrence)}")


def balance_line(occurrence: dict[str, Any]) -> str:
    """Zoom's figure and how it is made up, as the console shows it."""
    counts = occurrence["counts"]
    parts = " + ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in OUTCOMES)
    remainder = occurrence["unexplained"]
    verdict = "holds" if remainder == 0 else f"does not hold: {remainder} unexplained"
    return f"{occurrence['zoom_people']} Zoom people = {parts}   ({verdict})"


def find_faults(simulated: Simulated, customer: Customer, played: dict[str, Any]) -> list[str]:
    """What HubSpot or the decision log lacks against what took place in Zoom."""
    portal_id, webinar_id = str(played["portal_id"]), str(played["webinar_id"])
    people = customer.people(webinar_id)
    expected = played["expected"]
    found = Counter(person["outcome"] for person in people)
    faults = [
        f"{expected[name]} people should be {name.replace('_', ' ')}, {found[name]} are"
        for name in ("in_sync",)
        if found[name] != expected[name]
    ]
    webinar = customer.webinar(webinar_id)
    for occurrence in webinar["occurrences"] if webinar else []:
        if occurrence["unexplained"] != 0 or occurrence["zoom_people"] != expected["zoom_people"]:
            faults.append(f"the balance: {balance_line(occurrence)}")
    faults += [
        f"{person['email'] or 'somebody without address'} is {person['outcome']} without a reason"
        for person in people
        if person["outcome"] != "in_sync" and not person["reason"]
    ]
    if simulated.summary(portal_id)["duplicate_effects"]:
        faults.append("HubSpot holds an effect twice")
    return faults + _wrong_attendances(simulated, portal_id, people, played["attendance"])


def show_second_sync(
    screen: Console, simulated: Simulated, customer: Customer, played: dict[str, Any]
) -> list[str]:
    """Press Sync now and print what it wrote; a fault unless that is nothing."""
    portal_id, webinar_id = str(played["portal_id"]), str(played["webinar_id"])
    before = simulated.journal(portal_id)["writes"]
    run_id = customer.api("POST", f"/webinars/{webinar_id}/sync")["run_id"]
    run = wait_for(
        lambda: _ended(customer.api("GET", f"/runs/{run_id}")),
        "the second Sync now",
        seconds=SYNC_SECONDS,
    )
    told = sum(run["writes"][name] for name in WRITES)
    seen = simulated.journal(portal_id)["writes"] - before
    screen.print(
        f"[bold]Sync now, again[/bold]  {told} writes told, {seen} seen by HubSpot, "
        f"{run['writes']['unchanged']} effects unchanged"
    )
    if run["state"] != "done" or told or seen:
        return [f"a second Sync now ended as {run['state']} with {told} writes told, {seen} seen"]
    return []


def _ended(run: dict[str, Any]) -> dict[str, Any] | None:
    return run if run["state"] in ("done", "failed") else None


def _wrong_attendances(
    simulated: Simulated,
    portal_id: str,
    people: list[dict[str, Any]],
    attendance: dict[str, dict[str, Any]],
) -> list[str]:
    """Contacts whose attendance is not what Zoom's report says of them."""
    contacts = simulated.contacts(portal_id)
    faults = []
    for person in people:
        if person["outcome"] != "in_sync":
            continue
        contact = contacts.get(person["email"])
        truth = attendance.get(person["email"])
        if contact is None:
            faults.append(f"{person['email']} has no contact")
            continue
        written = contact["properties"].get(PERCENT)
        is_right = (written is None) == (truth is None) and (
            truth is None or abs(float(written) - truth["percent"]) <= HALF_A_PERCENT
        )
        if not is_right:
            faults.append(f"{person['email']} attended {truth}, the contact says {written}")
    return faults


def _show_hubspot(screen: Console, simulated: Simulated, portal_id: str) -> None:
    summary = simulated.summary(portal_id)
    writes = summary["writes"]
    events = simulated.call("GET", f"/hubspot/portals/{portal_id}/marketing-events")
    screen.print("\n[bold]What landed in HubSpot[/bold]")
    screen.print(
        f"  contacts          {summary['contacts']}, of which {writes['contacts_created']} created "
        f"by Rollcall; {writes['contacts_updated']} updates"
    )
    for event in events["results"] if isinstance(events, dict) else events:
        counts = ", ".join(f"{count} {state}" for state, count in event["counts"].items())
        screen.print(f"  marketing event   “{event['eventName']}”: {counts}", markup=False)


def _show_one_contact(
    screen: Console, simulated: Simulated, portal_id: str, people: list[dict[str, Any]]
) -> None:
    """Somebody who came twice or more tells more than a count does."""
    came = [p for p in people if p["outcome"] == "in_sync" and p["attended_seconds"]]
    if not came:
        return
    person = min(came, key=lambda one: abs(one["attended_percent"] - 60))
    contact = simulated.contacts(portal_id)[person["email"]]
    properties = contact["properties"]
    screen.print(f"  one contact       {person['name']} <{person['email']}>", markup=False)
    for name in sorted(name for name in properties if name.startswith("rollcall_")):
        screen.print(f"                    {name} = {properties[name]}", markup=False)


def _show_left_out(screen: Console, people: list[dict[str, Any]]) -> None:
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for person in people:
        if person["outcome"] != "in_sync":
            by = (person["decided_by"] or {}).get("plugin", "")
            groups.setdefault((person["outcome"], person["reason"], by), []).append(person)
    table = Table(
        box=None, pad_edge=False, title="Who is not in sync, and why", title_justify="left"
    )
    for heading in ("outcome", "reason", "people", "decided by", "for instance"):
        table.add_column(heading, justify="right" if heading == "people" else "left")
    for (outcome, reason, by), group in sorted(groups.items(), key=lambda item: -len(item[1])):
        example = f"{group[0]['email'] or group[0]['name']}: {group[0]['detail']}"
        table.add_row(outcome, reason, str(len(group)), by or "–", example)
    screen.print()
    screen.print(table)
