"""Before a replay: which rules are others now, and what could not be withdrawn."""

from __future__ import annotations

from sqlalchemy import Engine, select

from store.tables import effect, occurrence_person
from tests.api.conftest import NOW, PORTAL, HubSpotCaller, add_people

REPLAY = "/api/webinars/95000000001/replay"


def test_B09_what_changed_since_people_were_decided_upon(
    admin: HubSpotCaller, member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    assert member.get(REPLAY) == {
        "settings_version": 1,
        "decided_under": [],
        "changed_settings": [],
        "changed_plugins": [],
        "written_for_excluded": [],
    }
    by = {"decided_by_version": "0.9", "outcome": "excluded"}
    add_people(
        engine,
        1,
        [
            {"email": "a@x.no", "decided_by": "exclusions", **by},
            {"email": "b@x.no", "decided_by": "gone", **by},
            {"email": "c@x.no"},
        ],
    )
    with engine.begin() as to:
        to.execute(occurrence_person.update().values(decided_at=NOW, settings_version=1))
        for row in to.execute(select(occurrence_person)).all():
            for kind in ("register", "app_attended"):
                to.execute(
                    effect.insert().values(
                        portal_id=PORTAL,
                        key=f"{row.id}{kind}",
                        kind=kind,
                        occurrence_pk=1,
                        occurrence_person_pk=row.id,
                        state="applied",
                        wanted={},
                        wanted_hash="1",
                        applied_hash="1",
                        applied_at=NOW,
                    )
                )
    off = {"plugins": {"exclusions": {"enabled": False}}}
    admin.call("PATCH", "/api/settings", {"excluded_contact_domains": ["x.no"], **off})
    shown = member.get(REPLAY)
    assert shown["settings_version"] == 2
    assert shown["decided_under"] == [{"version": 1, "people": 3}]
    assert shown["changed_settings"] == ["excluded_contact_domains", "plugins.exclusions"]
    changed = [(one["name"], one["before"]) for one in shown["changed_plugins"]]
    assert changed == [("exclusions", ["0.9"]), ("gone", ["0.9"])]
    assert shown["changed_plugins"][1]["version"] is None
    assert shown["written_for_excluded"] == [
        {"kind": "app_attended", "count": 2, "withdrawable": False},
        {"kind": "register", "count": 2, "withdrawable": True},
    ]
    assert stranger.call("GET", REPLAY).status_code == 404
    admin.call("PATCH", "/api/settings", {"excluded_contact_domains": [], "plugins": {}})
    assert "excluded_contact_domains" not in member.get(REPLAY)["changed_settings"]
