"""POST /actions/add-to-webinar: a contact reached the action "Add contact to Zoom webinar".

https://developers.hubspot.com/docs/apps/developer-platform/add-features/custom-workflow-actions
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import RowMapping

from actions.parts import ActionParts
from engine.registration_outcomes import OUTCOMES, describe
from schemas.hubspot_actions import (
    Execution,
    action_outputs,
    block_answer,
    outcome_answer,
)
from store.callers import is_installed
from store.database import reading, writing
from store.registration_requests import (
    NewRequest,
    block_request,
    delay_completion,
    find_request,
    record_request,
)

EXPIRES_AFTER = timedelta(days=1)
"""So long HubSpot waits for a completion; trying ends well before."""
LOOK_EVERY = 0.05

log = structlog.get_logger(__name__)


def answer_execution(parts: ActionParts, execution: Execution) -> Mapping[str, Any]:
    """The answer to one execution: its outcome when it is there in time, else BLOCK.

    The same callback gets the same outcome, however often HubSpot asks. Raises SQLAlchemyError;
    then HubSpot has to ask again.
    """
    may_wait = parts.places.acquire(blocking=False)
    try:
        row = _take(parts, execution, is_told_to_wait=not may_wait)
        if row is None:
            log.warning("action_of_stranger", portal=execution.portal_id)
            outputs = action_outputs("not_connected", message=describe("not_connected"))
            return outcome_answer(OUTCOMES["not_connected"].state, outputs)
        if row["state"] != "done":
            parts.ring("live")
        if may_wait:
            row = _wait(parts, row)
    finally:
        if may_wait:
            parts.places.release()
    return _answer(parts, row)


def _take(parts: ActionParts, execution: Execution, *, is_told_to_wait: bool) -> RowMapping | None:
    """The request's row, new or known; None for a portal Rollcall is not installed in."""
    now = parts.now()
    with parts.writes, writing(parts.database) as connection:
        if not is_installed(connection, execution.portal_id):
            return None
        record_request(connection, _new_request(execution), now)
        row = find_request(connection, execution.portal_id, execution.callback_id)
        if is_told_to_wait or row["is_blocked"]:
            block_request(connection, row["id"], now, now + EXPIRES_AFTER)
            row = find_request(connection, execution.portal_id, execution.callback_id)
    return row


def _new_request(execution: Execution) -> NewRequest:
    return NewRequest(
        portal_id=execution.portal_id,
        callback_id=execution.callback_id,
        contact_id=execution.contact_id,
        email=execution.email,
        first_name=execution.first_name,
        last_name=execution.last_name,
        webinar_input=execution.webinar,
    )


def _wait(parts: ActionParts, row: RowMapping) -> RowMapping:
    """The row after a while, sooner when there is something to tell."""
    ends_at = time.monotonic() + parts.patience
    while row["state"] != "done" and not row["is_blocked"] and time.monotonic() < ends_at:
        time.sleep(LOOK_EVERY)
        with reading(parts.database) as connection:
            row = find_request(connection, row["portal_id"], row["callback_id"])
    return row


def _answer(parts: ActionParts, row: RowMapping) -> Mapping[str, Any]:
    """BLOCK or the outcome, whichever of the two came first; never one that loses the other."""
    if row["is_blocked"] and row["state"] != "done":
        return block_answer(row["expires_at"] - parts.now())
    if row["is_blocked"] or row["state"] != "done":
        now = parts.now()
        with parts.writes, writing(parts.database) as connection:
            # Fails, without harm, where the outcome or another BLOCK came in between.
            block_request(connection, row["id"], now, now + EXPIRES_AFTER)
            row = find_request(connection, row["portal_id"], row["callback_id"])
            is_told_later = row["state"] != "done" or delay_completion(connection, row["id"], now)
        if is_told_later:
            return block_answer(row["expires_at"] - now)
    outputs = action_outputs(row["outcome"], row["join_url"], row["registrant_id"], row["message"])
    return outcome_answer(OUTCOMES[row["outcome"]].state, outputs)
