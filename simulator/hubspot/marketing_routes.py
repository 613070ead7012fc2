"""Marketing events over HTTP, by external ids and by object id.

https://developers.hubspot.com/docs/api-reference/latest/marketing/marketing-events/guide
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints
from simulator.hubspot.errors import refuse, refuse_older
from simulator.hubspot.marketing_events import (
    change_event,
    create_event,
    describe_counted,
    describe_event,
    find_event,
)
from simulator.hubspot.models import MarketingEvent
from simulator.hubspot.wire import batch_body, page_of

READ = ("crm.objects.marketing_events.read",)
WRITE = ("crm.objects.marketing_events.write",)
BASE, OLD = "/marketing/marketing-events/{V}", "/marketing/v3/marketing-events"


def add_marketing_routes(endpoints: Endpoints) -> None:
    """Routes of marketing events, without participation."""
    for method, path, view in (
        ("GET", "", list_events),
        ("GET", "/events/search", search_events),
        ("GET", "/events/<event_id>", read_external),
        ("GET", "/<event_id>/identifiers", read_identifiers),
        ("GET", "/<object_id>", read_by_object_id),
        ("GET", "/<app_id>/settings", read_settings),
    ):
        endpoints.add(method, BASE + path, OLD + path, scopes=READ)(view)
    for method, path, view in (
        ("POST", "/events", create),
        ("POST", "/events/upsert", upsert_batch),
        ("POST", "/events/delete", delete_batch_external),
        ("PUT", "/events/<event_id>", upsert),
        ("PATCH", "/events/<event_id>", update_external),
        ("DELETE", "/events/<event_id>", delete_external),
        ("POST", "/events/<event_id>/cancel", cancel),
        ("POST", "/events/<event_id>/complete", complete),
        ("PATCH", "/<object_id>", update_by_object_id),
        ("DELETE", "/<object_id>", delete_by_object_id),
        ("POST", "/batch/update", update_batch),
        ("POST", "/batch/archive", archive_batch),
        ("POST", "/<app_id>/settings", write_settings),
    ):
        endpoints.add(method, BASE + path, OLD + path, scopes=WRITE, write=True)(view)


def need_external(call: ApiCall, event_id: str) -> MarketingEvent:
    """The event by external ids; raises 400 without the account id, 404 when unknown."""
    account_id = call.arg("externalAccountId")
    if not account_id:
        raise refuse_older(400, "VALIDATION_ERROR", "externalAccountId is required")
    event = find_event(call.portal, account_id, event_id)
    if event is None:
        message = f"No marketing event {event_id} of account {account_id} was found."
        raise refuse_older(404, "OBJECT_NOT_FOUND", message)
    return event


def need_object(call: ApiCall, object_id: str) -> MarketingEvent:
    """The event by object id; raises 404 when unknown."""
    event = call.portal.marketing_events.get(object_id)
    if event is None:
        raise refuse(404, "OBJECT_NOT_FOUND", f"No marketing event {object_id} was found.")
    return event


def counter_lag(call: ApiCall) -> float:
    """Seconds by which counters and event-scoped breakdowns lag."""
    return float(str(call.world.switches["participation_lag_seconds"]))


def list_events(call: ApiCall) -> Answer:
    """A page of events with their counters."""
    events = list(call.portal.marketing_events.values())
    page, frame = page_of(events, call.limit(10, 100), call.arg("after"))
    lag = counter_lag(call)
    return {
        "results": [describe_counted(call.portal, event, lag) for event in page],
        **frame,
    }, 200


def create(call: ApiCall) -> Answer:
    """A new event."""
    return describe_event(create_event(call.portal, call.body)), 201


def upsert(call: ApiCall, event_id: str) -> Answer:
    """One event, new or changed."""
    account_id = str(call.body.get("externalAccountId") or "")
    event = find_event(call.portal, account_id, event_id)
    if event is None:
        event = create_event(call.portal, {**call.body, "externalEventId": event_id})
    else:
        change_event(call.portal, event, call.body)
    return describe_event(event), 200


def upsert_batch(call: ApiCall) -> Answer:
    """Answers 200 with no results and stores nothing, unless a switch says otherwise."""
    results = []
    if call.world.switches["batch_upsert_stores_marketing_events"]:
        for item in call.inputs():
            account_id, event_id = str(item["externalAccountId"]), str(item["externalEventId"])
            event = find_event(call.portal, account_id, event_id)
            if event is None:
                event = create_event(call.portal, item)
            else:
                change_event(call.portal, event, item)
            results.append(describe_event(event))
    return batch_body(call.world.clock(), results), 200


def read_external(call: ApiCall, event_id: str) -> Answer:
    """One event with its counters, by external ids."""
    event = need_external(call, event_id)
    return describe_counted(call.portal, event, counter_lag(call)), 200


def update_external(call: ApiCall, event_id: str) -> Answer:
    """Change some fields."""
    event = need_external(call, event_id)
    body = dict(call.body)
    if call.world.switches["cancelled_marketing_events_stay_so"]:
        body.pop("eventCancelled", None)
    change_event(call.portal, event, body)
    return describe_event(event), 200


def delete_external(call: ApiCall, event_id: str) -> Answer:
    """Delete one event."""
    del call.portal.marketing_events[need_external(call, event_id).object_id]
    return None, 204


def cancel(call: ApiCall, event_id: str) -> Answer:
    """Mark as cancelled."""
    event = need_external(call, event_id)
    change_event(call.portal, event, {"eventCancelled": True})
    return describe_event(event), 200


def complete(call: ApiCall, event_id: str) -> Answer:
    """Mark as over: whoever registered and did not come is a no-show."""
    missing = [name for name in ("startDateTime", "endDateTime") if not call.body.get(name)]
    if missing:
        message = f"Required fields are missing: {', '.join(missing)}"
        raise refuse_older(400, "VALIDATION_ERROR", message)
    event = need_external(call, event_id)
    moments = {name: call.body[name] for name in ("startDateTime", "endDateTime")}
    change_event(call.portal, event, {**moments, "eventCompleted": True})
    return describe_event(event), 200


def search_events(call: ApiCall) -> Answer:
    """External ids by part of an external event id; the index lags."""
    found = [
        {
            "appId": int(call.world.apps.hubspot_app_id),
            "externalAccountId": event.external_account_id,
            "externalEventId": event.external_event_id,
            "objectId": event.object_id,
        }
        for event in _indexed(call)
        if event.external_event_id == call.arg("q")
    ]
    return {"results": found}, 200


def read_identifiers(call: ApiCall, event_id: str) -> Answer:
    """Every event with this external event id; the index lags."""
    app_id = call.world.apps.hubspot_app_id
    found = [
        {
            "objectId": event.object_id,
            "externalEventId": event.external_event_id,
            "externalAccountId": event.external_account_id,
            "marketingEventName": event.fields.get("eventName"),
            "appInfo": {"id": app_id, "name": "Rollcall"},
        }
        for event in _indexed(call)
        if event.external_event_id == event_id
    ]
    return {"total": len(found), "results": found}, 200


def _indexed(call: ApiCall) -> list[MarketingEvent]:
    lag = timedelta(seconds=float(str(call.world.switches["search_lag_seconds"])))
    until = call.world.clock() - lag
    return [e for e in call.portal.marketing_events.values() if e.created_at <= until]


def read_by_object_id(call: ApiCall, object_id: str) -> Answer:
    """One event by object id."""
    return describe_counted(call.portal, need_object(call, object_id), counter_lag(call)), 200


def update_by_object_id(call: ApiCall, object_id: str) -> Answer:
    """Change some fields by object id."""
    event = need_object(call, object_id)
    change_event(call.portal, event, call.body)
    return describe_event(event), 200


def delete_by_object_id(call: ApiCall, object_id: str) -> Answer:
    """Delete by object id."""
    del call.portal.marketing_events[need_object(call, object_id).object_id]
    return None, 204


def update_batch(call: ApiCall) -> Answer:
    """Change several events by object id."""
    results: list[dict[str, Any]] = []
    for item in call.inputs():
        event = call.portal.marketing_events.get(str(item.get("objectId")))
        if event is not None:
            change_event(call.portal, event, item)
            results.append(describe_event(event))
    return batch_body(call.world.clock(), results), 200


def archive_batch(call: ApiCall) -> Answer:
    """Delete several events by object id."""
    for item in call.inputs():
        call.portal.marketing_events.pop(str(item.get("objectId")), None)
    return None, 204


def delete_batch_external(call: ApiCall) -> Answer:
    """Delete several events by external ids."""
    for item in call.inputs():
        account_id, event_id = str(item.get("externalAccountId")), str(item.get("externalEventId"))
        event = find_event(call.portal, account_id, event_id)
        if event is not None:
            del call.portal.marketing_events[event.object_id]
    return None, 204


def read_settings(call: ApiCall, app_id: str) -> Answer:
    """Where HubSpot asks the app about an event."""
    return {"appId": int(app_id), "eventDetailsUrl": call.world.hubspot.app.event_details_url}, 200


def write_settings(call: ApiCall, app_id: str) -> Answer:
    """Set where HubSpot asks; the address holds `%s` for the external event id."""
    url = str(call.body.get("eventDetailsUrl") or "")
    if "%s" not in url:
        raise refuse_older(400, "VALIDATION_ERROR", "eventDetailsUrl must contain %s")
    call.world.hubspot.app.event_details_url = url
    return read_settings(call, app_id)
