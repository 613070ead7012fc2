"""P11: plugins that keep failing are paused for one portal, until somebody has them asked again."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema, fields
from sqlalchemy import Connection, RowMapping, select

from engine.offences import Offence
from schemas.plugin_forms import PluginForm
from store.plugin_health import (
    OFFENCES,
    forgive,
    note_answers,
    note_offences,
    paused_elsewise,
    read_blamed,
    read_troubles,
    retry_plugins,
)
from store.settings import save_settings
from store.tables import occurrence_person, run
from tests.store.support import NOW, PORTAL, add_occurrence, add_person, add_portal, minute

OTHER = "2002"


@pytest.fixture(autouse=True)
def portals(connection: Connection) -> None:
    """Two customers."""
    add_portal(connection)
    add_portal(connection, OTHER)


def offend(
    connection: Connection, times: int = 1, version: str = "1.0.0", portal_id: str = PORTAL
) -> list[str]:
    """Count so many chunks against the plugin; what the last one paused."""
    paused: list[str] = []
    for _ in range(times):
        offence = Offence("gate", version, "in should_exclude: gave no sign of life for 10 s")
        paused = note_offences(connection, portal_id, [offence], NOW)
    return paused


def is_paused(connection: Connection, version: str = "1.0.0", portal_id: str = PORTAL) -> bool:
    trouble = read_troubles(connection, portal_id, {"gate": version}).get("gate")
    return trouble is not None and trouble.paused_at is not None


def test_the_third_chunk_in_a_row_pauses_it_and_says_why(connection: Connection) -> None:
    assert offend(connection, OFFENCES - 1) == []
    assert not is_paused(connection)
    assert offend(connection) == ["gate"]
    trouble = read_troubles(connection, PORTAL, {"gate": "1.0.0"})["gate"]
    assert trouble.paused_at == NOW
    assert trouble.words == (
        "failed 3 times in a row, last in should_exclude: gave no sign of life for 10 s"
    )


def test_a_proper_answer_sets_it_back(connection: Connection) -> None:
    offend(connection, OFFENCES - 1)
    note_answers(connection, PORTAL, ["gate"])
    assert offend(connection, OFFENCES - 1) == []
    assert not is_paused(connection)


def test_what_was_asked_before_the_pause_changes_nothing_about_it(connection: Connection) -> None:
    offend(connection, OFFENCES)
    note_answers(connection, PORTAL, ["gate"])
    note_offences(connection, PORTAL, [Offence("gate", "1.0.0", "in another hook")], minute(1))
    trouble = read_troubles(connection, PORTAL, {"gate": "1.0.0"})["gate"]
    assert (trouble.paused_at, "should_exclude" in trouble.why) == (NOW, True)


def test_other_portals_and_other_plugins_are_not_touched(connection: Connection) -> None:
    offend(connection, OFFENCES)
    assert not is_paused(connection, portal_id=OTHER)
    assert offend(connection, 1, portal_id=OTHER) == []
    forgive(connection, OTHER, ["gate"])
    forgive(connection, PORTAL, ["audit"])
    assert is_paused(connection)


def test_another_version_begins_anew(connection: Connection) -> None:
    offend(connection, OFFENCES)
    assert not is_paused(connection, "1.1.0")
    assert paused_elsewise(connection, {"gate": "1.0.0"}) == {}
    assert paused_elsewise(connection, {}) == {}, "taking it away mends nothing"
    assert paused_elsewise(connection, {"gate": "1.1.0"}) == {PORTAL: ["gate"]}
    assert offend(connection, OFFENCES - 1, "1.1.0") == []
    assert offend(connection, 1, "1.1.0") == ["gate"]


@pytest.mark.parametrize(
    ("choice", "stays"),
    [
        pytest.param({"enabled": False}, False, id="switched off"),
        pytest.param({"settings": {"limit": 3}}, False, id="set otherwise"),
        pytest.param({"order": 4}, True, id="only moved"),
        pytest.param({"enabled": True}, True, id="as it was"),
    ],
)
def test_whoever_changes_it_has_it_begin_anew(
    connection: Connection, choice: dict[str, Any], stays: bool
) -> None:
    offend(connection, OFFENCES)
    form = PluginForm(Schema.from_dict({"limit": fields.Integer()}))
    patch = {"plugins": {"gate": choice}, "raw_retention_days": 9}
    save_settings(connection, PORTAL, patch, "7", NOW, {"gate": form})
    assert is_paused(connection) is stays


HELD = {"outcome": "waiting", "reason": "plugin_unavailable", "decided_by": "gate"}
FAILED = {"outcome": "failing", "reason": "plugin_failed", "decided_by": "gate"}


class TestRetrying:
    def dirty(self, connection: Connection) -> set[str]:
        rows = connection.execute(select(occurrence_person)).mappings()
        return {row["email"] for row in rows if row["dirty"] != row["decided"]}

    @pytest.fixture
    def place(self, connection: Connection) -> RowMapping:
        """An occurrence with people in every plight."""
        place = add_occurrence(connection)
        refused = {"outcome": "failing", "reason": "rejected"}
        for email, values in {
            "held@x.no": HELD,
            "failed@x.no": FAILED | {"plugin_failure": "gate raised KeyError"},
            "both@x.no": refused | {"plugin_failure": "gate raised KeyError"},
            "refused@x.no": refused,
            "fine@x.no": {"outcome": "in_sync", "reason": ""},
        }.items():
            add_person(connection, place, email, **values)
        return place

    def test_everybody_it_failed_for_is_decided_upon_again_and_nobody_else(
        self, connection: Connection, place: RowMapping
    ) -> None:
        offend(connection, OFFENCES)
        retry_plugins(connection, PORTAL, ["gate"], NOW)
        assert not is_paused(connection)
        assert self.dirty(connection) == {"held@x.no", "failed@x.no", "both@x.no"}
        assert connection.execute(select(run.c.occurrence_pk)).scalars().all() == [place["id"]]

    def test_another_portals_people_stay_as_they_are(
        self, connection: Connection, place: RowMapping
    ) -> None:
        retry_plugins(connection, OTHER, ["gate"], NOW)
        assert self.dirty(connection) == set()

    def test_who_is_to_blame_is_named_with_what_it_did_if_it_is_paused(
        self, connection: Connection, place: RowMapping
    ) -> None:
        blamed = read_blamed(connection, [place["id"]])[place["id"]]
        assert blamed == {"plugin_unavailable": {"gate": ""}, "plugin_failed": {"gate": ""}}
        offend(connection, OFFENCES)
        blamed = read_blamed(connection, [place["id"]])[place["id"]]
        assert blamed["plugin_unavailable"]["gate"].startswith("failed 3 times in a row")
