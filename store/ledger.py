"""The ledger: every effect ever wanted, what was sent of it, and what HubSpot confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, String, case, select, update

from engine.plan import (
    APP_EVENT_KINDS,
    AUDIENCE_KINDS,
    IMMUTABLE_KINDS,
    WantedEffect,
    in_batches,
)
from store.leases import Lease, check_lease
from store.ledger_reading import CHUNK, effects_by_key, may_go
from store.statements import among, given, insert_rows, update_rows
from store.tables import effect, occurrence_person, person, run
from store.types import Key


@dataclass(frozen=True, slots=True)
class Wish:
    """An effect wanted for a place: an occurrence, one of its people, or a person's contact.

    ``is_due`` says that HubSpot is known not to hold it, whatever was applied before.
    """

    effect: WantedEffect
    occurrence_pk: int | None = None
    occurrence_person_pk: int | None = None
    person_pk: int | None = None
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class WishCounts:
    """How many wishes the ledger already had fulfilled, and how many it cannot fulfil."""

    unchanged: int = 0
    cannot_change: int = 0
    planned: int = 0


def record_wishes(
    connection: Connection, portal_id: str, wishes: Sequence[Wish], *, run_id: str, now: datetime
) -> WishCounts:
    """Note what is wanted: new effects are planned, changed ones planned again where HubSpot can.

    What was applied with the same payload stays as it is; an immutable effect that was applied with
    another payload is noted as ``cannot_change``; a rejected one is planned again only when its
    payload, its plugin or the settings changed. Of several wishes for one effect the first counts.
    """
    unchanged = cannot_change = planned = 0
    new_rows: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    first: dict[str, Wish] = {}
    for wish in wishes:
        first.setdefault(wish.effect.key, wish)
    for part in in_batches(first.values(), CHUNK):
        known = effects_by_key(connection, portal_id, [wish.effect.key for wish in part])
        versions = _settings_versions(connection, known.values(), run_id)
        for wish in part:
            row = known.get(wish.effect.key)
            if row is None:
                planned += 1
                new_rows.append(_new_row(portal_id, wish, run_id))
                continue
            is_news = versions.get(row["run_id"]) != versions.get(run_id)
            state = _state_after(row, wish, has_new_settings=is_news)
            unchanged += state == "applied"
            cannot_change += state == "cannot_change"
            planned += state == "planned"
            if _is_frozen(row, state):
                continue
            if state != row["state"] or row["wanted_hash"] != wish.effect.payload_hash:
                changes.append(
                    {
                        "pk": row["id"],
                        "state": state,
                        "wanted": dict(wish.effect.payload),
                        "wanted_hash": wish.effect.payload_hash,
                        "plugin": wish.effect.plugin,
                        "plugin_version": wish.effect.plugin_version,
                        "run_id": run_id,
                        # What is in doubt is still read back when it was to be.
                        "not_before": None if state == "planned" else row["not_before"],
                        "error": "" if state == "planned" else row["error"],
                    }
                )
    insert_rows(connection, effect, new_rows)
    update_rows(connection, effect, changes)
    return WishCounts(unchanged, cannot_change, planned)


def _settings_versions(
    connection: Connection, rows: Iterable[RowMapping], run_id: str
) -> dict[str, int]:
    """The settings version of this run and of those whose wishes HubSpot refused."""
    refused = {row["run_id"] for row in rows if row["state"] == "rejected"}
    if not refused:
        return {}
    found = connection.execute(
        select(run.c.id, run.c.settings_version).where(run.c.id.in_(refused | {run_id}))
    )
    return {row.id: row.settings_version for row in found}


def _state_after(row: RowMapping, wish: Wish, *, has_new_settings: bool) -> str:
    wanted = wish.effect
    if row["state"] in ("sending", "unconfirmed") and not wish.is_due:
        return str(row["state"])
    if row["state"] == "rejected" and not has_new_settings and _is_as_refused(row, wanted):
        return "rejected"
    if row["applied_hash"] == wanted.payload_hash and not wish.is_due:
        return "applied"
    if row["applied_hash"] and wanted.kind in IMMUTABLE_KINDS:
        return "cannot_change"
    return "planned"


def _is_frozen(row: RowMapping, state: str) -> bool:
    """An app event in doubt is sent again as it was: another content would be another event."""
    return row["kind"] in APP_EVENT_KINDS and state in ("sending", "unconfirmed")


def _is_as_refused(row: RowMapping, wanted: WantedEffect) -> bool:
    refused = (row["wanted_hash"], row["plugin"], row["plugin_version"])
    return refused == (wanted.payload_hash, wanted.plugin, wanted.plugin_version)


def _new_row(portal_id: str, wish: Wish, run_id: str) -> dict[str, Any]:
    return {
        "portal_id": portal_id,
        "key": wish.effect.key,
        "kind": wish.effect.kind,
        "occurrence_pk": wish.occurrence_pk,
        "occurrence_person_pk": wish.occurrence_person_pk,
        "person_pk": wish.person_pk,
        "wanted": dict(wish.effect.payload),
        "wanted_hash": wish.effect.payload_hash,
        "plugin": wish.effect.plugin,
        "plugin_version": wish.effect.plugin_version,
        "run_id": run_id,
    }


def drop_unsent(
    connection: Connection, occurrence_person_pks: Sequence[int], wanted_keys: Iterable[str]
) -> None:
    """Forget planned effects of these people that are no longer wanted; nothing sent is touched.

    What a recording brings them is planned elsewhere, with the recording.
    """
    wanted = set(wanted_keys)
    rows = connection.execute(
        select(effect.c.id, effect.c.key).where(
            among(connection, effect.c.occurrence_person_pk, occurrence_person_pks),
            effect.c.state.in_(("planned", "rejected")),
            effect.c.kind.not_in(AUDIENCE_KINDS),
        )
    ).all()
    unwanted = [{"pk": row.id, "state": "withdrawn"} for row in rows if row.key not in wanted]
    update_rows(connection, effect, unwanted)


def withdraw_called_off(
    connection: Connection, occurrence_pk: int, kinds: Sequence[str]
) -> list[int]:
    """Forget planned effects of the occurrence; the keys of the people they were about."""
    rows = connection.execute(
        update(effect)
        .where(
            effect.c.occurrence_pk == occurrence_pk,
            effect.c.kind.in_(kinds),
            effect.c.state == "planned",
        )
        .values(state="withdrawn")
        .returning(effect.c.occurrence_person_pk)
    )
    return [row.occurrence_person_pk for row in rows]


def forget_applied(connection: Connection, occurrence_pk: int, kinds: Sequence[str]) -> None:
    """HubSpot no longer holds these effects of the occurrence: they are to be sent anew.

    Except those of people who have been excluded since, or are held.
    """
    left_out = select(occurrence_person.c.id).where(
        occurrence_person.c.occurrence_pk == occurrence_pk,
        occurrence_person.c.is_excluded.is_(True) | occurrence_person.c.is_held.is_(True),
    )
    connection.execute(
        update(effect)
        .where(
            effect.c.occurrence_pk == occurrence_pk,
            effect.c.kind.in_(kinds),
            effect.c.state.in_(("applied", "cannot_change")),
        )
        .values(
            state=case((effect.c.occurrence_person_pk.in_(left_out), "withdrawn"), else_="planned"),
            applied_hash="",
            not_before=None,
        )
    )


def sendable(
    connection: Connection, occurrence_pk: int, kind: str, now: datetime, limit: int
) -> list[RowMapping]:
    """Planned effects of one kind that may go now: ``id, key, kind, wanted, wanted_hash``,
    ``occurrence_person_pk``, and ``contact_id`` and ``email`` of the person.

    Only of people whose contact is known, and is not to be looked up again first.
    """
    rows = connection.execute(
        select(
            effect.c.id,
            effect.c.key,
            effect.c.kind,
            effect.c.wanted,
            effect.c.wanted_hash,
            effect.c.occurrence_person_pk,
            person.c.contact_id,
            person.c.email,
        )
        .join(person, person.c.id == effect.c.person_pk)
        .where(
            effect.c.occurrence_pk == occurrence_pk,
            effect.c.kind == kind,
            effect.c.state == "planned",
            may_go(now),
            person.c.contact_id.is_not(None),
            person.c.is_deleted.is_(False),
            person.c.must_read.is_(False),
        )
        .order_by(effect.c.id)
        .limit(limit)
    )
    return list(rows.mappings())


def sendable_calls(
    connection: Connection, occurrence_pk: int, kind: str, now: datetime
) -> list[RowMapping]:
    """Planned effects of one kind that concern no single person and may go now."""
    rows = connection.execute(
        select(effect)
        .where(
            effect.c.occurrence_pk == occurrence_pk,
            effect.c.kind == kind,
            effect.c.state == "planned",
            may_go(now),
        )
        .order_by(effect.c.id)
    )
    return list(rows.mappings())


def withdraw_planned(connection: Connection, pk: int) -> None:
    """Forget an effect that was never applied and is not on its way."""
    connection.execute(
        update(effect)
        .where(effect.c.id == pk, effect.c.state.in_(("planned", "rejected")))
        .values(state="withdrawn")
    )


def start_sending(
    connection: Connection, held: Lease, batch_id: str, targets: Mapping[int, str]
) -> None:
    """Note before a batch leaves which effects it carries, to which record. Raises LeaseLost."""
    start_batches(connection, held, {batch_id: targets})


def start_batches(
    connection: Connection, held: Lease, batches: Mapping[str, Mapping[int, str]]
) -> None:
    """The same for several batches by their ids."""
    check_lease(connection, held)
    rows = [(pk, remote, one) for one, targets in batches.items() for pk, remote in targets.items()]
    if not rows:
        return
    pks, remotes, batch_ids = zip(*rows, strict=True)
    leaving = given(
        connection, pk=(Key, pks), remote=(String(), remotes), batch_id=(String(), batch_ids)
    )
    connection.execute(
        update(effect)
        .where(effect.c.id == leaving.c.pk)
        .values(
            state="sending",
            batch_id=leaving.c.batch_id,
            fence=held.fence,
            attempts=effect.c.attempts + 1,
            remote_id=leaving.c.remote,
        )
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """An effect as it left: its row, what was sent, and the hash of that."""

    pk: int
    kind: str
    payload: Mapping[str, Any]
    payload_hash: str


def mark_applied(
    connection: Connection, done: Sequence[tuple[Sent, str]], *, now: datetime
) -> None:
    """HubSpot confirmed these, each with the id of the record it concerns."""
    if not done:
        return
    pks = [sent.pk for sent, _ in done]
    rows = connection.execute(
        select(effect.c.id, effect.c.wanted_hash)
        .where(among(connection, effect.c.id, pks))
        .with_for_update()
    )
    wanted = {row.id: row.wanted_hash for row in rows}
    confirmed = {"applied_at": now, "error": "", "not_before": None, "doubts": 0}
    held = [(sent.pk, remote) for sent, remote in done if wanted.get(sent.pk) == sent.payload_hash]
    if held:
        answered = given(
            connection,
            pk=(Key, [pk for pk, _ in held]),
            remote=(String(), [remote for _, remote in held]),
        )
        connection.execute(
            update(effect)
            .where(effect.c.id == answered.c.pk)
            .values(
                state="applied",
                applied=effect.c.wanted,
                applied_hash=effect.c.wanted_hash,
                remote_id=answered.c.remote,
                **confirmed,
            )
        )
    update_rows(
        connection,
        effect,
        [
            {
                "pk": sent.pk,
                # Wanted otherwise since it left: sent again, unless of a kind that cannot change.
                "state": "cannot_change" if sent.kind in IMMUTABLE_KINDS else "planned",
                "applied": dict(sent.payload),
                "applied_hash": sent.payload_hash,
                "remote_id": remote,
                **confirmed,
            }
            for sent, remote in done
            if wanted.get(sent.pk, sent.payload_hash) != sent.payload_hash
        ],
    )


def mark_rejected(connection: Connection, refused: Sequence[tuple[int, str]]) -> None:
    """HubSpot refused these for good, each with its message; they wait for a change or a person."""
    update_rows(
        connection,
        effect,
        [{"pk": pk, "state": "rejected", "error": message[:1000]} for pk, message in refused],
    )


def mark_unconfirmed(
    connection: Connection, pks: Sequence[int], *, confirm_at: datetime, counts: bool = True
) -> None:
    """Nobody can tell whether these were applied: they are read back before being sent again.

    ``counts``: as a doubt of which there may not be many. Where sending again is harmless, only an
    answer that left them out counts, and no answer at all does not.
    """
    if pks:
        connection.execute(
            update(effect)
            .where(among(connection, effect.c.id, pks))
            .values(
                state="unconfirmed",
                not_before=confirm_at,
                doubts=effect.c.doubts + int(counts),
            )
        )


def mark_planned(
    connection: Connection, pks: Sequence[int], *, not_before: datetime | None, error: str = ""
) -> None:
    """These were certainly not applied and are to be sent (again)."""
    if pks:
        connection.execute(
            update(effect)
            .where(among(connection, effect.c.id, pks))
            .values(state="planned", not_before=not_before, error=error[:1000])
        )


def mark_withdrawn(connection: Connection, pks: Sequence[int]) -> None:
    """Nobody wants these any more, and HubSpot does not hold them (any more)."""
    update_rows(connection, effect, [{"pk": pk, "state": "withdrawn"} for pk in pks])


def doubt_abandoned(
    connection: Connection,
    held: Lease,
    *,
    portal_id: str,
    occurrence_pk: int | None,
    confirm_at: datetime,
    kinds: Sequence[str] = (),
    counts: bool = True,
) -> int:
    """Effects a former holder of the lease left ``sending`` become unconfirmed; how many.

    Only those of ``kinds``, if any are given. ``counts`` as in `mark_unconfirmed`.
    """
    place = (
        effect.c.occurrence_pk == occurrence_pk
        if occurrence_pk is not None
        else effect.c.occurrence_pk.is_(None)
    )
    return connection.execute(
        update(effect)
        .where(
            effect.c.portal_id == portal_id,
            place,
            effect.c.state == "sending",
            effect.c.fence < held.fence,
            *([effect.c.kind.in_(kinds)] if kinds else []),
        )
        .values(state="unconfirmed", not_before=confirm_at, doubts=effect.c.doubts + int(counts))
    ).rowcount


def unconfirmed(
    connection: Connection, occurrence_pk: int, now: datetime, kinds: Sequence[str]
) -> list[RowMapping]:
    """Unconfirmed effects that may be read back now, with their ``contact_id`` and ``email``.

    The contact is the record they were sent to, even if the person has another one by now. A call
    record is about nobody: it has neither.
    """
    rows = connection.execute(
        select(effect, effect.c.remote_id.label("contact_id"), person.c.email)
        .outerjoin(person, person.c.id == effect.c.person_pk)
        .where(
            effect.c.occurrence_pk == occurrence_pk,
            effect.c.state == "unconfirmed",
            effect.c.kind.in_(kinds),
            may_go(now),
        )
        .order_by(effect.c.batch_id, effect.c.id)
    )
    return list(rows.mappings())
