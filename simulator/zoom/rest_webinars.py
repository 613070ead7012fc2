"""Users and their webinars: https://developers.zoom.us/docs/api/users/ and .../api/meetings/"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from simulator.zoom import paging, wire
from simulator.zoom.calls import Route, ZoomCall
from simulator.zoom.errors import ZoomError, invalid
from simulator.zoom.model import FIXED_TIMES, Panelist, Webinar


def list_users(call: ZoomCall) -> tuple[Any, int]:
    """`GET /users`: the account's people of one status."""
    status = call.query.get("status", "active")
    people = [user for user in call.account.users.values() if user.status == status]
    page, fields = paging.page_of(call, people, f"users|{call.account.id}|{status}", 2000)
    return fields | {"page_number": 1, "users": [wire.user(user) for user in page]}, 200


def show_me(call: ZoomCall) -> tuple[Any, int]:
    """`GET /users/me`: who installed, with the account id the token answer lacks."""
    return wire.user(call.user) | {"account_id": call.account.id}, 200


def show_user(call: ZoomCall) -> tuple[Any, int]:
    """`GET /users/{id}`, by id or e-mail."""
    person = call.state.find_user(call.account, call.params["user_id"])
    return wire.user(person) | {"account_id": call.account.id}, 200


def show_settings(call: ZoomCall) -> tuple[Any, int]:
    """`GET /users/{id}/settings`: whether and how large the person's webinars may be."""
    return wire.user_settings(_user_of(call)), 200


def list_webinars(call: ZoomCall) -> tuple[Any, int]:
    """`GET /users/{id}/webinars`: what is planned, live or over but not yet expired.

    An ended webinar leaves the list some time after its end, so absence is not deletion.
    """
    host = _user_of(call)
    if not host.webinar:
        raise ZoomError(400, 200, "Webinar plan is missing. You must subscribe to the webinar plan")
    kind = call.query.get("type", "scheduled")
    if kind not in ("scheduled", "upcoming"):
        raise invalid(("type", "Invalid field."))
    with_events = call.query.get("include_events_webinar", "true") != "false"
    shown = [
        webinar
        for webinar in call.state.webinars.values()
        if webinar.host_id == host.id
        and (with_events or not webinar.is_events_webinar)
        and not _is_expired(call, webinar, kind)
    ]
    entries = [entry for webinar in shown for entry in _entries(call, webinar)]
    key = f"webinars|{host.id}|{kind}|{with_events}"
    page, fields = paging.page_of(call, entries, key)
    return fields | {"webinars": list(page)}, 200


def _entries(call: ZoomCall, webinar: Webinar) -> list[dict[str, Any]]:
    shown = wire.listed_webinar(call.state, webinar)
    if webinar.type != FIXED_TIMES or not call.state.switch("list_one_item_per_occurrence"):
        return [shown]
    return [
        shown | {name: wire.occurrence(date)[name] for name in ("start_time", "duration")}
        for date in webinar.occurrences
        if date.status == "available"
    ]


def _is_expired(call: ZoomCall, webinar: Webinar, kind: str) -> bool:
    planned_end = webinar.last_planned_end()
    if planned_end is None:
        return False
    days = 0.0 if kind == "upcoming" else float(call.state.switch("ended_webinar_listed_days"))
    return planned_end + timedelta(days=days) < call.state.now()


def show_webinar(call: ZoomCall) -> tuple[Any, int]:
    """`GET /webinars/{id or UUID}`."""
    webinar = call.state.find_webinar(call.account.id, call.params["webinar_id"])
    occurrence_id = call.query.get("occurrence_id", "")
    with_previous = call.query.get("show_previous_occurrences") == "true"
    shown = wire.webinar_detail(call.state, webinar, with_previous=with_previous)
    if occurrence_id:
        date = webinar.find_occurrence(occurrence_id)
        if date is None:
            raise ZoomError(400, 300, f"Invalid occurrence ID: {occurrence_id}.")
        shown |= {"start_time": wire.occurrence(date)["start_time"], "duration": date.duration}
    return shown, 200


def list_tracking_sources(call: ZoomCall) -> tuple[Any, int]:
    """`GET /webinars/{id}/tracking_sources`, not paged."""
    webinar = call.webinar()
    people = list(webinar.registrants.values())
    shown = [
        wire.tracking_source(call.state, webinar, source["id"])
        | {
            "visitor_count": int(source.get("visitor_count", 0)),
            "registration_count": sum(person.source_id == source["id"] for person in people),
        }
        for source in webinar.tracking_sources
    ]
    return {"total_records": len(shown), "tracking_sources": shown}, 200


def list_panelists(call: ZoomCall) -> tuple[Any, int]:
    """`GET /webinars/{id}/panelists`, not paged."""
    webinar = call.webinar()
    shown = [wire.panelist(call.state, webinar, person) for person in webinar.panelists]
    return {"total_records": len(shown), "panelists": shown}, 200


def add_panelists(call: ZoomCall) -> tuple[Any, int]:
    """`POST /webinars/{id}/panelists`: the answer tells neither id nor link of anybody."""
    webinar = call.webinar()
    for person in call.body.get("panelists") or []:
        name, email = str(person.get("name", "")), str(person.get("email", ""))
        webinar.panelists.append(Panelist(call.state.ids.opaque(), email, name))
    now = call.state.now()
    return {"id": str(webinar.id), "updated_at": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, 201


def show_survey(call: ZoomCall) -> tuple[Any, int]:
    """`GET /webinars/{id}/survey`: the questions."""
    return call.webinar().survey_definition, 200


def list_polls(call: ZoomCall) -> tuple[Any, int]:
    """`GET /webinars/{id}/polls`: the questions prepared."""
    polls = call.webinar().poll_definitions
    return {"total_records": len(polls), "polls": polls}, 200


def _user_of(call: ZoomCall) -> Any:
    reference = call.params["user_id"]
    return call.user if reference == "me" else call.state.find_user(call.account, reference)


ROUTES = [
    Route("GET", "/users", "medium", "user:read:list_users:admin", list_users, needs_plan=False),
    Route("GET", "/users/me", "light", "user:read:user:admin", show_me, needs_plan=False),
    Route("GET", "/users/{user_id}", "light", "user:read:user:admin", show_user, needs_plan=False),
    Route(
        "GET",
        "/users/{user_id}/settings",
        "medium",
        "user:read:settings:admin",
        show_settings,
        needs_plan=False,
    ),
    Route(
        "GET",
        "/users/{user_id}/webinars",
        "medium",
        "webinar:read:list_webinars:admin",
        list_webinars,
    ),
    Route("GET", "/webinars/{webinar_id}", "light", "webinar:read:webinar:admin", show_webinar),
    Route(
        "GET",
        "/webinars/{webinar_id}/tracking_sources",
        "medium",
        "webinar:read:list_tracking_sources:admin",
        list_tracking_sources,
    ),
    Route(
        "GET",
        "/webinars/{webinar_id}/panelists",
        "medium",
        "webinar:read:list_panelists:admin",
        list_panelists,
    ),
    Route(
        "POST",
        "/webinars/{webinar_id}/panelists",
        "medium",
        "webinar:write:panelist:admin",
        add_panelists,
    ),
    Route(
        "GET", "/webinars/{webinar_id}/survey", "light", "webinar:read:survey:admin", show_survey
    ),
    Route(
        "GET", "/webinars/{webinar_id}/polls", "light", "webinar:read:list_polls:admin", list_polls
    ),
]
