"""No list reads a whole table: what grows with people, runs and writes is found by an index."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.api.conftest import HubSpotCaller, add_people

GROWING = (
    "occurrence_person",
    "person",
    "effect",
    "run",
    "run_change",
    "decision_log",
    "webinar",
    "inbox",
    "hand_match",
    "instance",
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite says in one word whether it reads a whole table."""
    return sqlite_url


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/webinars", {}),
        ("/api/webinars", {"search": "topic"}),
        ("/api/webinars", {"sync_status": "healthy"}),
        ("/api/webinar-statuses", {}),
        ("/api/webinars/95000000001/attendance", {}),
        ("/api/attendance", {}),
        ("/api/webinars/95000000001", {}),
        ("/api/webinars/95000000001/people", {}),
        ("/api/webinars/95000000001/people", {"outcome": "excluded", "reason": "role"}),
        ("/api/webinars/95000000001/people", {"email": "jo", "plugin": "exclusions"}),
        ("/api/webinars/95000000001/people/1", {}),
        ("/api/people", {"email": "jo@x.no"}),
        ("/api/webinars/95000000001/audit", {}),
        ("/api/contacts/501/webinars", {}),
        ("/api/webinars/95000000001/runs", {}),
        ("/api/webinars/95000000001/replay", {}),
        ("/api/runs/{run_id}", {}),
        ("/api/runs/{run_id}/changes", {}),
        ("/api/runs/{run_id}/errors", {}),
        ("/api/plugins", {}),
        ("/api/unmatched", {}),
        ("/api/hand-matches", {}),
        ("/api/webinars/95000000001/people/2/candidates", {"search": "jo"}),
        ("/api/dead-letters", {}),
        ("/api/health", {}),
        ("/api/deliveries", {}),
        ("/api/deliveries", {"state": "done", "event": "webinar.ended"}),
    ],
)
def test_F9_an_answer_is_found_by_index(
    member: HubSpotCaller, engine: Engine, path: str, query: dict[str, str]
) -> None:
    nameless = {"identity_key": "row:1", "outcome": "excluded", "reason": "no_email"}
    add_people(engine, 1, [{"email": "jo@x.no", "outcome": "excluded", "reason": "role"}, nameless])
    run_id = member.call("POST", "/api/webinars/95000000001/sync").json["run_id"]
    asked: list[tuple[str, Any]] = []
    event.listen(
        engine,
        "before_cursor_execute",
        lambda _conn, _cursor, sql, values, *_: asked.append((sql, values)),
    )
    member.get(path.format(run_id=run_id), **query)
    selects = [(sql, values) for sql, values in asked if sql.startswith("SELECT")]
    assert selects
    with engine.connect() as connection:
        for sql, values in selects:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
            for step in plan:
                assert not any(f"{step[-1]} ".startswith(f"SCAN {t} ") for t in GROWING), (
                    step,
                    sql,
                )
