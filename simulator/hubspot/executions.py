"""Contacts at a workflow's action: asked once or again, waiting, and done with exactly one outcome.

https://developers.hubspot.com/docs/apps/developer-platform/add-features/custom-workflow-actions
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FINAL_STATES = frozenset({"SUCCESS", "FAIL_CONTINUE"})


@dataclass(slots=True)
class Execution:
    """One contact at one action; ``statuses`` has the answer of each time the app was asked.

    ``state``: ``asking`` until an answer came, ``blocked`` while it waits, then ``done``.
    """

    callback_id: str
    portal_id: int
    contact_id: str
    state: Literal["asking", "blocked", "done"] = "asking"
    outputs: dict[str, Any] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    was_blocked: bool = False


class Executions:
    """All executions of all accounts by callback id; safe to use from several threads.

    ``completed`` and ``refused`` list completions in the order they came.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.all: dict[str, Execution] = {}
        self.completed: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []

    def begin(self, callback_id: str, portal_id: int, contact_id: str) -> None:
        """The app is asked; the same callback is asked again."""
        with self._lock:
            if callback_id not in self.all:
                self.all[callback_id] = Execution(callback_id, portal_id, contact_id)

    def answered(self, callback_id: str, status: int, body: Any) -> None:
        """Take the app's answer: the first outcome counts, BLOCK waits for one."""
        outputs = body.get("outputFields") if isinstance(body, dict) else None
        with self._lock:
            found = self.all[callback_id]
            found.statuses.append(status)
            if not 200 <= status < 300 or found.state == "done":
                return
            given = dict(outputs) if isinstance(outputs, dict) else {}
            if given.get("hs_execution_state") in ("BLOCK", "ASYNC"):
                found.state, found.was_blocked = "blocked", True
                return
            found.state, found.outputs = "done", given

    def why_refused(self, callback_id: str) -> str:
        """Why a completion would be refused; empty when it would be taken."""
        with self._lock:
            found = self.all.get(callback_id)
            if found is None:
                known = any(one["callbackId"] == callback_id for one in self.completed)
                return "already completed" if known else ""
            return {"asking": "not blocked", "done": "already completed"}.get(found.state, "")

    def complete(self, callback_id: str, portal_id: int, outputs: Mapping[str, Any]) -> None:
        """End a waiting execution, or note an outcome for one the app made up."""
        entry = {
            "callbackId": callback_id,
            "portalId": portal_id,
            "outputFields": dict(outputs),
        }
        with self._lock:
            self.completed.append(entry)
            if found := self.all.get(callback_id):
                found.state, found.outputs = "done", dict(outputs)

    def refuse(self, callback_id: str, portal_id: int, why: str) -> None:
        """Note a completion that was not taken."""
        entry = {"callbackId": callback_id, "portalId": portal_id, "why": why}
        with self._lock:
            self.refused.append(entry)

    def describe(self) -> list[dict[str, Any]]:
        """Every execution as the control shows it."""
        with self._lock:
            return [
                {
                    "callback_id": one.callback_id,
                    "portal_id": one.portal_id,
                    "contact_id": one.contact_id,
                    "state": one.state,
                    "outputs": one.outputs,
                    "statuses": one.statuses,
                    "was_blocked": one.was_blocked,
                }
                for one in self.all.values()
            ]
