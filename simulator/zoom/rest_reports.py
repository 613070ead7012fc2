"""Reports: who attended, for how long, and which webinars there were or will be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.zoom import attendance, paging, wire
from simulator.zoom.calls import Route, ZoomCall
from simulator.zoom.errors import ZoomError, no_such_session
from simulator.zoom.model import FIXED_TIMES, NO_REGISTRATION, Instance, Webinar
from simulator.zoom.moments import stamp

LONGEST_RANGE = timedelta(days=31)
OLDEST_LIST = timedelta(days=184)


def show_report(call: ZoomCall) -> tuple[Any, int]:
    """`GET /report/webinars/{id or UUID}`."""
    instance = _instance(call)
    if attendance.report_state(instance) == "not_ready":
        # Nobody who learns that there is none goes on to its rows.
        attendance.move_on(instance)
        raise no_such_session(instance.uuid)
    return wire.report_detail(call.state, call.state.webinars[instance.webinar_id], instance), 200


def list_participants(call: ZoomCall) -> tuple[Any, int]:
    """`GET /report/webinars/{id or UUID}/participants`: one row per join."""
    instance = _instance(call)
    rows, has_duration = attendance.readable_rows(call, instance)
    page, fields = paging.page_of(call, rows, f"report|{instance.uuid}")
    wanted = "registrant_id" in call.query.get("include_fields", "").split(",")
    shown = [
        wire.report_row(row, with_registrant=wanted, has_duration=has_duration) for row in page
    ]
    return fields | {"participants": shown}, 200


def list_polls(call: ZoomCall) -> tuple[Any, int]:
    """`GET /report/webinars/{id}/polls`."""
    instance = _instance(call)
    return _answers(instance, "questions", instance.polls), 200


def list_questions(call: ZoomCall) -> tuple[Any, int]:
    """`GET /report/webinars/{id}/qa`."""
    instance = _instance(call)
    return _answers(instance, "questions", instance.qa), 200


def show_survey(call: ZoomCall) -> tuple[Any, int]:
    """`GET /report/webinars/{id}/survey`."""
    instance = _instance(call)
    definition = call.state.webinars[instance.webinar_id].survey_definition
    return {
        "webinar_id": instance.webinar_id,
        "webinar_uuid": instance.uuid,
        "start_time": stamp(instance.start_time),
        "survey_id": str(definition.get("id", "")),
        "survey_name": str(definition.get("custom_survey", {}).get("title", "")),
        "survey_answers": instance.survey,
    }, 200


def _answers(instance: Instance, name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": instance.webinar_id,
        "uuid": instance.uuid,
        "start_time": stamp(instance.start_time),
        name: entries,
    }


def _instance(call: ZoomCall) -> Instance:
    instance = call.state.find_instance(call.account.id, call.params["webinar_id"])
    kept = timedelta(days=float(call.state.switch("report_days")))
    if call.state.now() - instance.start_time > kept:
        raise ZoomError(400, 12702, "Can not access a webinar a year ago.")
    return instance


def list_history(call: ZoomCall) -> tuple[Any, int]:
    """`GET /report/history_meetings`: every ended session of the account in one month."""
    begin, end = _range(call)
    if call.state.now() - begin > OLDEST_LIST + timedelta(days=1):
        # The month has to lie within the past six months.
        raise ZoomError(400, 300, "Only provide report in recent 6 months.")
    by_end = call.query.get("date_type", "start_time") == "end_time"
    found = [
        instance
        for instance in call.state.instances.values()
        if call.state.webinars[instance.webinar_id].account_id == call.account.id
        and instance.end_time is not None
        and not instance.is_practice
        and begin <= (instance.end_time if by_end else instance.start_time) < end
    ]
    if call.query.get("meeting_type", "all") == "meeting":
        found = []
    found.sort(key=lambda instance: instance.start_time)
    key = f"history|{call.account.id}|{begin}|{end}|{by_end}"
    page, fields = paging.page_of(call, found, key)
    shown = [_history_entry(call, instance) for instance in page]
    kept = {name: fields[name] for name in ("next_page_token", "page_size")}
    return kept | {"history_meetings": shown}, 200


def _history_entry(call: ZoomCall, instance: Instance) -> dict[str, Any]:
    webinar = call.state.webinars[instance.webinar_id]
    host = call.state.host_of(webinar)
    detail = wire.report_detail(call.state, webinar, instance)
    return {
        "meeting_uuid": instance.uuid,
        "meeting_id": webinar.id,
        "type": "Webinar",
        "host_display_name": host.display_name,
        "host_email": host.email,
        "start_time": detail["start_time"],
        "end_time": detail["end_time"],
        "topic": webinar.topic,
        "participants": detail["participants_count"],
        "duration": detail["duration"],
        "total_participant_minutes": detail["total_minutes"],
        "source": "Zoom",
        "unique_viewers": detail["participants_count"],
        "max_concurrent_views": detail["participants_count"],
        "create_time": stamp(webinar.created_at),
        "feature_used": {
            "registration": webinar.approval_type != NO_REGISTRATION,
            "poll": bool(instance.polls),
            "record_to_cloud": instance.uuid in call.state.recordings,
        },
    }


def list_upcoming(call: ZoomCall) -> tuple[Any, int]:
    """`GET /report/upcoming_events`: planned webinars of the whole account; ids are strings."""
    begin, end = _range(call)
    planned = sorted(
        (
            (start, webinar)
            for webinar in call.state.webinars.values()
            if webinar.account_id == call.account.id
            for start in _planned_starts(webinar)
            if begin <= start < end and start >= call.state.now()
        ),
        key=lambda entry: (entry[0], entry[1].id),
    )
    if call.query.get("type", "all") == "meeting":
        planned = []
    page, fields = paging.page_of(call, planned, f"upcoming|{call.account.id}|{begin}|{end}")
    shown = [_upcoming_entry(call, webinar, start) for start, webinar in page]
    kept = {name: fields[name] for name in ("next_page_token", "page_size")}
    dates = {name: call.query[name] for name in ("from", "to")}
    return dates | kept | {"upcoming_events": shown}, 200


def _planned_starts(webinar: Webinar) -> list[datetime]:
    if webinar.type == FIXED_TIMES:
        return [item.start_time for item in webinar.occurrences if item.status == "available"]
    return [webinar.start_time] if webinar.start_time else []


def _upcoming_entry(call: ZoomCall, webinar: Webinar, start: datetime) -> dict[str, str]:
    host = call.state.host_of(webinar)
    return {
        "id": str(webinar.id),
        "topic": webinar.topic,
        "start_time": stamp(start),
        "host_id": host.id,
        "host_name": host.display_name,
        "dept": "",
    }


def _range(call: ZoomCall) -> tuple[datetime, datetime]:
    """Midnight of `from` and of the day after `to`; at most a month apart."""
    try:
        begin, last = (
            datetime.strptime(call.query[name], "%Y-%m-%d").replace(tzinfo=UTC)
            for name in ("from", "to")
        )
    except (KeyError, ValueError) as error:
        raise ZoomError(400, 300, "Invalid parameter: from, to.") from error
    if not timedelta(0) <= last - begin <= LONGEST_RANGE:
        raise ZoomError(400, 300, "Invalid parameter: the range may be one month at most.")
    return begin, last + timedelta(days=1)


def _report(path: str, scope: str, handler: Any, *, hides_plan_error: bool = False) -> Route:
    return Route(
        "GET",
        "/report" + path,
        "heavy",
        f"report:read:{scope}:admin",
        handler,
        needs_report_role=True,
        hides_plan_error=hides_plan_error,
    )


ROUTES = [
    _report("/webinars/{webinar_id}", "webinar", show_report, hides_plan_error=True),
    _report(
        "/webinars/{webinar_id}/participants",
        "list_webinar_participants",
        list_participants,
        hides_plan_error=True,
    ),
    _report("/webinars/{webinar_id}/polls", "list_webinar_polls", list_polls),
    _report("/webinars/{webinar_id}/qa", "webinar_qna", list_questions),
    _report("/webinars/{webinar_id}/survey", "webinar_survey", show_survey),
    _report("/history_meetings", "list_history_meetings", list_history),
    _report("/upcoming_events", "upcoming_meetings_webinars", list_upcoming),
]
