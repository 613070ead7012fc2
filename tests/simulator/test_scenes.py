"""Scenes: what they make is what they promise, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from simulator.app import RunningSimulator, serve_in_thread
from simulator.scenes import SCENES
from simulator.scenes.cast import attended_seconds
from simulator.world import World

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    """A world whose clock stands still."""
    return World(clock=lambda: NOW)


@pytest.fixture
def running(world: World) -> Iterator[RunningSimulator]:
    """The same world, served."""
    with serve_in_thread(world) as simulator:
        yield simulator


def truth(world: World, answer: dict[str, Any]) -> Any:
    return world.zoom.webinars[answer["webinar_id"]]


class TestDemo:
    def test_it_is_played_by_one_call_each(self, running: RunningSimulator) -> None:
        url = f"{running.base_url}/control/scenes"
        assert requests.get(url).json()["scenes"] == sorted(SCENES)
        prepared = requests.post(f"{url}/demo", json={"people": 60}).json()
        played = requests.post(f"{url}/demo-webinar").json()
        assert prepared["registrants"] == 60
        assert played["webinar_id"] == prepared["webinar_id"]

    def test_what_is_expected_adds_up_to_what_zoom_holds(self, world: World) -> None:
        answer = SCENES["demo"](world, {})
        played = SCENES["demo-webinar"](world, {})
        expected = played["expected"]
        assert answer["registrants"] == 500
        parts = [expected["in_sync"], *expected["excluded"].values(), *expected["waiting"].values()]
        assert sum(parts) == expected["zoom_people"]
        webinar = truth(world, played)
        assert len(webinar.registrants) == 500
        counts = {
            status: len(webinar.list_registrants(status))
            for status in ("approved", "pending", "denied")
        }
        assert counts == {"approved": 497, "pending": 1, "denied": 1}
        identified = {row.registrant_id for row in webinar.instances[0].rows} - {""}
        assert len(identified) == len(played["attendance"]) == round(0.62 * 497)

    def test_its_attendance_is_the_union_of_the_rows(self, world: World) -> None:
        SCENES["demo"](world, {"people": 100})
        played = SCENES["demo-webinar"](world, {})
        (instance,) = truth(world, played).instances
        spans: dict[str, list[list[int]]] = {}
        for row in instance.rows:
            begin, end = (
                int((moment - instance.start_time).total_seconds())
                for moment in (row.join_time, row.leave_time)
            )
            spans.setdefault(row.user_email, []).append([begin, end])
        for email, attendance in played["attendance"].items():
            seconds = [second for b, e in spans[email] for second in range(b, e)]
            assert attendance["seconds"] == len(set(seconds))
            assert attendance["joins"] == len(spans[email])
            assert 0 < attendance["percent"] <= 100

    def test_every_kind_of_trouble_takes_part(self, world: World) -> None:
        SCENES["demo"](world, {})
        played = SCENES["demo-webinar"](world, {})
        webinar = truth(world, played)
        (instance,) = webinar.instances
        people = list(webinar.registrants.values())
        joins = [attendance["joins"] for attendance in played["attendance"].values()]
        assert max(joins) > 1
        assert any("<script>" in person.first_name for person in people)
        assert any(not person.first_name.isascii() for person in people)
        assert {row.role for row in instance.rows} == {"attendee", "host", "panelist"}
        assert sum(row.user_email == "" for row in instance.rows) == 5
        assert "cancelled" in {person.status for person in people}
        recording = world.zoom.recordings[instance.uuid]
        assert {file.file_type for file in recording.files} == {"MP4", "M4A", "TRANSCRIPT"}

    def test_hubspot_knows_some_of_them(self, world: World) -> None:
        answer = SCENES["demo"](world, {})
        portal = world.hubspot.portals[answer["portal_id"]]
        assert answer["portal_id"] == 4242
        admins = [user.first_name for user in portal.users.values() if user.super_admin]
        assert admins == ["Anna"]
        webinar = truth(world, answer)
        addresses = [person.email for person in webinar.registrants.values()]
        owners = {address: portal.contacts.owner_of(address) for address in addresses}
        secondary = [a for a, c in owners.items() if c and c.properties["email"] != a]
        assert len(secondary) == answer["expected"]["excluded"]["secondary_email"]
        assert sum(contact is not None for contact in owners.values()) == 44
        SCENES["demo-webinar"](world, {"silent": True})
        deleted = [a for a in addresses if portal.contacts.archived_owner_of(a, secondary=True)]
        assert deleted == ["dora.deleted@lowmoor.example"]
        staff = {user.email for user in portal.users.values()} & set(addresses)
        assert len(staff) == answer["expected"]["excluded"]["hubspot_user"]
        assert portal.contacts.writes.total() == 0

    def test_the_same_seed_gives_the_same_people(self) -> None:
        def play(seed: int) -> Any:
            world = World(clock=lambda: NOW)
            SCENES["demo"](world, {"seed": seed})
            return SCENES["demo-webinar"](world, {})

        assert play(1) == play(1)
        assert play(1)["attendance"] != play(2)["attendance"]

    def test_it_can_be_prepared_again(self, world: World) -> None:
        first = SCENES["demo"](world, {})
        second = SCENES["demo"](world, {})
        assert first["expected"] == second["expected"]
        assert first["webinar_id"] not in world.zoom.webinars

    @pytest.mark.parametrize(
        ("scene", "parameters"),
        [("demo", {"people": 3}), ("demo-webinar", {}), ("week-webinars", {})],
        ids=["too few people", "nothing prepared", "no week prepared"],
    )
    def test_it_says_what_it_needs(
        self, running: RunningSimulator, scene: str, parameters: dict[str, Any]
    ) -> None:
        url = f"{running.base_url}/control/scenes/{scene}"
        answer = requests.post(url, json=parameters)
        assert answer.status_code == 400
        assert scene.partition("-")[0] in answer.text


class TestWeek:
    def test_something_is_amiss_with_each_webinar(self, world: World) -> None:
        week = SCENES["week"](world, {})["webinars"]
        SCENES["week-webinars"](world, {"silent": True})
        webinars = {name: world.zoom.webinars[one["webinar_id"]] for name, one in week.items()}
        rows = {name: one.instances[0].rows for name, one in webinars.items()}
        assert rows.pop("empty_report") == []
        assert all(rows.values())
        assert [row.user_email for row in rows["nameless"]].count("") == 2
        assert webinars["nameless"].registrants == {}
        taped = world.zoom.recordings[webinars["unfinished"].instances[0].uuid]
        assert taped.state == "processing"
        assert world.hubspot.portals[4242].contacts.owner_of("carla.old@northquay.example")
        for name, one in week.items():
            came = {row.user_email for row in rows.get(name, ())}
            assert set(one["in_sync"]) <= came | set(one["registrants"])

    def test_it_went_by_and_the_last_webinar_has_just_ended(self, world: World) -> None:
        week = SCENES["week"](world, {})["webinars"]
        SCENES["week-webinars"](world, {"silent": True})
        ends = [
            world.zoom.webinars[one["webinar_id"]].instances[0].end_time for one in week.values()
        ]
        assert ends == sorted(ends)
        assert len({end.date() for end in ends}) == 6
        assert ends[-1] == NOW


class TestSizes:
    def test_small_has_one_of_each(self, world: World) -> None:
        answer = SCENES["small"](world, {})
        webinar = truth(world, answer)
        assert len(webinar.registrants) == 5
        came = {row.user_email for row in webinar.instances[0].rows}
        assert came == set(answer["attendance"])
        assert len(webinar.list_registrants("approved")) == 4

    def test_small_can_wait_before_it_is_played(self, world: World) -> None:
        answer = SCENES["small"](world, {"play": False})
        assert truth(world, answer).instances == []
        assert len(truth(world, answer).list_registrants("approved")) == 5

    def test_big_is_exact(self, world: World) -> None:
        answer = SCENES["big"](world, {})
        webinar = truth(world, answer)
        assert (len(webinar.registrants), answer["rows"]) == (10_000, 7_800)
        rows = webinar.instances[0].rows
        assert len({row.registrant_id for row in rows}) == 6_000
        seconds = sum((row.leave_time - row.join_time).total_seconds() for row in rows)
        assert seconds == answer["expected"]["attended_seconds"]
        assert webinar.instances[0].end_time < NOW


@pytest.mark.parametrize(
    ("sessions", "seconds"),
    [
        pytest.param([[0, 100]], 100, id="once"),
        pytest.param([[0, 100], [200, 250]], 150, id="a break"),
        pytest.param([[0, 100], [50, 90]], 100, id="a second device inside"),
        pytest.param([[50, 150], [0, 100]], 150, id="overlapping, out of order"),
        pytest.param([[900, 1_500]], 100, id="past the end"),
    ],
)
def test_overlapping_sessions_count_once(sessions: list[list[int]], seconds: int) -> None:
    assert attended_seconds(sessions, 1_000) == seconds
