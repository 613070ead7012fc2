"""The switches over webinars at work: each is turned over the API and shows in HubSpot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jobs import discovery
from jobs.gathering import Rules, load_rules
from tests.scenarios.door import Doors, open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import ACCOUNT, HOST, HOUR, Webinar, add_webinar, plan_webinar

OLAF = "olaf@subsidiary.example"
ADA, BEN, CLEO, DAN = (f"{name}@northquay.example" for name in ("ada", "ben", "cleo", "dan"))
STAFF = "mia@acme.example"
CAME = "ATTENDED"


@pytest.fixture
def doors(lone_stage: Stage) -> Iterator[Doors]:
    """The API beside the stage."""
    with open_doors(lone_stage) as doors:
        yield doors


def hold(webinar: Webinar, *emails: str) -> Webinar:
    """These people registered, and came for the whole hour."""
    webinar.register(*emails)
    webinar.play({email: [[0, HOUR]] for email in emails})
    return webinar


def test_S07_what_is_switched_on_while_webinars_are_being_listed_is_not_forgotten(
    lone_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    webinar = hold(plan_webinar(lone_stage), ADA)
    lone_stage.install(ACCOUNT)

    def load_just_before_somebody_decides(*given: Any) -> Rules:
        monkeypatch.undo()
        rules = load_rules(*given)
        lone_stage.set(webinar_sync="all")
        return rules

    # Under these rules the webinar, not known yet, is none to sync.
    monkeypatch.setattr(discovery, "load_rules", load_just_before_somebody_decides)
    lone_stage.pass_time()

    assert webinar.states() == {ADA: CAME}


def test_S07_S08_S10_S13_S15_S16_S24_every_switch_counts_as_it_is_now_and_what_was_missed_follows(
    lone_stage: Stage, doors: Doors
) -> None:
    """Four webinars of two hosts come to HubSpot one by one, each by the last switch over it."""
    first = hold(plan_webinar(lone_stage), ADA, STAFF)
    path = f"/zoom/accounts/{ACCOUNT}/users"
    olaf = lone_stage.simulator.call("POST", path, {"email": OLAF, "webinar_capacity": 500})
    second = hold(add_webinar(lone_stage), BEN)
    third = hold(add_webinar(lone_stage, host_id=olaf["id"]), CLEO)
    fourth = hold(add_webinar(lone_stage, host_id=olaf["id"]), DAN)
    webinars = (first, second, third, fourth)
    lone_stage.install(ACCOUNT)

    def turn(where: str, change: dict[str, Any]) -> tuple[list[str | None], set[str]]:
        """Why each webinar is not synced after the change, and who is in HubSpot."""
        doors.api("PATCH", where, change)
        lone_stage.pass_time()
        shown = [doors.api("GET", f"/webinars/{one.webinar_id}") for one in webinars]
        return [one["effective"]["why_not"] for one in shown], set(lone_stage.simulator.contacts())

    lone_stage.pass_time()
    users = {user["email"]: user["id"] for user in doors.all("/users")}
    theirs = f"/users/{users[OLAF]}"
    # A webinar's own switch does nothing before webinar sync is on for the account.
    off = ["global_off"] * 4
    assert turn(f"/webinars/{second.webinar_id}", {"sync": "on"}) == (off, set())
    assert turn("/settings", {"excluded_contact_domains": ["acme.example"]}) == (off, set())
    assert turn(f"/webinars/{second.webinar_id}", {"sync": "off"}) == (off, set())
    # Of selected users; then of all, but for hosts of a domain and one that is off by itself.
    chosen = {"webinar_sync": "selected", "webinar_sync_users": [users[HOST]]}
    not_chosen = ["host_not_selected"] * 2
    assert turn("/settings", chosen) == ([None, "webinar_off", *not_chosen], {ADA})
    everybody = {"webinar_sync": "all", "excluded_host_domains": ["subsidiary.example"]}
    other_domain = ["host_domain_excluded"] * 2
    assert turn("/settings", everybody) == ([None, "webinar_off", *other_domain], {ADA})
    # The host's own switch covers webinars that have none.
    assert turn(theirs, {"sync_new_webinars": False})[0][2:] == other_domain
    user_off = ["user_off"] * 2
    assert turn("/settings", {"excluded_host_domains": []}) == (
        [None, "webinar_off", *user_off],
        {ADA},
    )
    assert turn(f"/webinars/{third.webinar_id}", {"sync": "on"}) == (
        [None, "webinar_off", None, "user_off"],
        {ADA, CLEO},
    )
    assert turn(theirs, {"sync_new_webinars": True}) == (
        [None, "webinar_off", None, None],
        {ADA, CLEO, DAN},
    )
    default = {"sync": "default"}
    in_hubspot = {ADA, BEN, CLEO, DAN}
    assert turn(f"/webinars/{second.webinar_id}", default) == ([None] * 4, in_hubspot)

    assert [one.states() for one in webinars] == [{email: CAME} for email in (ADA, BEN, CLEO, DAN)]
    assert first.outcomes()[STAFF] == "excluded: excluded_domain"
    left = [
        one["code"] for web in webinars for one in doors.all(f"/webinars/{web.webinar_id}/audit")
    ]
    assert left == ["emails_excluded"]
    # Switched off, nothing more is written, and nothing is taken back.
    before = lone_stage.simulator.writes()
    assert turn("/settings", {"webinar_sync": "none"}) == (off, in_hubspot)
    assert lone_stage.simulator.writes() == before
    assert third.states() == {CLEO: CAME}
