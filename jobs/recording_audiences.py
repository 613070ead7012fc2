"""What a recording brings each person of its audience: fanned out from one decision, in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection, RowMapping

from engine.dispatch import StampedEffect
from engine.plan import WantedEffect
from jobs.recording_plans import RecordingPlan, record_call_wish
from jobs.slices import Slice
from jobs.wanting import want_effects
from rollcall import CallRecord, TimelineEvent
from rollcall.effects import Audience
from store.audiences import audience_page
from store.connections import hubspot_grant
from store.database import reading
from store.ledger import Wish
from store.ledger_reading import find_effect
from store.runs import count_in_run

PAGE = 500
TRANSCRIPT_SCOPE = "crm.extensions_calling_transcripts.write"

Wanted = Callable[[RowMapping], WantedEffect]
"""The effect wanted for one person of the audience."""


def plan_audiences(slice_: Slice, plans: Sequence[RecordingPlan]) -> None:
    """Want what each recording brings its people, and its transcript where a call record is."""
    for plan in plans:
        for said, event in plan.events:
            _plan_event(slice_, plan, said, event)
        if plan.call is not None:
            _plan_call(slice_, plan, *plan.call)


def _plan_event(
    slice_: Slice, plan: RecordingPlan, said: StampedEffect, event: TimelineEvent
) -> None:
    type_name = slice_.runtime.app_events.get(event.type)
    if type_name is None or event.type != "recording" or event.audience is None:
        return
    ended_at = plan.recording.started_at.timestamp() + plan.recording.duration_seconds
    payload = {
        "recording": plan.external_id,
        "type": type_name,
        "at": int(ended_at * 1000),
        "properties": dict(event.properties),
    }

    def wanted(row: RowMapping) -> WantedEffect:
        key = plan.key("app_recording", row["identity_key"], row["generation"])
        return WantedEffect(key, "app_recording", payload, said.plugin, said.version)

    _fan_out(slice_, plan, event.audience, wanted)


def _plan_call(slice_: Slice, plan: RecordingPlan, said: StampedEffect, call: CallRecord) -> None:
    portal_id = slice_.run["portal_id"]
    with reading(slice_.runtime.database) as connection:
        known = find_effect(connection, portal_id, plan.key("call"))
        grant = hubspot_grant(connection, portal_id)
    if known is None or known["state"] != "applied":
        return
    payload = {"recording": plan.external_id, "call": known["remote_id"]}

    def wanted(row: RowMapping) -> WantedEffect:
        key = plan.key("call_contact", row["identity_key"])
        return WantedEffect(key, "call_contact", payload, said.plugin, said.version)

    _fan_out(slice_, plan, call.audience, wanted)
    transcript = plan.stored.state.transcript
    # HubSpot leaves the scope out where a portal's plan has no transcripts: no fault, a fact.
    has_scope = grant is not None and TRANSCRIPT_SCOPE in grant.scopes
    if not call.with_transcript or transcript is None or not has_scope:
        return
    text = {**payload, "file": transcript.file_id, "size": transcript.size}
    effect = WantedEffect(plan.key("transcript"), "transcript", text, said.plugin, said.version)
    with slice_.writing() as connection:
        record_call_wish(slice_, connection, plan.place.occurrence["id"], effect)


def _fan_out(slice_: Slice, plan: RecordingPlan, audience: Audience, wanted: Wanted) -> None:
    after = 0
    while True:
        slice_.keep()
        with slice_.writing() as connection:
            rows = audience_page(connection, plan.place.occurrence["id"], audience, after, PAGE)
            _record(slice_, connection, plan, rows, wanted)
        if len(rows) < PAGE:
            return
        after = rows[-1]["id"]


def _record(
    slice_: Slice,
    connection: Connection,
    plan: RecordingPlan,
    rows: Iterable[RowMapping],
    wanted: Wanted,
) -> None:
    wishes = [
        Wish(
            wanted(row),
            occurrence_pk=plan.place.occurrence["id"],
            occurrence_person_pk=row["id"],
            person_pk=row["person_pk"],
        )
        for row in rows
    ]
    counts = want_effects(connection, slice_, wishes)
    count_in_run(
        connection,
        slice_.run["id"],
        total=counts.planned,
        unchanged=counts.unchanged,
        cannot_change=counts.cannot_change,
    )
