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
    portal_id = execution.portal_id
    with reading(parts.database) as connection:
        installed = is_installed(connection, portal_id)
    if not installed:
        log.warning("action_of_stranger", portal=portal_id)
        message = describe("not_connected")
        outputs = action_outputs("not_connected", message=message)
        return outcome_answer(OUTCOMES["not_connected"].state, outputs)
    with writing(parts.database) as connection:
        record_request(connection, _new_request(execution), parts.now())
        row = find_request(connection, portal_id, execution.callback_id)
    if row["state"] != "done" and not row["is_blocked"]:
        parts.ring("live")
        row = _wait(parts, row)
    return _answer(parts, row)


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
    """The row after a while, or at once where too many wait already."""
    if not parts.places.acquire(blocking=False):
        return row
    try:
        ends_at = time.monotonic() + parts.patience
        while row["state"] != "done" and not row["is_blocked"] and time.monotonic() < ends_at:
            time.sleep(LOOK_EVERY)
            with reading(parts.database) as connection:
                row = find_request(connection, row["portal_id"], row["callback_id"])
        return row
    finally:
        parts.places.release()


def _answer(parts: ActionParts, row: RowMapping) -> Mapping[str, Any]:
    """BLOCK or the outcome, whichever of the two came first; never one that loses the other."""
    now = parts.now()
    with writing(parts.database) as connection:
        if row["state"] != "done":
            # Fails, without harm, where the outcome or another BLOCK came in between.
            block_request(connection, row["id"], now, now + EXPIRES_AFTER)
        row = find_request(connection, row["portal_id"], row["callback_id"])
        is_told_later = row["state"] != "done" or delay_completion(connection, row["id"], now)
    if is_told_later:
        return block_answer(row["expires_at"] - now)
    outputs = action_outputs(row["outcome"], row["join_url"], row["registrant_id"], row["message"])
    return outcome_answer(OUTCOMES[row["outcome"]].state, outputs)
