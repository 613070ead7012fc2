"""The decision log: everybody of a webinar and why, one person in the panel, and by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from api.callers import caller
from api.parts import parts
from api.people import (
    export_people,
    include_person,
    match_person,
    page_of_people,
    release_person,
    retry_person,
    unmatch_person,
)
from api.person import find_people, get_person
from api.webinars import get_webinar
from console.asking import ask, load, read_query
from console.blueprint import HUBSPOT_APP_URL, done, new_blueprint, render_panel
from console.person_words import EFFECT_STATES, REGISTRATIONS, VERDICTS, changed_words, effect_words
from console.pictures import draw_stays
from console.webinar import open_webinar
from console.words import REASONS
from schemas.api_people import MatchRequest, PeopleQuery
from schemas.api_person import PeopleEverywhereQuery

pages = new_blueprint("people")

_FILTERS = ("email", "outcome", "reason", "plugin", "occurrence")


@pages.get("/webinars/<webinar_id>/people")
def people(webinar_id: str) -> str:
    """Everybody of the webinar with outcome, reason, and the plugin that decided."""
    found = open_webinar(webinar_id)
    query = read_query(PeopleQuery)
    listed = page_of_people(query, webinar_id)
    asked = {name: query[name] for name in _FILTERS if query.get(name)}
    return render_template(
        "webinar/people.html",
        tab="people",
        people=listed["results"],
        paging=listed["paging"],
        query=asked,
        reasons=_reasons(asked.get("reason", "")),
        plugins=[plugin.name for plugin in parts().registry.plugins],
        **found,
    )


@pages.get("/webinars/<webinar_id>/people.csv")
def csv(webinar_id: str) -> Response:
    """The same people as a file."""
    return export_people(read_query(PeopleQuery), webinar_id)


@pages.get("/webinars/<webinar_id>/people/<person_id>")
def person(webinar_id: str, person_id: str) -> str:
    """One person: decisions, opinions, presence, and what was written in HubSpot."""
    found = ask(get_person, webinar_id=webinar_id, person_id=person_id)
    return render_panel(
        "parts/person.html",
        found["email"] or found["name"] or "Somebody without a name",
        webinar=ask(get_webinar, webinar_id=webinar_id),
        person=found,
        stays=[draw_stays(session) for session in found["sessions"]],
        changed_words=changed_words,
        contact_url=contact_url(found["contact_id"]),
        effect_words=effect_words,
        EFFECT_STATES=EFFECT_STATES,
        REGISTRATIONS=REGISTRATIONS,
        VERDICTS=VERDICTS,
    )


@pages.post("/webinars/<webinar_id>/people/<person_id>/include")
def include(webinar_id: str, person_id: str) -> Response:
    """Include anyway; back to the person."""
    said = "Included: the person is synced now, whatever the rules say."
    return _decide(include_person, said, webinar_id, person_id)


@pages.post("/webinars/<webinar_id>/people/<person_id>/retry")
def retry(webinar_id: str, person_id: str) -> Response:
    """Try again what HubSpot refused; back to the person."""
    return _decide(retry_person, "What HubSpot refused is sent again now.", webinar_id, person_id)


@pages.post("/webinars/<webinar_id>/people/<person_id>/release")
def release(webinar_id: str, person_id: str) -> Response:
    """Let somebody go on who is held; back to the person."""
    said = "Released: the person need not wait any longer."
    return _decide(release_person, said, webinar_id, person_id)


@pages.post("/webinars/<webinar_id>/people/<person_id>/match")
def match(webinar_id: str, person_id: str) -> Response:
    """Say whose stay it is; on to that person."""
    wanted = load(MatchRequest, {"email": request.form.get("email", "")})
    ask(match_person, wanted, webinar_id=webinar_id, person_id=person_id)
    email = wanted["email"].strip().lower()
    return done(f"Matched to {email}.", _list_of(webinar_id, email=email))


@pages.post("/webinars/<webinar_id>/people/<person_id>/unmatch")
def unmatch(webinar_id: str, person_id: str) -> Response:
    """Take back every match with the person; on to those without address."""
    ask(unmatch_person, webinar_id=webinar_id, person_id=person_id)
    said = "Taken back: those participants are without a name again."
    return done(said, _list_of(webinar_id, reason="no_email,unmatched"))


@pages.get("/people")
def find() -> str:
    """An address in all webinars; without one, only the box to type it into."""
    email = request.args.get("email", "").strip()
    listed: dict[str, Any] = {"results": [], "paging": {}}
    if email:
        listed = ask(find_people, read_query(PeopleEverywhereQuery, email=email))
    return render_template(
        "people_everywhere.html",
        people=listed["results"],
        paging=listed["paging"],
        query={"email": email},
    )


def contact_url(contact_id: str | None) -> str | None:
    """The contact's record in HubSpot, None without one."""
    if not contact_id:
        return None
    root = current_app.config[HUBSPOT_APP_URL]
    return f"{root}/contacts/{caller().portal_id}/record/0-1/{contact_id}"


def _decide(call: Callable[..., Any], said: str, webinar_id: str, person_id: str) -> Response:
    ask(call, webinar_id=webinar_id, person_id=person_id)
    return done(said, url_for("console_people.person", webinar_id=webinar_id, person_id=person_id))


def _list_of(webinar_id: str, **filters: str) -> str:
    path = url_for("console_people.people", webinar_id=webinar_id)
    return f"{path}?{urlencode(filters)}"


def _reasons(asked: str) -> list[str]:
    """Reasons to choose from: every one of ours, and the one asked for."""
    return [*REASONS, *([asked] if asked and asked not in REASONS else [])]
