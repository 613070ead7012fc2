"""A dry run: the plan under changed settings, compared with what is in force; nothing is written.

Same gathering, same plugins, same wishes as a real run; HubSpot is only read, and only for people
it was never asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, RowMapping

from jobs.changes import Change, contact_changes, decision_change, effect_change
from jobs.companions import gather_companions
from jobs.contacts import STRETCH
from jobs.decisions import decide_nameless, decide_people
from jobs.gathering import Appearance, PersonPlan, Rules, gather, gather_nameless, load_rules
from jobs.runtime import Runtime
from jobs.wishes import due_changes, occurrence_wishes
from schemas.plugin_forms import PluginForm
from schemas.tenant_settings import apply_patch, dump_settings, load_settings
from store.database import reading, writing
from store.ledger_reading import applied_keys
from store.people import nameless_of_occurrence, people_of_occurrence
from store.runs import add_changes, count_in_run
from store.settings import read_settings


def preview(runtime: Runtime, run: RowMapping) -> None:
    """Note in the run what a real one would change for the occurrence's people."""
    rules = _rules(runtime, run)
    after = 0
    while True:
        with reading(runtime.database) as connection:
            pks = people_of_occurrence(connection, run["occurrence_pk"], after, STRETCH)
            plans = gather(connection, pks)
            plans += gather_companions(connection, plans)
        if not pks:
            break
        after = pks[-1]
        decided = decide_people(runtime, plans, rules, runtime.clock())
        _note_people(runtime, run, decided[: len(pks)], rules)
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
    runtime: Runtime, run: RowMapping, plans: Sequence[PersonPlan], rules: Rules
) -> None:
    with writing(runtime.database) as connection:
        changes: list[Change] = []
        counts = {"excluded": 0, "created": 0, "updated": 0, "unchanged": 0}
        for plan in plans:
            mine = next(
                i for i in plan.appearances if i.row["occurrence_pk"] == run["occurrence_pk"]
            )
            counts["excluded"] += mine.verdict is not None and not mine.verdict.hold
            changes += decision_change(mine)
            if mine.verdict is not None:
                continue
            due = contact_changes(plan.person, due_changes(plan) or {})
            is_new = plan.person["contact_id"] is None
            counts["created" if is_new and due else "updated" if due else "unchanged"] += 1
            changes += due
        changes += _effect_changes(connection, run, plans, rules)
        add_changes(connection, run["id"], changes)
        count_in_run(connection, run["id"], total=len(plans), done=len(plans), **counts)


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
