"""Domains that are left out: of hosts, of hosts for recordings alone, and of registrants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from api.domains import get_domains
from api.settings import current_settings
from console.asking import ask
from console.blueprint import done, new_blueprint
from console.complaints import NONE, Complaints, attempt
from console.setting_pages import render_settings, save

pages = new_blueprint("exclusions")


@dataclass(frozen=True, slots=True)
class DomainList:
    """A list of domains; ``suggested`` names the domains of `GET /api/domains` that fit it."""

    name: str
    title: str
    does: str
    does_not: str
    suggested: str


LISTS = (
    DomainList(
        "excluded_host_domains",
        "Webinar exclusions",
        "Webinars of hosts with such an address are not synced at all.",
        "Who registers with such an address is not concerned.",
        "hosts",
    ),
    DomainList(
        "excluded_recording_domains",
        "Recording exclusions",
        "Recordings and transcripts of hosts with such an address are not synced.",
        "Registrations and attendance of their webinars are.",
        "hosts",
    ),
    DomainList(
        "excluded_contact_domains",
        "Contact exclusions",
        "People who register or attend with such an address are shown as Excluded: enter your own"
        " company’s domain so that colleagues do not become contacts.",
        "Contacts that exist are not deleted.",
        "colleagues",
    ),
)
_SEPARATORS = re.compile(r"[\s,;]+")


@pages.get("/settings/exclusions")
def exclusions() -> str:
    """The three lists."""
    return _show(NONE, "", "")


@pages.post("/settings/exclusions/<name>/add")
def add(name: str) -> Response | tuple[str, int]:
    """Exclude the domains that were entered, several at once if need be."""
    domains, entered = _list(name), request.form.get("domains", "")
    new = [one for one in _SEPARATORS.split(entered) if one]
    if not new:
        return _show(
            Complaints("Nothing was changed.", (f"{name}: Enter a domain.",)), name, ""
        ), 400
    now = current_settings()
    changed = {"version": now["version"], name: [*now[name], *new]}
    complaints = attempt(lambda: save(changed))
    if complaints:
        return _show(_naming(complaints, name, changed[name]), name, entered), 400
    known = "domain is" if len(new) == 1 else "domains are"
    return _done(f"{domains.title}: {', '.join(new)}. The {known} excluded from now on.")


@pages.post("/settings/exclusions/<name>/remove")
def remove(name: str) -> Response | tuple[str, int]:
    """Take one domain from the list; who was excluded by it is decided upon again."""
    domains, domain = _list(name), request.form.get("domain", "")
    now = current_settings()
    kept = [one for one in now[name] if one != domain]
    complaints = attempt(lambda: save({"version": now["version"], name: kept}))
    if complaints:
        return _show(complaints, name, ""), 400
    return _done(f"{domains.title}: {domain} is not excluded any more.")


def _done(text: str) -> Response:
    return done(text, url_for("console_exclusions.exclusions"))


def _list(name: str) -> DomainList:
    found = next((one for one in LISTS if one.name == name), None)
    return found or abort(404)


def _naming(complaints: Complaints, name: str, domains: list[str]) -> Complaints:
    """The same with the domain each is about, instead of its place in the list."""
    named = [f"“{domains[int(place)]}”: {text}" for place, text in complaints.within(name)]
    said = [f"{name}: {text}" for text in complaints.at(name) + named]
    return Complaints(complaints.message, (*said, *complaints.apart_from([name])))


def _show(complaints: Complaints, of: str, entered: str) -> str:
    values: Mapping[str, Any] = current_settings()
    return render_settings(
        "exclusions.html",
        lists=LISTS,
        values=values,
        suggestions=ask(get_domains),
        complaints=complaints,
        elsewhere=complaints.apart_from([of]),
        entered={of: entered},
    )
