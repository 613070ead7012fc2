"""How plugins fare in a portal: whom they keep waiting or failed for, and which are paused.

A plugin that fails `OFFENCES` chunks in a row is paused: it is not asked again until a person
retries it, switches it off, changes its settings, or installs another version of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, tuple_, update

from engine.offences import Offence
from store.runs import open_runs_for_dirty
from store.statements import insert_missing
from store.switches import plan_recordings_anew
from store.tables import occurrence, occurrence_person, plugin_trouble

OFFENCES = 3

_TROUBLES = (("waiting", "plugin_unavailable"), ("failing", "plugin_failed"))


@dataclass(frozen=True, slots=True)
class Trouble:
    """A plugin that has failed of late. ``paused_at`` is None while it is still asked.

    ``why`` says what it did in which hook, ``version`` which of its versions did.
    """

    version: str
    why: str
    paused_at: datetime | None

    @property
    def words(self) -> str:
        """What a paused plugin did, as the end of a sentence."""
        return f"failed {OFFENCES} times in a row, last {self.why}"


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


def read_troubles(
    connection: Connection, portal_id: str, versions: Mapping[str, str]
) -> dict[str, Trouble]:
    """What the portal's plugins did of late, by name; ``versions`` are those installed.

    What another version did is not held against this one.
    """
    rows = connection.execute(select(plugin_trouble).where(plugin_trouble.c.portal_id == portal_id))
    return {
        row.plugin: Trouble(row.version, row.why, row.paused_at)
        for row in rows
        if versions.get(row.plugin) == row.version
    }


def read_blamed(
    connection: Connection, occurrence_pks: Sequence[int]
) -> dict[int, dict[str, dict[str, str]]]:
    """The plugins that are to blame for people of each occurrence, by reason and name.

    Each with what it did if it is paused, else with "".
    """
    person, found = occurrence_person, defaultdict[int, dict[str, dict[str, str]]](dict)
    rows = connection.execute(
        select(person.c.occurrence_pk, person.c.reason, person.c.decided_by, plugin_trouble)
        .outerjoin(
            plugin_trouble,
            (plugin_trouble.c.portal_id == person.c.portal_id)
            & (plugin_trouble.c.plugin == person.c.decided_by)
            & plugin_trouble.c.paused_at.is_not(None),
        )
        .where(
            person.c.occurrence_pk.in_(occurrence_pks),
            tuple_(person.c.outcome, person.c.reason).in_(_TROUBLES),
        )
        .distinct()
        .order_by(person.c.decided_by)
    )
    for row in rows:
        words = Trouble(row.version, row.why, row.paused_at).words if row.why else ""
        found[row.occurrence_pk].setdefault(row.reason, {})[row.decided_by] = words
    return found


def note_offences(
    connection: Connection, portal_id: str, offences: Sequence[Offence], now: datetime
) -> list[str]:
    """Count another chunk against each of these plugins; names of those it has paused."""
    table = plugin_trouble
    insert_missing(
        connection,
        table,
        [
            {"portal_id": portal_id, "plugin": one.plugin, "version": one.version, "why": ""}
            for one in offences
        ],
        ["portal_id", "plugin"],
    )
    paused = []
    for one in offences:
        mine = (table.c.portal_id == portal_id) & (table.c.plugin == one.plugin)
        row = connection.execute(select(table).where(mine).with_for_update()).one()
        is_same = row.version == one.version
        if is_same and row.paused_at is not None:
            continue  # by somebody who asked it at the same time
        count = row.offences + 1 if is_same else 1
        is_over = count >= OFFENCES
        if is_over:
            paused.append(one.plugin)
        connection.execute(
            update(table)
            .where(mine)
            .values(
                version=one.version,
                offences=count,
                why=one.why,
                paused_at=now if is_over else None,
            )
        )
    return paused


def forgive(connection: Connection, portal_id: str, plugins: Iterable[str]) -> None:
    """Let these plugins begin anew, paused or not."""
    connection.execute(delete(plugin_trouble).where(_among(portal_id, plugins)))


def note_answers(connection: Connection, portal_id: str, plugins: Iterable[str]) -> None:
    """These plugins answered: nothing is counted against them any more, unless they are paused."""
    is_asked = plugin_trouble.c.paused_at.is_(None)
    connection.execute(delete(plugin_trouble).where(_among(portal_id, plugins), is_asked))


def _among(portal_id: str, plugins: Iterable[str]) -> Any:
    return (plugin_trouble.c.portal_id == portal_id) & plugin_trouble.c.plugin.in_(list(plugins))


def retry_plugins(
    connection: Connection, portal_id: str, plugins: Iterable[str], now: datetime
) -> None:
    """Ask these plugins again, about everybody (and every recording) a plugin has failed for."""
    forgive(connection, portal_id, plugins)
    here = select(occurrence.c.id).where(occurrence.c.portal_id == portal_id)
    is_held = tuple_(occurrence_person.c.outcome, occurrence_person.c.reason).in_(_TROUBLES)
    # Somebody HubSpot refuses something for as well shows that first.
    is_failed = (occurrence_person.c.outcome == "failing") & (
        occurrence_person.c.plugin_failure != ""
    )
    connection.execute(
        update(occurrence_person)
        .where(occurrence_person.c.occurrence_pk.in_(here), is_held | is_failed)
        .values(dirty=occurrence_person.c.dirty + 1)
    )
    plan_recordings_anew(connection, portal_id, now)
    open_runs_for_dirty(connection, portal_id, trigger="setting", pool="bulk", now=now)


def paused_elsewise(connection: Connection, versions: Mapping[str, str]) -> dict[str, list[str]]:
    """Paused plugins of which another version is installed by now, by portal."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(
        select(plugin_trouble).where(plugin_trouble.c.paused_at.is_not(None))
    ):
        if versions.get(row.plugin, row.version) != row.version:
            found[row.portal_id].append(row.plugin)
    return found
