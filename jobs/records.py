"""Writing down what was decided about people, and what became of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, case, or_, select, update

from engine.dispatch import Opinion
from engine.outcome import SOON, EffectState, Outcome, Standing, conclude
from engine.plan import in_batches
from jobs.gathering import Appearance, Rules
from jobs.wishes import audit_lines
from store.ledger_reading import effects_of_people
from store.people import load_occurrence_details
from store.statements import among, insert_rows, update_rows
from store.tables import decision_log, occurrence_person

AT_ONCE = 500

_OF_EACH = 3
_STANDING = (
    *(occurrence_person.c[name] for name in ("id", "lead_pk", "person_pk")),
    *(occurrence_person.c[name] for name in ("occurrence_pk", "outcome", "reason", "detail")),
    *(occurrence_person.c[name] for name in ("status", "is_excluded", "is_held")),
    occurrence_person.c.plugin_failure,
    (occurrence_person.c.attended_seconds > 0).label("has_attended"),
    occurrence_person.c.decided_at.is_(None).label("is_new"),
    (occurrence_person.c.dirty != occurrence_person.c.decided).label("is_dirty"),
)
"""What an outcome is concluded from, and what it was before.

Behind the first ``_OF_EACH`` columns most people's rows are alike.
"""


def record_decisions(
    connection: Connection, appearances: Sequence[Appearance], rules: Rules, now: datetime
) -> None:
    """Store each decision in force; a changed one is added to the log as well."""
    updates: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for item in appearances:
        if item.decision is None:
            continue
        values = _columns(item, rules.version, now)
        updates.append({"pk": item.row["id"], **values})
        if _is_news(item.row, values):
            entries.append(_log_entry(item, values, rules.version, now))
    update_rows(connection, occurrence_person, updates)
    insert_rows(connection, decision_log, entries)


def _columns(item: Appearance, version: int, now: datetime) -> dict[str, Any]:
    decision = item.decision
    assert decision is not None
    verdict = item.verdict
    failures = [f for f in decision.failures if f.hook != "should_exclude"]
    blamed = verdict or next(iter(failures), None)
    values: dict[str, Any] = {
        "is_excluded": decision.excluded_by is not None,
        "is_held": decision.held_by is not None,
        "decided_by": blamed.plugin if blamed else "",
        "decided_by_version": blamed.version if blamed else "",
        "opinions": [_opinion(opinion) for opinion in decision.opinions],
        "plugin_failure": f"{failures[0].plugin} {failures[0].message}" if failures else "",
        "settings_version": version,
        "decided_at": now,
        "lead_pk": item.carried_by,
        "outcome": SOON.name,
        "reason": SOON.reason,
        "detail": SOON.detail,
    }
    if verdict is not None:
        values |= {
            "outcome": "waiting" if verdict.hold else "excluded",
            "reason": verdict.reason,
            "detail": verdict.detail,
        }
    return values


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return {
        "plugin": opinion.plugin,
        "version": opinion.version,
        "reason": opinion.reason,
        "detail": opinion.detail,
        "hold": opinion.hold,
    }


def _is_news(row: RowMapping, values: dict[str, Any]) -> bool:
    if row["decided_at"] is None:
        return True
    return any(
        row[name] != values[name]
        for name in ("is_excluded", "is_held", "decided_by", "opinions", "plugin_failure")
    )


def _log_entry(
    item: Appearance, values: dict[str, Any], version: int, now: datetime
) -> dict[str, Any]:
    verdict = "held" if values["is_held"] else "excluded" if values["is_excluded"] else "sync"
    return {
        "portal_id": item.row["portal_id"],
        "occurrence_person_pk": item.row["id"],
        "at": now,
        "verdict": verdict,
        "reason": values["reason"] if verdict != "sync" else "",
        "detail": values["detail"],
        "decided_by": values["decided_by"],
        "decided_by_version": values["decided_by_version"],
        "settings_version": version,
        "opinions": values["opinions"],
        "entries": audit_lines(item),
    }


def settle_people(connection: Connection, appearances: Sequence[Appearance]) -> None:
    """These are planned as they were read: no longer dirty unless they changed again since."""
    pks: dict[int, list[int]] = defaultdict(list)
    for item in appearances:
        pks[item.row["dirty"]].append(item.row["id"])
    for seen, part in pks.items():
        is_same = occurrence_person.c.dirty == seen
        connection.execute(
            update(occurrence_person)
            .where(among(connection, occurrence_person.c.id, part))
            .values(decided=seen, is_live=case((is_same, False), else_=occurrence_person.c.is_live))
        )


def refresh_outcomes(
    connection: Connection,
    occurrence_person_pks: Sequence[int],
    *,
    now: datetime,
    connection_problem: str = "",
    outage: str = "",
) -> dict[str, int]:
    """Conclude the outcome of each of these people from decision and ledger; how many of each."""
    rows = connection.execute(
        select(*_STANDING).where(
            or_(
                among(connection, occurrence_person.c.id, occurrence_person_pks),
                # Whose effects one of these carries has the same outcome.
                among(connection, occurrence_person.c.lead_pk, occurrence_person_pks),
            )
        )
    ).all()
    own, shared = effects_of_people(
        connection,
        list({row.lead_pk or row.id for row in rows}),
        [row.person_pk for row in rows if row.person_pk],
    )
    details = load_occurrence_details(connection, {row.occurrence_pk for row in rows})
    counts: Counter[str] = Counter()
    changed: dict[Outcome, list[int]] = defaultdict(list)
    known: dict[Any, tuple[Outcome, bool]] = {}  # with whether it is another than before
    for row in rows:
        pk, lead_pk, person_pk = row[:_OF_EACH]
        effects = own.get(lead_pk or pk, []) + shared.get(person_pk, [])
        states = tuple([_effect_state(one, now) for one in effects])
        case_ = row[_OF_EACH:], states
        if case_ not in known:
            standing = _standing(row, details[row.occurrence_pk][0], connection_problem, outage)
            outcome = conclude(standing, [EffectState(*state) for state in states])
            before = row.outcome, row.reason, row.detail
            known[case_] = outcome, before != _columns_of(outcome)
        outcome, is_changed = known[case_]
        counts[outcome.name] += 1
        if is_changed:
            changed[outcome].append(pk)
    for outcome, pks in changed.items():
        name, reason, detail = _columns_of(outcome)
        connection.execute(
            update(occurrence_person)
            .where(among(connection, occurrence_person.c.id, pks))
            .values(outcome=name, reason=reason, detail=detail)
        )
    return counts


def _columns_of(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.name, outcome.reason, outcome.detail


def show_connection_problem(
    connection: Connection, occurrence_pk: int, problem: str, now: datetime
) -> None:
    """Let the people of an occurrence who still have something to come wait for a person.

    ``problem`` says which account has to be connected again.
    """
    for pks in _people_with_more_to_come(connection, occurrence_pk):
        refresh_outcomes(connection, pks, now=now, connection_problem=problem)


def show_outage(connection: Connection, occurrence_pk: int, outage: str, now: datetime) -> None:
    """Let them wait for a platform that does not answer; what is sent to them later ends it."""
    for pks in _people_with_more_to_come(connection, occurrence_pk):
        refresh_outcomes(connection, pks, now=now, outage=outage)


def _people_with_more_to_come(
    connection: Connection, occurrence_pk: int
) -> Iterator[Sequence[int]]:
    waiting = connection.execute(
        select(occurrence_person.c.id).where(
            occurrence_person.c.occurrence_pk == occurrence_pk,
            or_(
                occurrence_person.c.outcome == "waiting",
                occurrence_person.c.dirty != occurrence_person.c.decided,
            ),
        )
    ).scalars()
    return in_batches(waiting.all(), AT_ONCE)


def _standing(
    row: Row[Any], occurrence_row: RowMapping, connection_problem: str, outage: str
) -> Standing:
    return Standing(
        row.reason if row.is_excluded else None,
        row.detail if row.is_excluded else "",
        row.reason if row.is_held else None,
        row.detail if row.is_held else "",
        is_pending_approval=row.status == "pending",
        is_provisional=occurrence_row["settled_at"] is None and row.has_attended,
        is_undecided=row.is_new or (bool(connection_problem or outage) and row.is_dirty),
        connection_problem=connection_problem,
        outage=outage,
        plugin_failure=row.plugin_failure,
    )


def _effect_state(effect: Row[Any], now: datetime) -> tuple[Any, ...]:
    """The fields of an `EffectState`, in order."""
    due = effect.not_before
    return effect.kind, effect.state, effect.error, due is not None and due > now
