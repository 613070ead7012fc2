"""The contacts step: the portal's dirty people are looked up, decided, and written to HubSpot.

Under the portal's contacts lease. People go in stretches of about a thousand, so memory stays flat
however many there are; of each stretch creates and updates go out in full batches side by side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from engine.backfill import HISTORICAL
from jobs.bin import refresh_bin
from jobs.changes import Change, decision_change
from jobs.companions import gather_companions
from jobs.contact_writes import ContactWrite, ContactWriter, finish_people
from jobs.decisions import decide_nameless, decide_people
from jobs.gathering import Appearance, PersonPlan, Rules, gather, gather_nameless, load_rules
from jobs.lookups import look_up_contacts
from jobs.records import record_decisions, refresh_outcomes, settle_people
from jobs.slices import Slice
from jobs.wanting import want_effects
from jobs.wishes import contact_wish, due_changes, occurrence_wishes
from jobs.withdrawals import (
    Member,
    as_things_stand,
    clear_contacts,
    plan_withdrawals,
)
from rollcall.errors import Retryable
from store.database import reading
from store.ledger import (
    Sent,
    Wish,
    doubt_abandoned,
    drop_unsent,
    mark_applied,
    mark_withdrawn,
    record_wishes,
)
from store.ledger_reading import contact_effects
from store.people import dirty_nameless, dirty_people
from store.runs import add_changes, count_in_run, open_run_ids, withdrawing_runs
from store.settings import read_settings

STRETCH = 1000


class SettingsChanged(Retryable):
    """The portal's settings have a newer version: this run is superseded by the next one."""


def write_people(slice_: Slice) -> None:
    """Plan and write everybody dirty in the portal, whichever occurrence marked them.

    Whoever becomes dirty during the last stretch goes with the next run: where people keep coming,
    those written would otherwise never be registered. Raises SettingsChanged, SliceOver, LeaseLost,
    and whatever the platforms raise.
    """
    _doubt_what_was_left(slice_)
    refresh_bin(slice_)
    rules = _rules(slice_)
    while True:
        slice_.keep()
        with reading(slice_.runtime.database) as connection:
            _require_version(connection, slice_, rules)
            pks = dirty_people(connection, slice_.run["portal_id"], STRETCH)
            nameless = dirty_nameless(connection, slice_.run["portal_id"], STRETCH)
        if nameless:
            _decide_nameless(slice_, nameless, rules)
        if pks:
            _write_stretch(slice_, pks, rules)
        if max(len(pks), len(nameless)) < STRETCH:
            return


def _doubt_what_was_left(slice_: Slice) -> None:
    with slice_.writing() as connection:
        doubt_abandoned(
            connection,
            slice_.lease,
            portal_id=slice_.run["portal_id"],
            occurrence_pk=None,
            confirm_at=slice_.runtime.clock(),
            counts=False,
        )


def _rules(slice_: Slice) -> Rules:
    portal_id = slice_.run["portal_id"]
    with reading(slice_.runtime.database) as connection:
        version, settings = read_settings(connection, portal_id)
        return load_rules(connection, portal_id, version, settings, slice_.runtime)


def _require_version(connection: Connection, slice_: Slice, rules: Rules) -> None:
    version, _ = read_settings(connection, slice_.run["portal_id"])
    if version != rules.version:
        raise SettingsChanged(
            f"the settings of portal {slice_.run['portal_id']} changed; the next run applies them",
            retry_after=0.0,
        )


def _decide_nameless(slice_: Slice, rows: Sequence[RowMapping], rules: Rules) -> None:
    runtime, now = slice_.runtime, slice_.runtime.clock()
    with reading(runtime.database) as connection:
        appearances = gather_nameless(connection, rows)
    decided = decide_nameless(runtime, appearances, rules, now)
    with slice_.writing() as connection:
        _note_changes(connection, slice_, decided)
        record_decisions(connection, decided, rules, now)
        settle_people(connection, decided)
        refresh_outcomes(connection, [item.row["id"] for item in decided], now=now)
        mine = [i for i in decided if i.row["occurrence_pk"] == slice_.run["occurrence_pk"]]
        count_in_run(
            connection,
            slice_.run["id"],
            total=len(mine),
            done=len(mine),
            excluded=sum(item.verdict is not None for item in mine),
        )


def _write_stretch(slice_: Slice, pks: Sequence[int], rules: Rules) -> None:
    runtime, now = slice_.runtime, slice_.runtime.clock()
    with reading(runtime.database) as connection:
        plans = gather(connection, pks)
    wanted = [HISTORICAL] + [
        name
        for plugin in runtime.registry.plugins
        for name in plugin.description.contact_properties
    ]
    plans = look_up_contacts(slice_, plans, wanted, now)
    with reading(runtime.database) as connection:
        companions = gather_companions(connection, plans)
    plans += look_up_contacts(slice_, companions, wanted, now)
    plans = decide_people(runtime, plans, rules, now)
    with slice_.writing() as connection:
        appearances = [item for plan in plans for item in plan.appearances]
        _count_people(connection, slice_, plans)
        _note_changes(connection, slice_, appearances)
        record_decisions(connection, appearances, rules, now)
        withdrawing = withdrawing_runs(connection, slice_.run["portal_id"])
        _record_occurrence_wishes(connection, slice_, plans, rules, now)
        _record_withdrawals(connection, slice_, plans, withdrawing, now)
        if withdrawing:
            plans = clear_contacts(connection, plans, withdrawing)
        writes = _record_contact_wishes(connection, slice_, plans, now)
        writing_to = {write.plan.person["id"] for write in writes}
        settled = [plan for plan in plans if (plan.lead_pk or plan.person["id"]) not in writing_to]
        finish_people(connection, slice_, settled, now=now)
    ContactWriter(slice_, now).write(writes)


def _note_changes(connection: Connection, slice_: Slice, appearances: Sequence[Appearance]) -> None:
    """Note in the run of each occurrence who is treated otherwise than before."""
    changes: dict[int, list[Change]] = defaultdict(list)
    for item in appearances:
        changes[item.row["occurrence_pk"]] += decision_change(item)
    runs = open_run_ids(connection, slice_.run["portal_id"]) if any(changes.values()) else {}
    for occurrence_pk, lines in changes.items():
        add_changes(connection, runs.get(occurrence_pk, slice_.run["id"]), lines)


def _count_people(connection: Connection, slice_: Slice, plans: Sequence[PersonPlan]) -> None:
    mine = [
        item
        for plan in plans
        for item in plan.appearances
        if item.is_dirty and item.row["occurrence_pk"] == slice_.run["occurrence_pk"]
    ]
    excluded = sum(item.verdict is not None and not item.verdict.hold for item in mine)
    count_in_run(connection, slice_.run["id"], total=len(mine), excluded=excluded)


def _record_occurrence_wishes(
    connection: Connection,
    slice_: Slice,
    plans: Sequence[PersonPlan],
    rules: Rules,
    now: datetime,
) -> None:
    wishes: list[Wish] = []
    touched: list[Appearance] = []
    for plan in plans:
        for item in plan.appearances:
            touched.append(item)
            wishes += [
                Wish(
                    effect,
                    occurrence_pk=item.row["occurrence_pk"],
                    occurrence_person_pk=item.row["id"],
                    person_pk=plan.person["id"],
                )
                for effect in occurrence_wishes(item, rules)
            ]
    wishes, on_their_way = as_things_stand(connection, wishes, touched, now)
    counts = want_effects(connection, slice_, wishes)
    drop_unsent(
        connection,
        [item.row["id"] for item in touched],
        [*(wish.effect.key for wish in wishes), *on_their_way],
    )
    count_in_run(
        connection,
        slice_.run["id"],
        total=counts.planned,
        unchanged=counts.unchanged,
        cannot_change=counts.cannot_change,
    )


def _record_withdrawals(
    connection: Connection,
    slice_: Slice,
    plans: Sequence[PersonPlan],
    withdrawing: Mapping[int, str],
    now: datetime,
) -> None:
    """Take back what was written of people excluded where a run withdraws; it counts there."""
    members: dict[str, list[Member]] = defaultdict(list)
    for plan in plans:
        for item in plan.appearances:
            if item.row["occurrence_pk"] in withdrawing:
                members[withdrawing[item.row["occurrence_pk"]]].append((plan, item))
    for run_id, part in members.items():
        found = plan_withdrawals(connection, part, plans, now)
        counts = want_effects(connection, slice_, found.wishes)
        add_changes(connection, run_id, found.kept)
        count_in_run(connection, run_id, total=counts.planned, cannot_change=counts.cannot_change)


def _record_contact_wishes(
    connection: Connection, slice_: Slice, plans: Sequence[PersonPlan], now: datetime
) -> list[ContactWrite]:
    """Note what each contact should hold; the writes that are due because it does not."""
    known = contact_effects(connection, [plan.person["id"] for plan in plans])
    changes: dict[int, dict[str, str]] = {}
    wishes: list[Wish] = []
    fulfilled: list[tuple[Sent, str]] = []
    dropped: list[int] = []
    for plan in plans:
        person_pk = plan.person["id"]
        due = due_changes(plan)
        row = known.get(person_pk)
        if due is None:
            # A contact in doubt has just been read, so nothing more would ever be learnt of it.
            if row is not None and row["state"] in ("planned", "rejected", "unconfirmed"):
                dropped.append(row["id"])
            continue
        wanted = contact_wish(plan)
        if due:
            changes[person_pk] = due
            wishes.append(Wish(wanted, person_pk=person_pk, is_due=True))
        elif row is not None and row["state"] != "applied":
            sent = Sent(row["id"], "contact", wanted.payload, wanted.payload_hash)
            wishes.append(Wish(wanted, person_pk=person_pk))
            fulfilled.append((sent, plan.person["contact_id"] or ""))
    record_wishes(connection, slice_.run["portal_id"], wishes, run_id=slice_.run["id"], now=now)
    mark_applied(connection, fulfilled, now=now)
    mark_withdrawn(connection, dropped)
    contacts = sum(not plan.is_led for plan in plans)
    count_in_run(connection, slice_.run["id"], unchanged=contacts - len(changes))
    rows = contact_effects(connection, list(changes))
    led: dict[int | None, list[PersonPlan]] = defaultdict(list)
    for plan in plans:
        led[plan.lead_pk if plan.is_led else None].append(plan)
    return [
        ContactWrite(
            plan,
            _as_sent(rows[pk]),
            changes[pk],
            doubts=rows[pk]["doubts"],
            others=tuple(led[pk]) if pk in led else (),
        )
        for plan in plans
        if (pk := plan.person["id"]) in changes and rows[pk]["state"] == "planned"
    ]


def _as_sent(row: RowMapping) -> Sent:
    return Sent(row["id"], row["kind"], row["wanted"], row["wanted_hash"])
