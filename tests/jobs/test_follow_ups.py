"""Which follow-ups may run; what becomes of them is in the scenarios."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import RowMapping, update

from engine.plan import FOLLOW_UP, WantedEffect
from jobs.runtime import Runtime
from store.database import writing
from store.follow_ups import next_follow_up, portals_with_follow_ups
from store.ledger import Wish, record_wishes
from store.tables import person
from tests.jobs.conftest import NOW, PORTAL

ADA = "ada@northquay.example"


@pytest.mark.parametrize(
    "unknown",
    [{"contact_id": None}, {"is_deleted": True}, {"must_read": True}],
    ids=["not looked up", "deleted", "to be looked up again"],
)
def test_a_follow_up_waits_until_its_persons_contact_is_known(
    place: RowMapping, runtime: Runtime, unknown: dict[str, Any]
) -> None:
    with writing(runtime.database) as connection:
        values = {
            "portal_id": PORTAL,
            "email": ADA,
            "contact": {},
            "contact_id": "7",
            "must_read": False,
        }
        pk = connection.execute(person.insert().values(values)).inserted_primary_key
        wanted = WantedEffect("follow_up:1", FOLLOW_UP, {"function": "a:b", "arguments": {}})
        wish = Wish(wanted, occurrence_pk=place["id"], person_pk=pk[0])
        record_wishes(connection, PORTAL, [wish], run_id="", now=NOW)
        assert portals_with_follow_ups(connection, NOW) == [PORTAL]
        connection.execute(update(person).values(unknown))
        assert portals_with_follow_ups(connection, NOW) == []
        assert next_follow_up(connection, PORTAL, NOW) is None
