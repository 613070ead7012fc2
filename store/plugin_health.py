"""How plugins fare: the people they make wait, and the people they failed for."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, func, select, tuple_

from store.tables import occurrence, occurrence_person

_TROUBLES = (("waiting", "plugin_unavailable"), ("failing", "plugin_failed"))


def read_plugin_health(connection: Connection, portal_id: str) -> dict[str, dict[str, int]]:
    """People by outcome (``waiting``, ``failing``) for each plugin in trouble, by its name."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = connection.execute(
        select(
            occurrence_person.c.decided_by,
            occurrence_person.c.outcome,
            func.count().label("people"),
        )
        .join(occurrence, occurrence.c.id == occurrence_person.c.occurrence_pk)
        .where(
            occurrence.c.portal_id == portal_id,
            tuple_(occurrence_person.c.outcome, occurrence_person.c.reason).in_(_TROUBLES),
        )
        .group_by(occurrence_person.c.decided_by, occurrence_person.c.outcome)
    )
    for row in rows:
        found[row.decided_by][row.outcome] = row.people
    return found
