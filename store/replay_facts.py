"""What a webinar's people were decided under, and what was written of those excluded since."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, func, select, union_all

from store.tables import effect, occurrence_person
from store.withdrawals import TAKEN_BACK_KINDS


def people_by_settings(connection: Connection, occurrence_pks: Sequence[int]) -> dict[int, int]:
    """People decided upon by the version of the settings that was in force, oldest first."""
    rows = connection.execute(
        select(occurrence_person.c.settings_version, func.count().label("people"))
        .where(
            occurrence_person.c.occurrence_pk.in_(occurrence_pks),
            occurrence_person.c.decided_at.is_not(None),
        )
        .group_by(occurrence_person.c.settings_version)
        .order_by(occurrence_person.c.settings_version)
    )
    return {row.settings_version: row.people for row in rows}


def plugin_versions(connection: Connection, occurrence_pks: Sequence[int]) -> list[RowMapping]:
    """``plugin, version`` of whoever decided or wrote something of these occurrences."""
    decided = select(
        occurrence_person.c.decided_by.label("plugin"),
        occurrence_person.c.decided_by_version.label("version"),
    ).where(
        occurrence_person.c.occurrence_pk.in_(occurrence_pks),
        occurrence_person.c.outcome.in_(("excluded", "waiting")),
        occurrence_person.c.decided_by != "",
    )
    wrote = select(effect.c.plugin, effect.c.plugin_version).where(
        effect.c.occurrence_pk.in_(occurrence_pks),
        effect.c.plugin != "",
        effect.c.applied_at.is_not(None),
    )
    both = union_all(decided, wrote).subquery()
    rows = connection.execute(
        select(both.c.plugin, both.c.version).distinct().order_by(both.c.plugin, both.c.version)
    )
    return list(rows.mappings())


def written_for_excluded(connection: Connection, occurrence_pks: Sequence[int]) -> dict[str, int]:
    """How much of each kind HubSpot holds of people these occurrences exclude now."""
    excluded = select(occurrence_person.c.id).where(
        occurrence_person.c.occurrence_pk.in_(occurrence_pks),
        occurrence_person.c.outcome == "excluded",
    )
    rows = connection.execute(
        select(effect.c.kind, func.count().label("many"))
        .where(
            effect.c.occurrence_person_pk.in_(excluded),
            effect.c.kind.in_([kind for kind in TAKEN_BACK_KINDS if kind != "cancel"]),
            effect.c.state != "withdrawn",
            effect.c.applied_hash != "",
        )
        .group_by(effect.c.kind)
        .order_by(effect.c.kind)
    )
    return {row.kind: row.many for row in rows}
