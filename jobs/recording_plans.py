"""Which effects an occurrence's recordings call for: plugins are asked, wishes are noted.

Once the attendance is settled, for then it is known who came. A recording that is gone takes back
what was written of it, whatever the switches say by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping

from engine.dispatch import Decision, RecordingQuestion, StampedEffect
from engine.plan import (
    AUDIENCE_KINDS,
    CALL_KINDS,
    UNDOES,
    WantedEffect,
    call_external_id,
    effect_key,
    to_milliseconds,
)
from jobs.asking import ask_plugins
from jobs.decisions import occurrence_value, tenant_of
from jobs.gathering import Rules, load_rules
from jobs.slices import Slice
from jobs.wanting import want_effects
from rollcall import (
    AuditEntry,
    CallRecord,
    ContactSnapshot,
    Context,
    MarketingEventText,
    Recording,
    TimelineEvent,
    Totals,
)
from store.audiences import has_audience, withdraw_unsent, withdraw_unsent_of
from store.database import reading
from store.ledger import Wish, withdraw_planned
from store.ledger_reading import find_effect
from store.recording_facts import StoredRecording, change_recording, recordings_of
from store.runs import count_in_run
from store.settings import read_settings
from store.switches import why_recordings_off
from store.webinar_facts import find_instance, find_occurrence, find_webinar
from store.withdrawals import is_audience_excluded

Kind = TypeVar("Kind")

EMPTY_TRANSCRIPT: Mapping[str, Any] = {"file": "", "size": 0}
GONE = ("trashed", "deleted", "unavailable")


@dataclass(frozen=True, slots=True)
class Place:
    """The occurrence whose recordings are planned, and the rules in force for it."""

    occurrence: RowMapping
    webinar: RowMapping
    rules: Rules
    is_off: bool


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """One recording that can be watched, and what plugins want of it.

    ``is_deserted``: a call record was wanted, but for people who are all excluded.
    """

    place: Place
    stored: StoredRecording
    recording: Recording
    external_id: str
    call: tuple[StampedEffect, CallRecord] | None
    events: tuple[tuple[StampedEffect, TimelineEvent], ...]
    is_deserted: bool

    def key(self, kind: str, *more: str | int) -> str:
        """The key of an effect of this recording."""
        return recording_key(kind, self.place.webinar, self.external_id, *more)


def recording_key(kind: str, webinar: RowMapping, external_id: str, *more: str | int) -> str:
    """The key of an effect of the recording with this external id."""
    return effect_key(kind, webinar["portal_id"], webinar["account_id"], external_id, *more)


def plan_recordings(slice_: Slice) -> list[RecordingPlan]:
    """Note what is wanted of the occurrence's recordings, unless this run has done so before."""
    with reading(slice_.runtime.database) as connection:
        occurrence = find_occurrence(connection, slice_.run["occurrence_pk"])
        found = recordings_of(connection, [occurrence["id"]])[occurrence["id"]]
        if all(one.row["planned_run"] == slice_.run["id"] for one in found):
            return []
        place = _place(slice_, connection, occurrence)
    _withdraw_gone(slice_, place, [one for one in found if one.state.state in GONE])
    watchable = [one for one in found if one.state.state == "available"]
    if place.is_off:
        _stop(slice_, place, watchable)
        return []
    if occurrence["settled_at"] is None:
        return []
    plans = _decide(slice_, place, watchable)
    with slice_.writing() as connection:
        # Somebody kept out since gets nothing that was planned before.
        withdraw_unsent(connection, occurrence["id"], AUDIENCE_KINDS)
        for plan in plans:
            _record_call(slice_, connection, plan)
    return plans


def _place(slice_: Slice, connection: Connection, occurrence: RowMapping) -> Place:
    portal_id = slice_.run["portal_id"]
    webinar = find_webinar(connection, occurrence["webinar_pk"])
    version, settings = read_settings(connection, portal_id)
    rules = load_rules(connection, portal_id, version, settings, slice_.runtime)
    is_off = (
        webinar["is_zoom_events"] or why_recordings_off(connection, webinar, settings) is not None
    )
    return Place(occurrence, webinar, rules, is_off)


# --- what plugins say ----------------------------------------------------------------------------


def _decide(slice_: Slice, place: Place, found: Sequence[StoredRecording]) -> list[RecordingPlan]:
    runtime, rules = slice_.runtime, place.rules
    with reading(runtime.database) as connection:
        values = [_value(connection, place, one) for one in found]
    known = [(one, value) for one, value in zip(found, values, strict=True) if value is not None]
    if not known:
        return []
    questions = [RecordingQuestion(value, _context(place, runtime.clock())) for _, value in known]
    decisions = ask_plugins(runtime, questions, rules)
    with slice_.writing() as connection:
        return [
            _plan(connection, place, one, value, decision)
            for (one, value), decision in zip(known, decisions, strict=True)
        ]


def _value(connection: Connection, place: Place, one: StoredRecording) -> Recording | None:
    """The recording as plugins see it; None for a rehearsal's, or while its start is not known."""
    session = find_instance(connection, one.row["portal_id"], one.row["uuid"])
    if session is not None and session["is_rehearsal"]:
        return None
    started_at = (session["started_at"] if session else None) or one.row["started_at"]
    if started_at is None:
        return None
    return Recording(
        occurrence=occurrence_value(place.webinar, place.occurrence),
        instance_uuid=one.row["uuid"],
        started_at=started_at,
        duration_seconds=one.row["duration_seconds"],
        share_url=one.row["share_url"],
        has_transcript=one.state.transcript is not None,
    )


def _context(place: Place, now: datetime) -> Context:
    return Context(
        tenant=tenant_of(place.webinar["portal_id"], place.rules.settings),
        settings={},
        contact=ContactSnapshot(),
        totals=Totals(),
        now=now,
    )


def _plan(
    connection: Connection,
    place: Place,
    one: StoredRecording,
    value: Recording,
    decision: Decision,
) -> RecordingPlan:
    external_id = one.row["external_id"] or call_external_id(
        place.webinar["webinar_id"], place.occurrence["occurrence_id"], value.started_at
    )
    call = next(_of_kind(decision.effects, CallRecord), None)
    failed = {failure.plugin for failure in decision.failures}
    problem = "plugin_failed" if failed else ""
    is_deserted = False
    if call and not has_audience(connection, place.occurrence["id"], call[1].audience):
        audience = call[1].audience
        is_deserted = is_audience_excluded(connection, place.occurrence["id"], audience)
        problem, call = "no_participants", None
    if call and _written_by(connection, place, external_id) in failed:
        call = None  # whoever wrote it cannot be asked, and that is no reason to rewrite it
    texts = [text.text for _, text in _of_kind(decision.effects, MarketingEventText)]
    change_recording(
        connection,
        one.row["id"],
        external_id=external_id,
        problem=problem,
        event_text=one.row["event_text"] if failed else "\n".join(texts),
        entries=[entry.message for _, entry in _of_kind(decision.effects, AuditEntry)],
    )
    events = tuple(_of_kind(decision.effects, TimelineEvent))
    return RecordingPlan(place, one, value, external_id, call, events, is_deserted)


def _written_by(connection: Connection, place: Place, external_id: str) -> str:
    """The plugin that says what the recording's call record holds; "" while there is none."""
    key = recording_key("call", place.webinar, external_id)
    known = find_effect(connection, place.webinar["portal_id"], key)
    return str(known["plugin"]) if known is not None and known["applied_hash"] else ""


def _of_kind(
    effects: Iterable[StampedEffect], kind: type[Kind]
) -> Iterator[tuple[StampedEffect, Kind]]:
    return ((said, said.effect) for said in effects if isinstance(said.effect, kind))


# --- wishes --------------------------------------------------------------------------------------


def _record_call(slice_: Slice, connection: Connection, plan: RecordingPlan) -> None:
    """Want the call record; a plugin that no longer asks for one changes nothing written.

    Nor does an audience that is excluded, but in a run that withdraws.
    """
    if plan.call is None:
        if slice_.run["is_withdrawal"] and plan.is_deserted:
            take_back_call(slice_, connection, plan.place, plan.external_id)
            return
        known = find_effect(connection, slice_.run["portal_id"], plan.key("call"))
        if known is not None and not known["applied_hash"]:
            withdraw_planned(connection, known["id"])
        return
    (said, wanted), row = plan.call, plan.stored.row
    player = ""
    if wanted.with_player:
        player = slice_.runtime.links.link(row["id"], row["portal_id"], row["uuid"])
    payload = {
        "external_id": plan.external_id,
        "account": plan.place.webinar["account_id"],
        "title": wanted.title,
        "body": wanted.body,
        "started_at": to_milliseconds(plan.recording.started_at),
        "seconds": plan.recording.duration_seconds,
        "player": player,
    }
    effect = WantedEffect(plan.key("call"), "call", payload, said.plugin, said.version)
    record_call_wish(slice_, connection, plan.place.occurrence["id"], effect)


def record_call_wish(
    slice_: Slice, connection: Connection, occurrence_pk: int, wanted: WantedEffect
) -> None:
    """Want an effect that concerns no single person, and count it in the run."""
    counts = want_effects(connection, slice_, [Wish(wanted, occurrence_pk=occurrence_pk)])
    count_in_run(connection, slice_.run["id"], total=counts.planned, unchanged=counts.unchanged)


def _withdraw_gone(slice_: Slice, place: Place, gone: Sequence[StoredRecording]) -> None:
    """Take link and text out of what was written of recordings that are gone."""
    with slice_.writing() as connection:
        for one in gone:
            external_id = one.row["external_id"]
            if not external_id:
                continue
            withdraw_unsent_of(connection, place.occurrence["id"], AUDIENCE_KINDS, external_id)
            change_recording(connection, one.row["id"], event_text="", problem="")
            _withdraw(slice_, connection, place, "call", external_id, body="", player="")
            _withdraw(slice_, connection, place, "transcript", external_id, **EMPTY_TRANSCRIPT)


def _stop(slice_: Slice, place: Place, found: Sequence[StoredRecording]) -> None:
    """Send nothing more of recordings that are switched off; what was written stays as it is.

    But in a run that withdraws.
    """
    with slice_.writing() as connection:
        for one in found:
            external_id = one.row["external_id"]
            if not external_id:
                continue
            withdraw_unsent_of(connection, place.occurrence["id"], AUDIENCE_KINDS, external_id)
            if slice_.run["is_withdrawal"]:
                take_back_call(slice_, connection, place, external_id)
                change_recording(connection, one.row["id"], event_text="")
                continue
            for kind in CALL_KINDS:
                key = recording_key(kind, place.webinar, external_id)
                known = find_effect(connection, slice_.run["portal_id"], key)
                if known is None or known["state"] != "planned" or UNDOES in known["wanted"]:
                    continue
                if not known["applied_hash"]:
                    withdraw_planned(connection, known["id"])
                else:
                    as_written = WantedEffect(key, kind, known["applied"])
                    record_call_wish(slice_, connection, place.occurrence["id"], as_written)


def take_back_call(slice_: Slice, connection: Connection, place: Place, external_id: str) -> None:
    """Want call record and transcript of the recording to be put into HubSpot's bin."""
    for kind, emptied in (("call", {"body": "", "player": ""}), ("transcript", EMPTY_TRANSCRIPT)):
        ends = {**emptied, UNDOES: recording_key(kind, place.webinar, external_id)}
        _withdraw(slice_, connection, place, kind, external_id, **ends)


def _withdraw(
    slice_: Slice,
    connection: Connection,
    place: Place,
    kind: str,
    external_id: str,
    **emptied: Any,
) -> None:
    key = recording_key(kind, place.webinar, external_id)
    known = find_effect(connection, slice_.run["portal_id"], key)
    if known is None or known["state"] == "withdrawn":
        return
    if not known["applied_hash"] and known["state"] in ("planned", "rejected"):
        withdraw_planned(connection, known["id"])
        return
    payload = {**known["wanted"], **emptied}
    wanted = WantedEffect(key, kind, payload, known["plugin"], known["plugin_version"])
    record_call_wish(slice_, connection, place.occurrence["id"], wanted)
