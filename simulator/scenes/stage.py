"""What scenes stand on: a HubSpot portal and a Zoom account, made or found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.zoom import registrations, sessions, taping
from simulator.zoom.model import Instance, Webinar

if TYPE_CHECKING:
    from simulator.hubspot.portal import Portal
    from simulator.scenes.cast import Person
    from simulator.world import World

PORTAL_ID = 4242
HUBSPOT_PEOPLE: Sequence[Mapping[str, Any]] = (
    {
        "email": "anna@acme.example",
        "first_name": "Anna",
        "last_name": "Admin",
        "super_admin": True,
    },
    {"email": "mia.marketing@acme.example", "first_name": "Mia", "last_name": "Marketing"},
    {"email": "sam.sales@acme.example", "first_name": "Sam", "last_name": "Sales"},
)
ZOOM_PEOPLE: Sequence[Mapping[str, Any]] = (
    {"email": "anna@acme.example", "first_name": "Anna", "last_name": "Admin"},
    {
        "email": "hanna.host@acme.example",
        "first_name": "Hanna",
        "last_name": "Host",
        "is_admin": False,
        "role_report": False,
        "webinar_capacity": 10_000,
    },
    {
        "email": "paul.panel@acme.example",
        "first_name": "Paul",
        "last_name": "Panel",
        "is_admin": False,
        "role_report": False,
        "webinar": False,
    },
)
HOST_EMAIL = "hanna.host@acme.example"


def make_portal(world: World, portal_id: int, *, anew: bool = False) -> Portal:
    """The portal with its people; one that is there stays unless `anew`."""
    portal = world.hubspot.portals.get(portal_id)
    if portal is not None and not anew:
        return portal
    portal = world.hubspot.create_portal(portal_id, name="Acme (simulated)")
    for person in HUBSPOT_PEOPLE:
        fields = {name: value for name, value in person.items() if name != "email"}
        world.hubspot.add_user(portal, str(person["email"]), **fields)
    return portal


def add_contact(portal: Portal, **properties: str) -> str:
    """A contact the customer already has; gives its id and is no write of the app."""
    return portal.contacts.create(properties, "CRM_UI").id


def make_account(world: World, account_id: str, plan: str = "pro") -> str:
    """A fresh Zoom account by that id with an admin, a host and a speaker; gives the host's id."""
    account = world.zoom.add_account(account_id, plan, [dict(person) for person in ZOOM_PEOPLE])
    return next(user.id for user in account.users.values() if user.email == HOST_EMAIL)


def register_all(
    world: World, webinar: Webinar, people: Sequence[Person], *, silent: bool, status: str = ""
) -> None:
    """Sign people up in their order."""
    for person in people:
        registrations.register(
            world.zoom, webinar, person.as_registrant(), status=status, silent=silent
        )


def change_status(world: World, webinar: Webinar, email: str, action: str, *, silent: bool) -> None:
    """Approve, deny or cancel somebody's registration."""
    person = webinar.registrants[webinar.registrant_ids_by_email[email.lower()]]
    registrations.change_status(world.zoom, webinar, person, action, silent=silent)


def play_people(
    world: World,
    webinar: Webinar,
    people: Sequence[Person],
    wanted: Mapping[str, Any],
    *,
    silent: bool,
) -> Instance:
    """Hold a session with everybody who has sessions; `wanted` as for `sessions.play`."""
    came = [
        {
            "registrant_id": webinar.registrant_ids_by_email[person.email.lower()],
            "sessions": person.sessions,
        }
        for person in people
        if person.sessions
    ]
    others = wanted.get("participants") or []
    return sessions.play(
        world.zoom, webinar, {**wanted, "participants": [*came, *others]}, silent=silent
    )


def record(world: World, instance: Instance, transcript: str, *, silent: bool) -> None:
    """A recording that is ready, and its transcript after it."""
    recording = taping.add_recording(world.zoom, instance, {})
    taping.change_recording(world.zoom, recording, "complete", silent=silent)
    taping.add_transcript(world.zoom, instance, recording, transcript, silent=silent)
