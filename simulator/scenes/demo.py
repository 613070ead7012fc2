"""The demo: a portal, a Zoom account and a webinar with every kind of registrant; then its run."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest

from simulator.scenes import stage
from simulator.scenes.cast import Person, attended_seconds, ordinary_people, sessions_of
from simulator.zoom import planning
from simulator.zoom.moments import stamp
from simulator.zoom.wire import registration_url

if TYPE_CHECKING:
    from simulator.hubspot.portal import Portal
    from simulator.world import World
    from simulator.zoom.model import Webinar

ACCOUNT_ID = "demo-zoom-account"
EXCLUDED_DOMAIN = "competitor.example"
SESSION_SECONDS = 3_300
SESSION_LENGTH = timedelta(seconds=SESSION_SECONDS)
ATTENDING_SHARE = 0.62
KNOWN_CONTACTS = 40
GUEST_NAMES = ("iPhone", "Galaxy S24", "Conference room 2", "Anonymous", "Dial-in +353")
EXCLUDING_KINDS = (
    "hubspot_user",
    "excluded_domain",
    "secondary_email",
    "invalid_email",
    "deleted_contact",
    "denied",
)
SPECIAL_PEOPLE: tuple[tuple[str, str, str, str], ...] = (
    ("hubspot_user", "mia.marketing@acme.example", "Mia", "Marketing"),
    ("hubspot_user", "sam.sales@acme.example", "Sam", "Sales"),
    ("excluded_domain", f"rita@{EXCLUDED_DOMAIN}", "Rita", "Rival"),
    ("excluded_domain", f"ralf@{EXCLUDED_DOMAIN}", "Ralf", "Rival"),
    ("excluded_domain", f"remy@{EXCLUDED_DOMAIN}", "Rémy", "Rival"),
    ("excluded_domain", f"rosa@{EXCLUDED_DOMAIN}", "Rosa", "Rival"),
    ("ordinary", f"nick@not{EXCLUDED_DOMAIN}", "Nick", "Near-Miss"),
    ("secondary_email", "carla.old@northquay.example", "Carla", "Contact"),
    ("secondary_email", "colin.private@lowmoor.example", "Colin", "Contact"),
    ("secondary_email", "cora.alias@fjordline.example", "Cora", "Contact"),
    ("invalid_email", "ian.invalid@broken..example", "Ian", "Invalid"),
    ("deleted_contact", "dora.deleted@lowmoor.example", "Dora", "Deleted"),
    ("denied", "dan.denied@fjordline.example", "Dan", "Denied"),
    ("pending", "pia.pending@northquay.example", "Pia", "Pending"),
    ("cancelled", "carl.cancelled@northquay.example", "Carl", "Cancelled"),
)
"""(what becomes of the person, address, first name, last name)."""

PRIMARY_ADDRESSES = {
    "carla.old@northquay.example": "carla@northquay.example",
    "colin.private@lowmoor.example": "colin@lowmoor.example",
    "cora.alias@fjordline.example": "cora@fjordline.example",
}
TRANSCRIPT = """WEBVTT

1
00:00:02.000 --> 00:00:06.500
Hanna Host: Welcome, everybody, and thank you for joining.

2
00:00:07.000 --> 00:00:12.250
Paul Panel: Today we show what changed since the summer.

3
00:00:13.000 --> 00:00:17.000
Hanna Host: Questions go into the Q&A panel, please.
"""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What `demo` prepared and `demo-webinar` plays."""

    portal_id: int
    webinar_id: int
    people: list[Person]
    seed: int


def prepare_demo(world: World, parameters: dict[str, Any]) -> dict[str, Any]:
    """Scene `demo`: `{people: 500, seed: 1, portal_id: 4242, starts_in: -3300, plan: "pro",
    silent: true}`.

    Makes portal, contacts, Zoom account and the webinar with its registrants. The webinar is
    planned to start `starts_in` seconds from now. Answers ids and what to expect.
    """
    silent = bool(parameters.get("silent", True))
    count, seed = int(parameters.get("people", 500)), int(parameters.get("seed", 1))
    portal_id = int(parameters.get("portal_id", stage.PORTAL_ID))
    if count < len(SPECIAL_PEOPLE):
        raise BadRequest(f"the demo needs at least {len(SPECIAL_PEOPLE)} people, not {count}")
    people = gather_people(count, seed)
    with world.lock:
        portal = stage.make_portal(world, portal_id, anew=True)
        _fill_portal(portal, people)
        host_id = stage.make_account(world, ACCOUNT_ID, str(parameters.get("plan", "pro")))
        webinar = _plan_webinar(world, host_id, int(parameters.get("starts_in", -SESSION_SECONDS)))
        _register(world, webinar, people, silent=silent)
        upcoming = _plan_upcoming(world, host_id)
        plan = DemoPlan(portal_id, webinar.id, people, seed)
        world.zoom.scene_notes["demo"] = plan
        return _describe(world, plan, webinar) | {"next_webinar_id": upcoming.id}


def play_demo(world: World, parameters: dict[str, Any]) -> dict[str, Any]:
    """Scene `demo-webinar`: one cancels, one contact is deleted in HubSpot, the webinar runs, a
    recording and a transcript follow.

    `{silent: false, report: "full", recording: true}`. Answers what to expect, and for every
    attendee the seconds and percent of the session. Needs `demo` first.
    """
    silent = bool(parameters.get("silent", False))
    with world.lock:
        plan = world.zoom.scene_notes.get("demo")
        if not isinstance(plan, DemoPlan) or plan.webinar_id not in world.zoom.webinars:
            raise BadRequest("play the scene demo before demo-webinar")
        webinar = world.zoom.webinars[plan.webinar_id]
        for person in plan.people:
            if person.kind == "cancelled":
                stage.change_status(world, webinar, person.email, "cancel", silent=silent)
        _delete_contacts(world.hubspot.portals[plan.portal_id], plan.people)
        start = webinar.start_time
        assert start is not None
        wanted = {
            "start_time": stamp(start),
            "end_time": stamp(start + SESSION_LENGTH),
            "report": parameters.get("report", "full"),
            "participants": _strangers_and_staff(plan.seed),
        }
        instance = stage.play_people(world, webinar, plan.people, wanted, silent=silent)
        if parameters.get("recording", True):
            stage.record(world, instance, TRANSCRIPT, silent=silent)
        return _describe(world, plan, webinar) | {
            "instance_uuid": instance.uuid,
            "rows": len(instance.rows),
            "attendance": _attendance(plan.people),
        }


def gather_people(count: int, seed: int) -> list[Person]:
    """Everybody who registers, in order, with the sessions of those who will come."""
    source = random.Random(seed)
    special = [Person(email, first, last, kind) for kind, email, first, last in SPECIAL_PEOPLE]
    people = special + ordinary_people(source, count - len(special))
    may_come = [p for p in people if p.kind not in ("denied", "pending", "cancelled")]
    # One of every special kind comes for certain; the dice decide about the rest.
    certain = {person.kind: person for person in reversed(may_come) if person.kind != "ordinary"}
    undecided = [person for person in may_come if certain.get(person.kind) is not person]
    wanted = max(0, round(len(may_come) * ATTENDING_SHARE) - len(certain))
    for person in [*certain.values(), *source.sample(undecided, min(wanted, len(undecided)))]:
        person.sessions = sessions_of(source, SESSION_SECONDS)
    order = list(people)
    source.shuffle(order)
    return order


def _fill_portal(portal: Portal, people: list[Person]) -> None:
    """Contacts that exist already: some plain, three with a second address, one to be deleted."""
    plain = [person for person in people if person.kind == "ordinary"]
    for person in plain[:KNOWN_CONTACTS]:
        stage.add_contact(portal, email=person.email, firstname=person.first_name)
    for secondary, primary in PRIMARY_ADDRESSES.items():
        stage.add_contact(portal, email=primary, hs_additional_emails=secondary)
    for person in people:
        if person.kind == "deleted_contact":
            stage.add_contact(portal, email=person.email)


def _delete_contacts(portal: Portal, people: list[Person]) -> None:
    """Somebody at the customer's deletes contacts by hand."""
    addresses = {person.email for person in people if person.kind == "deleted_contact"}
    for record in portal.contacts.live():
        if record.properties.get("email") in addresses:
            portal.contacts.delete(record, "CRM_UI")


def _register(world: World, webinar: Webinar, people: list[Person], *, silent: bool) -> None:
    """Everybody signs up; two are not approved, and one of those is refused."""
    for person in people:
        status = "pending" if person.kind in ("denied", "pending") else "approved"
        stage.register_all(world, webinar, [person], silent=silent, status=status)
        if person.kind == "denied":
            stage.change_status(world, webinar, person.email, "deny", silent=silent)


def _plan_webinar(world: World, host_id: str, starts_in: int) -> Webinar:
    wanted = {
        "topic": "Autumn release: what is new",
        "agenda": "An hour with the product team.",
        "host_id": host_id,
        "start_time": starts_in,
        "duration": 60,
        "timezone": "Europe/Berlin",
        "auto_recording": "cloud",
        "panelists": [{"email": "paul.panel@acme.example", "name": "Paul Panel"}],
    }
    return planning.create_webinar(world.zoom, ACCOUNT_ID, wanted, silent=True)


def _plan_upcoming(world: World, host_id: str) -> Webinar:
    """A webinar of next week that one can still register for."""
    wanted = {
        "topic": "Office hours",
        "host_id": host_id,
        "start_time": 7 * 86_400,
        "duration": 45,
        "timezone": "Europe/Berlin",
    }
    return planning.create_webinar(world.zoom, ACCOUNT_ID, wanted, silent=True)


def _strangers_and_staff(seed: int) -> list[dict[str, Any]]:
    """Rows that belong to no registrant: the host, a speaker, and guests without an address."""
    source = random.Random(f"{seed}-strangers")
    whole = [[0, SESSION_SECONDS]]
    staff = [
        {"email": stage.HOST_EMAIL, "role": "host", "sessions": whole},
        {"email": "paul.panel@acme.example", "role": "panelist", "sessions": whole},
    ]
    guests = [
        {"name": name, "sessions": [[source.randrange(0, 600), source.randrange(1_200, 3_300)]]}
        for name in GUEST_NAMES
    ]
    return [*staff, *guests]


def _describe(world: World, plan: DemoPlan, webinar: Webinar) -> dict[str, Any]:
    """Ids, and how many people end up where when the portal excludes `EXCLUDED_DOMAIN`.

    A cancelled registration is in sync once the cancellation has been carried over.
    """
    kinds = [person.kind for person in plan.people]
    excluded = {kind: kinds.count(kind) for kind in EXCLUDING_KINDS}
    in_sync = [person for person in plan.people if person.kind in ("ordinary", "cancelled")]
    attended = sum(bool(person.sessions) for person in in_sync)
    return {
        "portal_id": plan.portal_id,
        "account_id": ACCOUNT_ID,
        "webinar_id": webinar.id,
        "registration_url": registration_url(world.zoom, webinar),
        "registrants": len(plan.people),
        "settings": {"excluded_contact_domains": [EXCLUDED_DOMAIN]},
        "expected": {
            "zoom_people": len(plan.people) + len(GUEST_NAMES) + 2,
            "in_sync": len(in_sync),
            "excluded": excluded | {"role": 2, "without_identity": len(GUEST_NAMES)},
            "waiting": {"pending_approval": kinds.count("pending")},
            "cancelled": kinds.count("cancelled"),
            "attended": attended,
            "no_shows": len(in_sync) - attended - kinds.count("cancelled"),
        },
    }


def _attendance(people: list[Person]) -> dict[str, dict[str, float]]:
    """Seconds and percent (0-100) of every registrant who came, by address."""
    shown = {}
    for person in people:
        if person.sessions:
            seconds = attended_seconds(person.sessions, SESSION_SECONDS)
            percent = round(100 * seconds / SESSION_SECONDS, 2)
            shown[person.email] = {
                "seconds": seconds,
                "percent": percent,
                "joins": len(person.sessions),
            }
    return shown
