"""A workflow of the customer's that adds contacts to webinars; the application is served to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, select
from werkzeug.serving import WSGIRequestHandler, make_server

import app
from actions.parts import ActionParts
from jobs.work import work_off
from store.runs import Pool
from store.tables import registration_request
from tests.scenarios.stage import PORTAL, Stage


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@dataclass
class Bell:
    """Rings for the workers; ``work`` is what they do then."""

    work: Callable[[], object] | None = None

    def ring(self, pool: Pool = "live") -> None:
        """Let the workers of the live pool work, in the door's own bell thread."""
        if self.work is not None and pool == "live":
            self.work()


@dataclass
class Workflow:
    """What the customer does in HubSpot's workflows, and what came of it there."""

    stage: Stage
    url: str

    def contacts(self, *emails: str, **properties: str) -> list[str]:
        """Contacts of the customer's, made by hand; their ids."""
        people = [
            {"email": email, "firstname": email.partition("@")[0].title(), "lastname": "Guest"}
            | properties
            for email in emails
        ]
        path = f"/hubspot/portals/{PORTAL}/contacts"
        ids: list[str] = self.stage.simulator.call("POST", path, {"contacts": people})["ids"]
        return ids

    def run(self, contact_id: str, webinar: str, **more: Any) -> dict[str, Any]:
        """One contact reaches the action; the answer, with its callback id."""
        return self._call("workflow-action", contact_id=contact_id, **self._inputs(webinar), **more)

    def enroll(self, contact_ids: Sequence[str], webinar: str, **more: Any) -> list[dict[str, Any]]:
        """Many contacts reach the action at once; the answers."""
        answer = self._call(
            "workflow-enrollments", contact_ids=list(contact_ids), **self._inputs(webinar), **more
        )
        executions: list[dict[str, Any]] = answer["executions"]
        return executions

    def options(self, **fetch: str) -> dict[str, Any]:
        """What the editor is offered."""
        body = {"portal_id": int(PORTAL), "url": f"{self.url}/actions/webinar-options", **fetch}
        answer = self.stage.simulator.call("POST", "/hubspot/workflow-options", body)
        assert answer["status"] == 200, answer
        found: dict[str, Any] = answer["body"]
        return found

    def outputs(self) -> dict[str, dict[str, Any]]:
        """What each execution ended with, by contact id; {} while it waits."""
        return {one["contact_id"]: one["outputs"] for one in self.callbacks()["executions"]}

    def outcomes(self) -> dict[str, str]:
        """The outcome of each execution by contact id, "" while it waits."""
        return {one: outputs.get("outcome", "") for one, outputs in self.outputs().items()}

    def callbacks(self) -> dict[str, Any]:
        """Executions, and the completions that were taken and refused."""
        found: dict[str, Any] = self.stage.simulator.call("GET", "/hubspot/callbacks")
        return found

    def rows(self) -> list[Any]:
        """Rollcall's own rows, oldest first."""
        return self.stage.query(select(registration_request).order_by(registration_request.c.id))

    def additions(self, ending: str = "registrants") -> int:
        """How many calls to Zoom registered people, alone (`/registrants`) or together."""
        journal = self.stage.simulator.call("GET", "/journal", platform="zoom")
        return sum(
            call["count"]
            for call in journal["calls"]
            if call["method"] == "POST" and call["route"].endswith(ending)
        )

    def _inputs(self, webinar: str) -> dict[str, Any]:
        return {"input_fields": {"webinarId": webinar}}

    def _call(self, what: str, **body: Any) -> dict[str, Any]:
        wanted = {"portal_id": int(PORTAL), "url": f"{self.url}/actions/add-to-webinar", **body}
        answer: dict[str, Any] = self.stage.simulator.call("POST", f"/hubspot/{what}", wanted)
        return answer


@contextmanager
def open_workflow(
    stage: Stage, *, patience: float = 0.0, is_manned: bool = False
) -> Iterator[Workflow]:
    """The application served over HTTP; ``is_manned``: workers come when the door rings."""
    engines: list[Engine] = []
    bell = Bell((lambda: work_off(stage.runtime, "live")) if is_manned else None)
    server: Any = make_server("127.0.0.1", 0, _nothing, threaded=True, request_handler=_Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    config = replace(stage.config, web=replace(stage.config.web, public_url=url))

    def kept(open_engine: Callable[..., Engine]) -> Callable[..., Engine]:
        def open_and_keep(*arguments: Any, **more: Any) -> Engine:
            engines.append(open_engine(*arguments, **more))
            return engines[-1]

        return open_and_keep

    with (
        patch.object(app, "open_database", kept(app.open_database)),
        patch.object(app, "open_inbox", kept(app.open_inbox)),
        patch.object(app, "ActionParts", partial(ActionParts, patience=patience)),
    ):
        server.app = app.create_app(config, doorbell=bell)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Workflow(stage, url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for engine in engines:
            engine.dispose()


def _nothing(environ: Any, start_response: Any) -> list[bytes]:
    """Serves until the application is there."""
    return []
