"""Requests HubSpot itself makes: the UI's signed proxy, workflow actions, option fetches."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from simulator.hubspot.signatures import sign_v2, v3_headers
from simulator.hubspot.webhooks import send_request
from simulator.hubspot.wire import milliseconds

if TYPE_CHECKING:
    from simulator.world import World

FETCH_SECONDS = 15.0
ACTION_SECONDS = 30.0


def _read_answer(status: int, headers: dict[str, str], content: bytes) -> dict[str, Any]:
    text = content.decode(errors="replace")
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = text
    return {"status": status, "headers": headers, "body": body}


def fetch_as_proxy(world: World, wanted: dict[str, Any]) -> dict[str, Any]:
    """Do what `hubspot.fetch` does for a signed-in person, and hand back the answer.

    Appends userId, portalId, userEmail and appId to the query and signs with version 3:
    https://developers.hubspot.com/docs/apps/developer-platform/add-features/ui-extensions/fetching-data
    """
    portal_id = int(wanted["portal_id"])
    portal = world.hubspot.portals[portal_id]
    user_id = int(wanted.get("user_id") or next(iter(portal.users)))
    user = portal.users.get(user_id)
    identity = {
        "userId": user_id,
        "portalId": portal_id,
        "userEmail": user.email if user else "",
        "appId": world.apps.hubspot_app_id,
    }
    url, method = str(wanted["url"]), str(wanted.get("method", "GET")).upper()
    url += ("&" if "?" in url else "?") + urlencode(identity)
    body = json.dumps(wanted["body"]).encode() if wanted.get("body") is not None else b""
    headers = {"Accept": "application/json", **(wanted.get("headers") or {})}
    if body:
        headers.setdefault("Content-Type", "application/json")
    now = milliseconds(world.clock())
    headers |= v3_headers(world.apps.hubspot_client_secret, method, url, body, now)
    return _read_answer(*send_request(method, url, headers, body or None, FETCH_SECONDS))


def run_workflow_action(world: World, wanted: dict[str, Any]) -> dict[str, Any]:
    """Execute the app's workflow action for a contact; answers what the app answered.

    `{portal_id, contact_id, url, input_fields?, properties?, callback_id?}`; the same callback id
    again is HubSpot's retry.
    """
    portal = world.hubspot.portals[int(wanted["portal_id"])]
    contact = portal.contacts.records[str(wanted["contact_id"])]
    names = wanted.get("properties") or ["email", "firstname", "lastname"]
    inputs = wanted.get("input_fields") or {}
    callback_id = wanted.get("callback_id") or f"ap-{portal.id}-{uuid.uuid4()}"
    body = {
        "callbackId": callback_id,
        "origin": {"portalId": portal.id, "actionDefinitionId": 1, "actionDefinitionVersion": 1},
        "context": {"source": "WORKFLOWS", "workflowId": 1},
        "object": {
            "objectId": int(contact.id),
            "objectType": "CONTACT",
            "properties": {name: contact.properties.get(name) for name in names},
        },
        "inputFields": inputs,
        "fields": {name: {"type": "STATIC_VALUE", "value": v} for name, v in inputs.items()},
    }
    executions = world.hubspot.executions
    executions.begin(callback_id, portal.id, contact.id)
    answer = _post_signed(world, str(wanted["url"]), body)
    executions.answered(callback_id, answer["status"], answer["body"])
    return {"callback_id": callback_id, **answer}


def enroll(world: World, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Bring many contacts to the action at once; answers what the app answered to each.

    `{portal_id, contact_ids, url, input_fields?, properties?, at_once?}`. Until something else than
    429 or 5xx comes an execution is tried again, `attempts` times (3) with little pause.
    """

    def run(contact_id: str) -> dict[str, Any]:
        asked = {**wanted, "contact_id": contact_id}
        for attempt in range(int(wanted.get("attempts", 3))):
            answer = run_workflow_action(world, asked)
            if answer["status"] not in (0, 429) and answer["status"] < 500:
                break
            asked["callback_id"] = answer["callback_id"]
            world.closing.wait(0.1 * 2**attempt)
        return answer

    with ThreadPoolExecutor(int(wanted.get("at_once", 20))) as crew:
        return list(crew.map(run, [str(one) for one in wanted["contact_ids"]]))


def fetch_options(world: World, wanted: dict[str, Any]) -> dict[str, Any]:
    """Ask the app for a workflow input's options: `{portal_id, url, input_field, q?, after?}`."""
    portal = world.hubspot.portals[int(wanted["portal_id"])]
    options = {name: wanted[name] for name in ("q", "after") if wanted.get(name)}
    body = {
        "origin": {"portalId": portal.id, "actionDefinitionId": 1, "actionDefinitionVersion": 1},
        "objectTypeId": "0-1",
        "inputFieldName": wanted.get("input_field", "webinarId"),
        "inputFields": {},
        "fetchOptions": options,
    }
    return _post_signed(world, str(wanted["url"]), body)


def _post_signed(world: World, url: str, body: dict[str, Any]) -> dict[str, Any]:
    secret, content = world.apps.hubspot_client_secret, json.dumps(body).encode()
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Signature": sign_v2(secret, "POST", url, content),
        "X-HubSpot-Signature-Version": "v2",
    }
    if world.switches["workflow_v3_signature"]:
        headers |= v3_headers(secret, "POST", url, content, milliseconds(world.clock()))
    return _read_answer(*send_request("POST", url, headers, content, ACTION_SECONDS))
