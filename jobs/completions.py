"""Telling HubSpot what came of requests it was told to wait for.

https://developers.hubspot.com/docs/api-reference/latest/automation/workflow-actions/custom-action-reference
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import RowMapping

from clients.errors import Rejected, outage_of
from clients.hubspot import CALLBACK_BATCH
from engine.registration_outcomes import OUTCOMES
from jobs.request_work import RequestWork
from rollcall.errors import NeedsAttention, Retryable
from schemas.hubspot_actions import action_outputs
from schemas.hubspot_api import CallbackCompletion
from store.completions import begin_completing, end_completing, gather_completions, tell_later
from store.database import writing

UNHEARD_AFTER = timedelta(seconds=75)
"""Longer than any call lasts; then the same outcomes are told again."""
WITHOUT_CONNECTION = timedelta(minutes=15)

log = structlog.get_logger(__name__)


def complete_requests(work: RequestWork) -> int:
    """Tell HubSpot the outcomes it waits for; how many.

    The first goes at once, those right behind it together: a full call, or after a moment.
    """
    told = 0
    while True:
        work.keep()
        patience = work.runtime.timing.coalesce
        with writing(work.runtime.database) as connection:
            gather_completions(connection, work.portal_id, work.now, patience, CALLBACK_BATCH)
            rows = begin_completing(
                connection, work.portal_id, work.now, work.now + UNHEARD_AFTER, CALLBACK_BATCH
            )
        if not rows:
            return told
        told += len(rows)
        expired = [row for row in rows if row["expires_at"] <= work.now]
        _end(work, expired, accepted=False)
        if not _tell(work, [row for row in rows if row not in expired]):
            return told


def _tell(work: RequestWork, rows: Sequence[RowMapping]) -> bool:
    """Tell these outcomes; False when HubSpot cannot be told anything at the moment."""
    if not rows:
        return True
    try:
        hubspot = work.runtime.platforms.hubspot(work.portal_id, "live")
        hubspot.complete_callbacks([_completion(row) for row in rows])
    except Rejected as refusal:
        return _refused(work, rows, refusal)
    except Retryable as error:
        # Telling an outcome twice is harmless: HubSpot takes the first.
        pause = (outage_of(error) or error).retry_after or 2.0
        _put_off(work, rows, timedelta(seconds=pause), str(error))
        return False
    except NeedsAttention as error:
        _put_off(work, rows, WITHOUT_CONNECTION, str(error))
        return False
    _end(work, rows, accepted=True)
    return True


def _refused(work: RequestWork, rows: Sequence[RowMapping], refusal: Rejected) -> bool:
    """One callback nobody waits for any more may spoil the call for all: halves, then singles."""
    if len(rows) > 1:
        middle = len(rows) // 2
        return all([_tell(work, rows[:middle]), _tell(work, rows[middle:])])
    log.warning(
        "completion_refused",
        portal=work.portal_id,
        why=str(refusal),
        what_happens="the workflow waits for it no longer",
    )
    _end(work, rows, accepted=False)
    return True


def _end(work: RequestWork, rows: Sequence[RowMapping], *, accepted: bool) -> None:
    if rows:
        with writing(work.runtime.database) as connection:
            pks = [row["id"] for row in rows]
            end_completing(connection, pks, work.now, accepted=accepted)


def _put_off(work: RequestWork, rows: Sequence[RowMapping], pause: timedelta, why: str) -> None:
    log.warning("completions_put_off", portal=work.portal_id, count=len(rows), why=why)
    with writing(work.runtime.database) as connection:
        tell_later(connection, [row["id"] for row in rows], work.now + pause)


def _completion(row: RowMapping) -> CallbackCompletion:
    state = OUTCOMES[row["outcome"]].state
    outputs = action_outputs(row["outcome"], row["join_url"], row["registrant_id"], row["message"])
    return CallbackCompletion(row["callback_id"], state, outputs)
