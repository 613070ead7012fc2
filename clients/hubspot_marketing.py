"""HubSpot's marketing events: the event, its attendance, and who is known to take part.

https://developers.hubspot.com/docs/api-reference/latest/marketing/marketing-events/guide
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from clients.errors import NotFound, Rejected
from clients.hubspot_routes import Routes
from clients.outcomes import BatchOutcome, require_batch, require_distinct, settle
from schemas import hubspot_marketing as wire
from schemas.base import Page
from schemas.hubspot_marketing import (
    AttendanceInput,
    MarketingEventBody,
    MarketingEventRow,
    ParticipationCounts,
    ParticipationRow,
    ParticipationState,
    Verb,
)

ATTENDANCE_BATCH = 100
"""Inputs of an attendance call. HubSpot documents no limit; this is that of its contact batches."""
SHORTEST_ATTENDANCE = timedelta(seconds=1)
"""HubSpot answers 200 to anything shorter, and stores nothing."""
_ROOT = "/marketing/marketing-events/{v}"


class MarketingEvents(Routes):
    """The part of the API about marketing events."""

    # --- the event

    def put_marketing_event(
        self, external_id: str, event: MarketingEventBody, *, permit: bool = True
    ) -> MarketingEventRow:
        """Create or replace the event of this external id; repeating it changes nothing."""
        body = wire.marketing_event_body(external_id, event)
        answer = self._call(
            "PUT", _ROOT + "/events/{event}", {"event": external_id}, body=body, permit=permit
        )
        # HubSpot's answer to an upsert does not always repeat the external id.
        return replace(wire.read_marketing_event(answer), external_id=external_id)

    def get_marketing_event(self, external_id: str, account: str) -> MarketingEventRow | None:
        """Return the event our app made under this external id, or None when there is none."""
        try:
            answer = self._event_call("GET", "", external_id, account)
        except NotFound:
            return None
        return wire.read_marketing_event(answer)

    def cancel_marketing_event(
        self, external_id: str, account: str, *, permit: bool = True
    ) -> None:
        """Mark the event as cancelled; its participations stay."""
        self._event_call("POST", "/cancel", external_id, account, permit=permit)

    def restore_marketing_event(
        self, external_id: str, account: str, *, permit: bool = True
    ) -> None:
        """Take the mark of a cancelled event away; its participations are as they were.

        Raises Rejected when the event stays cancelled all the same.
        """
        body = {"eventCancelled": False}
        answer = self._event_call("PATCH", "", external_id, account, body=body, permit=permit)
        if wire.read_marketing_event(answer).cancelled:
            raise Rejected("HubSpot keeps the marketing event cancelled")

    def complete_marketing_event(
        self,
        external_id: str,
        account: str,
        started_at: datetime,
        ended_at: datetime,
        *,
        permit: bool = True,
    ) -> None:
        """Mark the event as over, with its actual start and end: registered becomes no-show."""
        body = wire.completion_body(started_at, ended_at)
        self._event_call("POST", "/complete", external_id, account, body=body, permit=permit)

    # --- attendance

    def record_attendance(
        self,
        external_id: str,
        account: str,
        verb: Verb,
        inputs: Sequence[AttendanceInput],
        *,
        permit: bool = True,
    ) -> BatchOutcome:
        """Record one state for known contacts; the outcome is keyed by contact id.

        ``missing`` does not mean dropped: HubSpot leaves out what it had already. It also leaves
        out silently what it dislikes, so the following raise ValueError before anything is sent: a
        verb that is not lower-case register, attend or cancel; a moment without time zone;
        ``attend`` without both moments or shorter than ``SHORTEST_ATTENDANCE``; a contact twice.
        """
        check_attendance(verb, inputs)
        answer = self._call(
            "POST",
            _ROOT + "/attendance/{event}/{verb}/create",
            {"event": external_id, "verb": verb},
            params={"externalAccountId": account},
            body=wire.attendance_body(inputs),
            permit=permit,
        )
        stored, faults = wire.read_attendance(answer)
        sent = [one.contact_id for one in inputs]
        return settle(sent, {one: one for one in sent if one in stored}, faults)

    # --- participation

    def participations(
        self, account: str, external_id: str, state: ParticipationState | None = None
    ) -> Iterator[Page[ParticipationRow]]:
        """Yield who takes part in an event, by newest state. Rolled up late: minutes behind."""
        params = {"limit": 100} | ({"state": state} if state else {})
        route = _ROOT + "/participations/{account}/{event}/breakdown"
        parts = {"account": account, "event": external_id}
        return self._pages(route, wire.read_participations, params, parts=parts)

    def contact_participations(self, contact_id: str) -> Iterator[Page[ParticipationRow]]:
        """Yield the events of one contact; up to date sooner than the event's own list."""
        route = _ROOT + "/participations/contacts/{contact}/breakdown"
        parts = {"contact": contact_id}
        return self._pages(route, wire.read_participations, {"limit": 100}, parts=parts)

    def participation_counts(self, account: str, external_id: str) -> ParticipationCounts:
        """Return the event's counters. Rolled up late: they may read 0 for long."""
        route = _ROOT + "/participations/{account}/{event}"
        return wire.read_counts(
            self._call("GET", route, {"account": account, "event": external_id})
        )

    # --- shared

    def _event_call(
        self,
        method: str,
        tail: str,
        external_id: str,
        account: str,
        *,
        body: Any = None,
        permit: bool = True,
    ) -> Any:
        return self._call(
            method,
            _ROOT + "/events/{event}" + tail,
            {"event": external_id},
            params={"externalAccountId": account},
            body=body,
            permit=permit,
        )


def check_attendance(verb: str, inputs: Sequence[AttendanceInput]) -> None:
    """Raise ValueError for what HubSpot would answer with an empty success."""
    if verb not in ("register", "attend", "cancel"):
        raise ValueError(f"attendance knows register, attend and cancel, not {verb!r}")
    require_batch(inputs, ATTENDANCE_BATCH)
    require_distinct("contact", [one.contact_id for one in inputs])
    for one in inputs:
        if verb != "attend":
            continue
        if one.joined_at is None or one.left_at is None:
            raise ValueError(f"contact {one.contact_id}: attend needs both moments")
        if one.left_at - one.joined_at < SHORTEST_ATTENDANCE:
            raise ValueError(f"contact {one.contact_id}: left less than a second after joining")
