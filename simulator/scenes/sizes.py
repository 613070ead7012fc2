"""Two scenes by size: five people one can follow by eye, and ten thousand."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from simulator.scenes import stage
from simulator.scenes.cast import Person, attended_seconds, ordinary_people
from simulator.scenes.demo import EXCLUDED_DOMAIN, TRANSCRIPT
from simulator.zoom import planning

if TYPE_CHECKING:
    from simulator.world import World

SMALL_ACCOUNT_ID, BIG_ACCOUNT_ID = "small-zoom-account", "big-zoom-account"
HOUR = 3_600


def play_small(world: World, parameters: dict[str, Any]) -> dict[str, Any]:
    """Scene `small`: one attends, one rejoins, one stays away, one is excluded, one cancels.

    `{silent: false, play: true, recording: false, portal_id: 4242}`; with `play` false the people
    register and nothing more happens.
    """
    silent = bool(parameters.get("silent", False))
    people = [
        Person("ada@northquay.example", "Ada", "Attends", "attends", [[0, 2_700]]),
        Person("rex@northquay.example", "Rex", "Rejoins", "rejoins", [[0, 900], [1_800, HOUR]]),
        Person("nora@lowmoor.example", "Nora", "No-Show", "no_show"),
        Person(f"eve@{EXCLUDED_DOMAIN}", "Eve", "Excluded", "excluded_domain", [[0, HOUR]]),
        Person("carl@fjordline.example", "Carl", "Cancels", "cancelled"),
    ]
    with world.lock:
        portal = stage.make_portal(world, int(parameters.get("portal_id", stage.PORTAL_ID)))
        host_id = stage.make_account(world, SMALL_ACCOUNT_ID)
        wanted = {"topic": "A small webinar", "host_id": host_id, "start_time": -HOUR}
        webinar = planning.create_webinar(world.zoom, SMALL_ACCOUNT_ID, wanted, silent=silent)
        stage.register_all(world, webinar, people, silent=silent)
        answer: dict[str, Any] = {
            "portal_id": portal.id,
            "account_id": SMALL_ACCOUNT_ID,
            "webinar_id": webinar.id,
            "registrants": len(people),
            "settings": {"excluded_contact_domains": [EXCLUDED_DOMAIN]},
            "people": {person.kind: person.email for person in people},
            "expected": {
                "in_sync": 4,
                "excluded": {"excluded_domain": 1},
                "cancelled": 1,
                "attended": 2,
                "no_shows": 1,
            },
        }
        if parameters.get("play", True):
            stage.change_status(world, webinar, "carl@fjordline.example", "cancel", silent=silent)
            times = {"start_time": -HOUR, "end_time": 0}
            instance = stage.play_people(world, webinar, people, times, silent=silent)
            answer["instance_uuid"] = instance.uuid
            answer["attendance"] = {
                person.email: attended_seconds(person.sessions, HOUR)
                for person in people
                if person.sessions
            }
            if parameters.get("recording"):
                stage.record(world, instance, TRANSCRIPT, silent=silent)
        return answer


def play_big(world: World, parameters: dict[str, Any]) -> dict[str, Any]:
    """Scene `big`: a large webinar that ended a while ago, silently.

    `{registrants: 10000, attendees: 6000, rejoin: 1.3, seed: 1, plan: "pro", ended_ago: 3600,
    silent: true, portal_id: 4242, account_id: "big-zoom-account"}`; `rejoin` is rows per attendee,
    `ended_ago` in seconds.
    """
    count = int(parameters.get("registrants", 10_000))
    attendees = min(count, int(parameters.get("attendees", 6_000)))
    rows = round(attendees * float(parameters.get("rejoin", 1.3)))
    source = random.Random(int(parameters.get("seed", 1)))
    account_id = str(parameters.get("account_id", BIG_ACCOUNT_ID))
    silent = bool(parameters.get("silent", True))
    ended_ago = int(parameters.get("ended_ago", HOUR))
    people = ordinary_people(source, count, prefix="big-")
    for number, person in enumerate(source.sample(people, attendees)):
        person.sessions = _spread(source, rows // attendees + (number < rows % attendees))
    with world.lock:
        portal = stage.make_portal(world, int(parameters.get("portal_id", stage.PORTAL_ID)))
        plan = str(parameters.get("plan", "pro"))
        host_id = stage.make_account(world, account_id, plan)
        times = {"start_time": -HOUR - ended_ago, "end_time": -ended_ago}
        wanted = {"topic": "A big webinar", "host_id": host_id, "start_time": times["start_time"]}
        webinar = planning.create_webinar(world.zoom, account_id, wanted, silent=silent)
        stage.register_all(world, webinar, people, silent=silent)
        instance = stage.play_people(world, webinar, people, times, silent=silent)
        return {
            "portal_id": portal.id,
            "account_id": account_id,
            "webinar_id": webinar.id,
            "instance_uuid": instance.uuid,
            "registrants": count,
            "rows": len(instance.rows),
            "expected": {
                "in_sync": count,
                "excluded": {},
                "attended": attendees,
                "no_shows": count - attendees,
                "attended_seconds": sum(attended_seconds(p.sessions, HOUR) for p in people),
            },
        }


def _spread(source: random.Random, joins: int) -> list[list[int]]:
    """That many sessions of one person within the hour, apart from each other."""
    slot = HOUR // joins
    return [
        [n * slot + source.randrange(0, slot // 4), (n + 1) * slot - source.randrange(1, slot // 4)]
        for n in range(joins)
    ]
