"""A small customer's week: six webinars, and something is amiss with each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest

from simulator.scenes import stage
from simulator.scenes.cast import Person
from simulator.scenes.demo import EXCLUDED_DOMAIN
from simulator.zoom import planning, registrations, taping
from simulator.zoom.model import AUTOMATIC, NO_REGISTRATION

if TYPE_CHECKING:
    from simulator.world import World
    from simulator.zoom.model import Webinar

ACCOUNT_ID = "week-zoom-account"
DAY, HOUR = 86_400, 3_600
NO_DIGITS = {"lastname": r"\d"}
"""A rule this customer made in HubSpot: no last name holds a digit."""

REGULARS = (
    Person("ada@northquay.example", "Ada", "Almeida"),
    Person("ben@lowmoor.example", "Ben", "Brandt"),
    Person("chloe@atelier-sud.example", "Chloé", "Çelik"),
    Person("dmitri@fjordline.example", "Dmitri", "Dvořák"),
)
REFUSED = Person("tess@lowmoor.example", "Tess", "T3ster")
"""A contact already, without a last name."""

EXCLUDED = (
    Person("mia.marketing@acme.example", "Mia", "Marketing"),
    Person(f"rita@{EXCLUDED_DOMAIN}", "Rita", "Rival"),
    Person("ian.invalid@broken..example", "Ian", "Invalid"),
    Person("carla.old@northquay.example", "Carla", "Contact"),
)
"""One for each reason: a user of the account, a domain, no valid address, a secondary one."""

PRIMARY_ADDRESS = "carla@northquay.example"
STRANGERS: Sequence[Mapping[str, Any]] = (
    {"email": "eva@atelier-sud.example", "name": "Eva Eriksen", "email_visible": True},
    {"email": "hugo@fjordline.example", "name": "Hugo Håkansson", "email_visible": True},
    {"name": "iPhone"},
    {"name": "Conference room 2"},
)
"""Who comes where nobody has to register: Zoom shows some addresses and not others."""


@dataclass(frozen=True, slots=True)
class Date:
    """One webinar of the week. ``in_sync``: whose sync is right once everything is mended."""

    topic: str
    days_ago: int
    registrants: Sequence[Person]
    in_sync: Sequence[str]
    comes: bool = True
    strangers: Sequence[Mapping[str, Any]] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


def _addresses(people: Sequence[Person]) -> list[str]:
    return [person.email for person in people]


WEEK: Mapping[str, Date] = {
    "switched_off": Date("Partner briefing", 5, REGULARS[:2], _addresses(REGULARS[:2])),
    "empty_report": Date(
        "Breakfast talk", 4, REGULARS[1:3], _addresses(REGULARS[1:3]), comes=False
    ),
    "nameless": Date(
        "Open doors",
        3,
        (),
        [str(person["email"]) for person in STRANGERS if "email" in person],
        strangers=STRANGERS,
        settings={"approval_type": NO_REGISTRATION},
    ),
    "excluded": Date("Market update", 2, (*REGULARS, *EXCLUDED), _addresses(REGULARS)),
    "refused": Date(
        "Customer round table", 1, (*REGULARS[2:], REFUSED), _addresses((*REGULARS[2:], REFUSED))
    ),
    "unfinished": Date(
        "Product tour", 0, REGULARS, _addresses(REGULARS), settings={"auto_recording": "cloud"}
    ),
}
"""What is amiss → the webinar."""


def prepare_week(world: World, parameters: dict[str, Any]) -> dict[str, Any]:
    """Scene `week`: `{portal_id: 4242}`. A portal with a rule of its own, and a Zoom account with
    six webinars people have registered for, all of it silent.

    Answers ids, and for each webinar who registered and who is in sync once all is mended.
    """
    with world.lock:
        portal = stage.make_portal(
            world, int(parameters.get("portal_id", stage.PORTAL_ID)), anew=True
        )
        portal.schemas["contacts"].rejections = dict(NO_DIGITS)
        secondary = EXCLUDED[-1].email
        stage.add_contact(portal, email=PRIMARY_ADDRESS, hs_additional_emails=secondary)
        stage.add_contact(portal, email=REFUSED.email, firstname=REFUSED.first_name)
        host_id = stage.make_account(world, ACCOUNT_ID)
        webinars = {name: _plan(world, host_id, date) for name, date in WEEK.items()}
        world.zoom.scene_notes["week"] = {name: one.id for name, one in webinars.items()}
        return {
            "portal_id": portal.id,
            "account_id": ACCOUNT_ID,
            "settings": {"excluded_contact_domains": [EXCLUDED_DOMAIN]},
            "webinars": {name: _describe(WEEK[name], one) for name, one in webinars.items()},
        }


def play_week(world: World, parameters: dict[str, Any]) -> dict[str, Any]:
    """Scene `week-webinars`: `{silent: false}`. All six take place, the last one just now.

    Nobody is in the report of `empty_report`; the recording of `unfinished` is still processed.
    Needs `week` first.
    """
    silent = bool(parameters.get("silent", False))
    with world.lock:
        ids = world.zoom.scene_notes.get("week")
        if not isinstance(ids, dict) or not set(ids.values()) <= set(world.zoom.webinars):
            raise BadRequest("play the scene week before week-webinars")
        for name, webinar_id in ids.items():
            _hold(world, world.zoom.webinars[webinar_id], WEEK[name], silent=silent)
        return {"webinars": len(ids)}


def _plan(world: World, host_id: str, date: Date) -> Webinar:
    wanted = {
        "topic": date.topic,
        "host_id": host_id,
        "start_time": -date.days_ago * DAY - HOUR,
        "approval_type": AUTOMATIC,
        **date.settings,
    }
    webinar = planning.create_webinar(world.zoom, ACCOUNT_ID, wanted, silent=True)
    assert webinar.start_time is not None
    for person in date.registrants:
        signed_up_at = webinar.start_time - timedelta(days=1)
        registrations.register(
            world.zoom, webinar, person.as_registrant(), created_at=signed_up_at, silent=True
        )
    return webinar


def _hold(world: World, webinar: Webinar, date: Date, *, silent: bool) -> None:
    came = date.registrants if date.comes else ()
    times = {
        "start_time": -date.days_ago * DAY - HOUR,
        "end_time": -date.days_ago * DAY,
        "participants": [
            *({"email": person.email} for person in came),
            *({**one, "registered": False} for one in date.strangers),
        ],
    }
    instance = stage.play_people(world, webinar, (), times, silent=silent)
    if webinar.auto_recording == "cloud":
        taping.add_recording(world.zoom, instance, {})


def _describe(date: Date, webinar: Webinar) -> dict[str, Any]:
    return {
        "webinar_id": webinar.id,
        "topic": date.topic,
        "registrants": _addresses(date.registrants),
        "in_sync": list(date.in_sync),
    }
