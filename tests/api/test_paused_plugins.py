"""P11: a paused plugin over the API: what is shown, and who may have it asked again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select

from engine.offences import Offence
from store.plugin_health import OFFENCES, note_offences
from store.tables import occurrence_person
from tests.api.conftest import NOW, PORTAL, Calls, HubSpotCaller, add_people


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database will do: what is stored is tested on both with the store."""
    return sqlite_url


def pause(engine: Engine, portal_id: str = PORTAL) -> None:
    with engine.begin() as to:
        for _ in range(OFFENCES):
            offence = Offence("exclusions", "1.0.0", "in should_exclude: raised KeyError")
            note_offences(to, portal_id, [offence], NOW)


def health(caller: HubSpotCaller) -> dict[str, Any]:
    plugins = {one["name"]: one for one in caller.get("/api/plugins")["results"]}
    shown: dict[str, Any] = plugins["exclusions"]["health"]
    return shown


class TestPaused:
    def test_P11_a_paused_plugin_says_why_and_since_when_in_its_portal_alone(
        self, member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
    ) -> None:
        pause(engine)
        shown = health(member)
        assert (shown["state"], shown["since"]) == ("paused", NOW.isoformat())
        assert shown["why"] == (
            "The plugin failed 3 times in a row, last in should_exclude: raised KeyError."
        )
        assert health(stranger)["state"] == "healthy"

    def test_P11_a_person_retries_it_and_whom_it_failed_for_is_decided_upon_again(
        self, admin: HubSpotCaller, engine: Engine, calls: Calls
    ) -> None:
        pause(engine)
        held = {"outcome": "waiting", "reason": "plugin_unavailable", "decided_by": "exclusions"}
        add_people(engine, 1, [{"email": "held@x.no", **held}, {"email": "fine@x.no"}])
        version = admin.get("/api/settings")["version"]
        answer = admin.call("PATCH", "/api/plugins", {"exclusions": {"retry": True}})
        assert answer.status_code == 200, answer.text
        assert health(admin)["state"] == "needs_attention", "until somebody was decided upon"
        with engine.connect() as connection:
            rows = connection.execute(select(occurrence_person)).mappings()
            assert [row["email"] for row in rows if row["dirty"] != row["decided"]] == ["held@x.no"]
        assert calls.rung == ["bulk"]
        assert admin.get("/api/settings")["version"] == version

    def test_P11_switching_it_off_ends_the_pause_too(
        self, admin: HubSpotCaller, engine: Engine
    ) -> None:
        pause(engine)
        admin.call("PATCH", "/api/plugins", {"exclusions": {"enabled": False}})
        assert health(admin)["state"] == "off"
        admin.call("PATCH", "/api/plugins", {"exclusions": {"enabled": True}})
        assert health(admin)["state"] == "healthy"

    def test_P11_only_a_super_admin_retries(self, member: HubSpotCaller, engine: Engine) -> None:
        pause(engine)
        assert (
            member.call("PATCH", "/api/plugins", {"exclusions": {"retry": True}}).status_code == 403
        )
        assert health(member)["state"] == "paused"

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            pytest.param(
                {"exclusions": {"retry": False}},
                "plugins.exclusions.retry: Only true can be said.",
                id="no retry",
            ),
            pytest.param(
                {"nobody": {"retry": True}},
                "plugins.nobody: There is no plugin of this name.",
                id="no plugin",
            ),
            pytest.param(
                {"exclusions": {"retry": True}, "audit": {"enabled": "perhaps"}},
                "plugins.audit.enabled: Not a valid boolean.",
                id="something else is wrong",
            ),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_changed(
        self, admin: HubSpotCaller, engine: Engine, body: Any, complaint: str
    ) -> None:
        pause(engine)
        answer = admin.call("PATCH", "/api/plugins", body)
        assert (answer.status_code, answer.json["errors"]) == (400, [complaint])
        assert health(admin)["state"] == "paused"
