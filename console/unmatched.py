"""People without identity, by webinar and date; matching one by hand, and taking it back."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from api.people import match_person, unmatch_person
from api.unmatched import get_candidates, get_hand_matches, get_unmatched
from console.asking import ask, load, read_query
from console.blueprint import done, new_blueprint, render_panel
from schemas.api import PageQuery
from schemas.api_people import CandidateQuery, MatchRequest

pages = new_blueprint("unmatched")

_MATCHES_SHOWN = 20
_CANDIDATES_SHOWN = 20


@pages.get("/unmatched")
def unmatched() -> str:
    """Who is without identity, date by date, and what was matched by hand."""
    query = read_query(PageQuery)
    found = ask(get_unmatched, query)
    older = request.args.get("older")
    which = {"limit": _MATCHES_SHOWN} | ({"after": older} if older else {})
    matches = ask(get_hand_matches, load(PageQuery, which))
    return render_template(
        "unmatched.html",
        dates=[list(people) for _, people in groupby(found["results"], _date)],
        paging=found["paging"],
        is_first_page="after" not in query,
        matches=matches,
    )


@pages.get("/unmatched/<webinar_id>/<person_id>")
def candidates(webinar_id: str, person_id: str) -> str:
    """Registrants who did not come, searched by address or name; none is chosen beforehand."""
    return _show(webinar_id, person_id, "")


@pages.post("/unmatched/<webinar_id>/<person_id>/match")
def match(webinar_id: str, person_id: str) -> Response:
    """Give the participant's stay to an address; what is wrong with it is said beside it."""
    chosen, typed = request.form.get("candidate", ""), request.form.get("email", "").strip()
    if chosen and typed and chosen != typed:
        complaint = "Either choose a registrant or type an address, not both."
        return Response(_show(webinar_id, person_id, complaint), 400)
    email = typed or chosen
    try:
        wanted = load(MatchRequest, {"email": email})
    except HTTPException as error:
        if error.code != 400:
            raise
        complaint = "Type a whole e-mail address, or choose a registrant."
        return Response(_show(webinar_id, person_id, complaint), 400)
    ask(match_person, wanted, webinar_id=webinar_id, person_id=person_id)
    return done(
        f"Matched to {email}. Their attendance is written with the next run.",
        url_for("console_unmatched.unmatched"),
    )


@pages.post("/unmatched/<webinar_id>/<person_id>/undo")
def undo(webinar_id: str, person_id: str) -> Response:
    """Take back what was matched to the person."""
    ask(unmatch_person, webinar_id=webinar_id, person_id=person_id)
    return done(
        "Taken back. What HubSpot holds is corrected as far as HubSpot allows.",
        url_for("console_unmatched.unmatched"),
    )


def _show(webinar_id: str, person_id: str, complaint: str) -> str:
    query = read_query(CandidateQuery, limit=_CANDIDATES_SHOWN)
    found = ask(get_candidates, query, webinar_id=webinar_id, person_id=person_id)
    return render_panel(
        "parts/match.html",
        "Match by hand",
        found=found,
        search=query["search"],
        chosen=request.form.get("candidate", ""),
        typed=request.form.get("email", ""),
        complaint=complaint,
    )


def _date(one: dict[str, Any]) -> tuple[str, str]:
    return one["webinar_id"], one["occurrence_id"]
