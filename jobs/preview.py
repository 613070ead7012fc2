"""A dry run: the plan under changed settings, compared with what is in force; nothing is written.

Same gathering, same plugins, same wishes as a real run; HubSpot is only read, and only for people
it was never asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, RowMapping

from jobs.changes import Change, contact_changes, decision_change, effect_change, withdrawn_change
from jobs.companions import gather_companions
from jobs.contacts import STRETCH
from jobs.decisions import decide_nameless, decide_people, why_off
from jobs.events import standing_event
from jobs.gathering import Appearance, PersonPlan, Rules, gather, gather_nameless, load_rules
from jobs.runtime import Runtime
from jobs.wishes import due_changes, occurrence_wishes
from jobs.withdrawals import clear_contacts, is_out, plan_withdrawals
from schemas.plugin_forms import PluginForm
from schemas.tenant_settings import apply_patch, dump_settings, load_settings
from store.database import reading, writing
from store.ledger_reading import applied_keys
from store.people import nameless_of_occurrence, people_of_occurrence
from store.runs import add_changes, count_in_run
from store.settings import read_settings
from store.switches import why_recordings_off
from store.webinar_facts import find_occurrence, find_webinar
from store.withdrawals import standing_calls


def preview(runtime: Runtime, run: RowMapping) -> None:
    """Note in the run what a real one would change for the occurrence's people.

    If the run is to withdraw, what would be taken back as well, and what cannot be.
    """
    rules = _rules(runtime, run)
    after, has_audience = 0, False
    while True:
        with reading(runtime.database) as connection:
            pks = people_of_occurrence(connection, run["occurrence_pk"], after, STRETCH)
            plans = gather(connection, pks)
            plans += gather_companions(connection, plans)
        if not pks:
            break
        after = pks[-1]
        decided = decide_people(runtime, plans, rules, runtime.clock())
        _note_people(runtime, run, decided[: len(pks)], decided, rules)
        has_audience = has_audience or _is_any_seen(run, decided[: len(pks)])
    if run["is_withdrawal"]:
        _note_records(runtime, run, rules, has_audience=has_audience)
    with reading(runtime.database) as connection:
        rows = nameless_of_occurrence(connection, run["occurrence_pk"])
        nameless = gather_nameless(connection, rows)
    _note_nameless(runtime, run, decide_nameless(runtime, nameless, rules, runtime.clock()))


def _rules(runtime: Runtime, run: RowMapping) -> Rules:
    portal_id = run["portal_id"]
    with reading(runtime.database) as connection:
        version, current = read_settings(connection, portal_id)
        forms = {
            plugin.name: PluginForm.of(plugin.description) for plugin in runtime.registry.plugins
        }
        patch = run["settings_patch"] or {}
        settings = load_settings(apply_patch(dump_settings(current), patch, forms))
        rules = load_rules(connection, portal_id, version, settings, runtime)
    return replace(rules, is_trial=True)


def _note_people(
    runtime: Runtime,
    run: RowMapping,
    plans: Sequence[PersonPlan],
    everybody: Sequence[PersonPlan],
    rules: Rules,
) -> None:
    with writing(runtime.database) as connection:
        changes: list[Change] = []
        counts: Counter[str] = Counter()
        if run["is_withdrawal"]:
            changes += _withdrawals(connection, run, plans, everybody, counts)
            plans = clear_contacts(connection, plans, (run["occurrence_pk"],))
        for plan in plans:
            mine = _mine(plan, run)
            counts["excluded"] += is_out(mine)
            changes += decision_change(mine)
            if mine.verdict is not None and not (run["is_withdrawal"] and is_out(mine)):
                continue
            due = contact_changes(plan.person, due_changes(plan) or {})
            counts[_counter(plan, is_due=bool(due))] += 1
            changes += due
        changes += _effect_changes(connection, run, plans, rules)
        add_changes(connection, run["id"], changes)
        count_in_run(connection, run["id"], total=len(plans), done=len(plans), **counts)


def _mine(plan: PersonPlan, run: RowMapping) -> Appearance:
    return next(i for i in plan.appearances if i.row["occurrence_pk"] == run["occurrence_pk"])


def _counter(plan: PersonPlan, *, is_due: bool) -> str:
    if not is_due:
        return "unchanged"
    if plan.is_taken_back:
        return "withdrawn"
    return "created" if plan.person["contact_id"] is None else "updated"


def _withdrawals(
    connection: Connection,
    run: RowMapping,
    plans: Sequence[PersonPlan],
    everybody: Sequence[PersonPlan],
    counts: Counter[str],
) -> list[Change]:
    """Lines of what would be taken back of these people, and of what cannot be."""
    members = [(plan, _mine(plan, run)) for plan in plans]
    found = plan_withdrawals(connection, members, everybody, run["created_at"])
    counts["withdrawn"] += len(found.taken_back)
    counts["cannot_change"] += len(found.kept)
    return found.taken_back + found.kept


def _is_any_seen(run: RowMapping, plans: Sequence[PersonPlan]) -> bool:
    """Whether anybody who came would still be shown on the occurrence's call records."""
    mine = (_mine(plan, run) for plan in plans)
    return any(item.row["attended_seconds"] > 0 and not is_out(item) for item in mine)


def _note_records(runtime: Runtime, run: RowMapping, rules: Rules, *, has_audience: bool) -> None:
    """Note which records that are nobody's own would be taken back."""
    with writing(runtime.database) as connection:
        place = find_occurrence(connection, run["occurrence_pk"])
        webinar = find_webinar(connection, place["webinar_pk"])
        is_off = webinar["is_zoom_events"] or why_off(webinar, rules) is not None
        changes: list[Change] = []
        has_recordings = why_recordings_off(connection, webinar, rules.settings) is None
        if is_off or not has_recordings or not has_audience:
            kinds = standing_calls(connection, place["id"])
            changes += [withdrawn_change("", kind) for kind in kinds]
        event_id = standing_event(connection, webinar, place) if is_off else None
        if event_id is not None:
            changes.append(withdrawn_change("", "marketing_event", event_id))
        add_changes(connection, run["id"], changes)
        count_in_run(connection, run["id"], withdrawn=len(changes))


def _note_nameless(runtime: Runtime, run: RowMapping, items: Sequence[Appearance]) -> None:
    with writing(runtime.database) as connection:
        excluded = sum(item.verdict is not None for item in items)
        count_in_run(connection, run["id"], total=len(items), done=len(items), excluded=excluded)
        changes = [change for item in items for change in decision_change(item)]
        add_changes(connection, run["id"], changes)


def _effect_changes(
    connection: Connection, run: RowMapping, plans: Iterable[PersonPlan], rules: Rules
) -> list[Change]:
    wanted = [
        (plan.person["email"], effect)
        for plan in plans
        for item in plan.appearances
        if item.row["occurrence_pk"] == run["occurrence_pk"]
        for effect in occurrence_wishes(item, rules)
    ]
    applied = applied_keys(connection, run["portal_id"], [effect.key for _, effect in wanted])
    return [
        effect_change(email, effect.kind) for email, effect in wanted if effect.key not in applied
    ]
