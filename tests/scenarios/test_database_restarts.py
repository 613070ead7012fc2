"""The database drops every connection in the middle of a run, as when it is restarted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

PEOPLE = [f"guest{number}@northquay.example" for number in range(4)]
EVERY, MOST = 25, 6

DROP_ALL = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.mark.postgres
def test_a_run_whose_connections_are_cut_again_and_again_ends_as_any_other_F16(
    postgres_stage: Stage,
) -> None:
    webinar = plan_webinar(postgres_stage)
    webinar.register(*PEOPLE)
    webinar.play({PEOPLE[0]: [[0, HOUR]]})
    connect(postgres_stage)
    admin = create_engine(postgres_stage.database.url, poolclass=NullPool)
    statements = cuts = 0

    def cut(*_: Any) -> None:
        nonlocal statements, cuts
        statements += 1
        if statements % EVERY == 0 and cuts < MOST:
            cuts += 1
            with admin.connect() as connection:
                connection.execute(DROP_ALL)

    event.listen(postgres_stage.database, "before_cursor_execute", cut)
    failed = 0
    while True:
        try:
            postgres_stage.pass_time()
            break
        except DBAPIError:  # The job dies; the scheduler's next tick rings for another.
            failed += 1
            assert failed <= MOST
    assert cuts == MOST
    assert webinar.outcomes() == dict.fromkeys(PEOPLE, "in_sync")
    summary = postgres_stage.simulator.summary()
    assert (summary["contacts"], summary["duplicate_effects"]) == (len(PEOPLE), 0)
    assert summary["writes"]["contacts_created"] == len(PEOPLE)
