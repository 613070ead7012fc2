"""Past webinars: sessions, who was there, who was not, polls and questions."""

from __future__ import annotations

from typing import Any

from simulator.zoom import attendance, paging, wire
from simulator.zoom.calls import Route, ZoomCall
from simulator.zoom.errors import ZoomError
from simulator.zoom.model import NO_REGISTRATION, Instance
from simulator.zoom.moments import stamp


def list_instances(call: ZoomCall) -> tuple[Any, int]:
    """`GET /past_webinars/{id}/instances`: every ended session, by number only."""
    webinar = call.webinar()
    over = webinar.ended_instances()
    if call.state.switch("practice_in_instances"):
        over += [item for item in webinar.instances if item.is_practice]
    shown = [{"uuid": item.uuid, "start_time": stamp(item.start_time)} for item in over]
    return {"webinars": shown}, 200


def list_participants(call: ZoomCall) -> tuple[Any, int]:
    """`GET /past_webinars/{id}/participants`."""
    instance = _instance(call)
    rows, has_duration = attendance.readable_rows(call, instance)
    page, fields = paging.page_of(call, rows, f"past|{instance.uuid}")
    with_registrant = bool(call.state.switch("past_participants_registrant_id"))
    shown = [
        wire.past_row(row, with_registrant=with_registrant, has_duration=has_duration)
        for row in page
    ]
    return fields | {"participants": shown}, 200


def list_absentees(call: ZoomCall) -> tuple[Any, int]:
    """`GET /past_webinars/{id}/absentees`: approved people without a row."""
    instance = _instance(call)
    webinar = call.state.webinars[instance.webinar_id]
    if webinar.approval_type == NO_REGISTRATION:
        text = f"This webinar doesn't have registration required: {instance.uuid}."
        raise ZoomError(400, 3000, text)
    occurrence_id = call.query.get("occurrence_id", "")
    if occurrence_id and webinar.find_occurrence(occurrence_id) is None:
        text = (
            "The request could not be completed because you have provided an invalid "
            f"occurrence ID: {occurrence_id}."
        )
        raise ZoomError(400, 300, text)
    came = {row.registrant_id for row in instance.rows}
    people = webinar.list_registrants("approved", occurrence_id or instance.occurrence_id)
    absent = [person for person in people if person.id not in came]
    page, fields = paging.page_of(call, absent, f"absentees|{instance.uuid}|{occurrence_id}")
    shown = [wire.registrant(call.state, webinar, person) for person in page]
    return fields | {"page_number": 1, "registrants": shown}, 200


def list_polls(call: ZoomCall) -> tuple[Any, int]:
    """`GET /past_webinars/{id}/polls`."""
    instance = _instance(call)
    return _answers(instance, instance.polls), 200


def list_questions(call: ZoomCall) -> tuple[Any, int]:
    """`GET /past_webinars/{id}/qa`."""
    instance = _instance(call)
    return _answers(instance, instance.qa), 200


def _answers(instance: Instance, questions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": instance.webinar_id,
        "uuid": instance.uuid,
        "start_time": stamp(instance.start_time),
        "questions": questions,
    }


def _instance(call: ZoomCall) -> Instance:
    return call.state.find_instance(call.account.id, call.params["webinar_id"])


_PAST = "/past_webinars/{webinar_id}"
ROUTES = [
    Route(
        "GET",
        _PAST + "/instances",
        "light",
        "webinar:read:list_past_instances:admin",
        list_instances,
        needs_plan=False,
    ),
    Route(
        "GET",
        _PAST + "/participants",
        "medium",
        "webinar:read:list_past_participants:admin",
        list_participants,
    ),
    Route(
        "GET",
        _PAST + "/absentees",
        "heavy",
        "webinar:read:list_absentees:admin",
        list_absentees,
        hides_plan_error=True,
    ),
    Route("GET", _PAST + "/polls", "medium", "webinar:read:list_past_polls:admin", list_polls),
    Route("GET", _PAST + "/qa", "medium", "webinar:read:past_qa:admin", list_questions),
]
