"""What Zoom answered a registration with, taken in as the fact a notice would have told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

from sqlalchemy import Connection, RowMapping

from engine.registration_outcomes import outcome_of_status
from jobs.live_runs import open_live_run
from jobs.presentable import presentable
from jobs.request_places import Place
from jobs.request_work import RequestWork
from rollcall.events import RegistrantStatus
from store.registration_facts import RegistrationEntry, merge_registrations
from store.webinar_facts import ensure_occurrence


@dataclass(frozen=True, slots=True)
class Added:
    """A registration Zoom has; ``status`` is "" when Zoom did not say it, the link is personal.

    ``is_known``: it is a fact already.
    """

    registrant_id: str
    status: str
    join_url: str
    is_known: bool = False


def merge_added(
    connection: Connection,
    work: RequestWork,
    place: Place,
    people: Sequence[tuple[RowMapping, Added]],
    at: datetime,
) -> None:
    """Merge the registrations, as of the moment before they were asked for.

    So they flow to HubSpot with notices switched off too; Zoom's own notice adds nothing new.
    """
    entries = [
        RegistrationEntry(
            email=row["email"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            registrant_id=added.registrant_id,
            status=_status(added.status, place.approves_by_hand),
            at=at,
            join_url=added.join_url,
        )
        for row, added in people
    ]
    where = ensure_occurrence(connection, place.webinar, place.occurrence_id)
    shown = presentable(connection, work.runtime.sealer, work.portal_id, entries)
    if merge_registrations(connection, place.webinar, where, shown):
        open_live_run(connection, work.runtime, where, "action", work.now)


def _status(status: str, is_by_hand: bool) -> RegistrantStatus:
    if status in get_args(RegistrantStatus):
        return cast(RegistrantStatus, status)
    outcome = outcome_of_status(status, is_by_hand)
    return "pending" if outcome == "pending_approval" else "approved"
