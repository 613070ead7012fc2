"""What HubSpot refused of an occurrence, and trying it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)

from engine.write_warnings import PersonRefusal, RefusedWrite, WriteFacts
from store.tables import effect, occurrence_person, person, run

_BY_RANK: tuple[PersonRefusal, ...] = (
    "invalid_email",
    "contact_not_created",
    "contact_not_updated",
    "timeline",
)


def refusals_of(connection: Connection, occurrence_pks: Sequence[int]) -> dict[int, WriteFacts]:
    """What was refused of each occurrence: failing people by what it was, and shared writes."""
    people: dict[int, dict[PersonRefusal, int]] = defaultdict(dict)
    for row in connection.execute(_failing_people(occurrence_pks)).mappings():
        people[row["occurrence_pk"]][_BY_RANK[row["rank"]]] = row["people"]
    shared: dict[int, list[RefusedWrite]] = defaultdict(list)
    writes = connection.execute(
        select(effect.c.occurrence_pk, effect.c.kind, effect.c.applied_hash, effect.c.error)
        .where(
            effect.c.occurrence_pk.in_(occurrence_pks),
            effect.c.state == "rejected",
            effect.c.occurrence_person_pk.is_(None),
        )
        .order_by(effect.c.id)
    )
    for write in writes:
        refused = RefusedWrite(write.kind, not write.applied_hash, write.error)
        shared[write.occurrence_pk].append(refused)
    return {pk: WriteFacts(people.get(pk, {}), tuple(shared.get(pk, ()))) for pk in occurrence_pks}


def _failing_people(occurrence_pks: Sequence[int]) -> Select[tuple[int, int, int]]:
    """Failing people by (occurrence, rank of what was refused), each counted once."""
    failing = (
        occurrence_person.c.occurrence_pk.in_(occurrence_pks),
        occurrence_person.c.outcome == "failing",
        occurrence_person.c.reason == "rejected",
        effect.c.state == "rejected",
    )
    message = func.lower(effect.c.error)
    of_contact = case(
        (person.c.contact_id.is_not(None), _BY_RANK.index("contact_not_updated")),
        (
            or_(message.like("%invalid_email%"), message.like("%email address%invalid%")),
            _BY_RANK.index("invalid_email"),
        ),
        else_=_BY_RANK.index("contact_not_created"),
    )
    row = (occurrence_person.c.id.label("pk"), occurrence_person.c.occurrence_pk)
    contacts = (
        select(*row, of_contact.label("rank"))
        .join(person, person.c.id == occurrence_person.c.person_pk)
        .join(effect, effect.c.person_pk == person.c.id)
        .where(*failing, effect.c.kind == "contact")
    )
    carrier = func.coalesce(occurrence_person.c.lead_pk, occurrence_person.c.id)
    timelines = (
        select(*row, literal(_BY_RANK.index("timeline")))
        .join(effect, effect.c.occurrence_person_pk == carrier)
        .where(*failing)
    )
    every = union_all(contacts, timelines).subquery()
    first = (
        select(every.c.pk, every.c.occurrence_pk, func.min(every.c.rank).label("rank"))
        .group_by(every.c.pk, every.c.occurrence_pk)
        .subquery()
    )
    return select(first.c.occurrence_pk, first.c.rank, func.count().label("people")).group_by(
        first.c.occurrence_pk, first.c.rank
    )


def try_again(connection: Connection, occurrence_pk: int) -> int:
    """Have everything HubSpot refused of the occurrence and its people sent once more; how much."""
    its_people = select(occurrence_person.c.person_pk).where(
        occurrence_person.c.occurrence_pk == occurrence_pk,
        occurrence_person.c.outcome == "failing",
        occurrence_person.c.person_pk.is_not(None),
    )
    values: Mapping[str, Any] = {
        "state": "planned",
        "attempts": 0,
        "doubts": 0,
        "not_before": None,
        "error": "",
    }
    count = 0
    for mine in (
        effect.c.occurrence_pk == occurrence_pk,
        effect.c.person_pk.in_(its_people) & (effect.c.kind == "contact"),
    ):
        statement = update(effect).where(mine, effect.c.state == "rejected").values(values)
        count += connection.execute(statement).rowcount
    return count


def run_problems(connection: Connection, occurrence_pks: Sequence[int]) -> dict[int, str]:
    """Why the newest run of each occurrence broke off, for those whose did."""
    later = run.alias("later")
    has_later = exists().where(
        later.c.occurrence_pk == run.c.occurrence_pk,
        later.c.is_dry.is_(False),
        later.c.finished_at > run.c.finished_at,
    )
    rows = connection.execute(
        select(run.c.occurrence_pk, run.c.message).where(
            run.c.occurrence_pk.in_(occurrence_pks),
            run.c.state == "failed",
            run.c.is_dry.is_(False),
            ~has_later,
        )
    )
    return {row.occurrence_pk: row.message for row in rows}
