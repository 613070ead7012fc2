"""What HubSpot sends to the app: webhooks, proxied fetches, workflow actions, all signed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hubspot.utils.signature import Signature
from requests.structures import CaseInsensitiveDict

SECRET = "sim-hubspot-secret"


@dataclass
class Receiver:
    """Keeps what it is sent; answers with `statuses` in turn, then 200."""

    url: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The app's side, on a port of its own."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen = {
                "path": self.path,
                "headers": CaseInsensitiveDict(self.headers.items()),
                "body": body,
            }
            kept.received.append(seen)
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"outputFields": {}}')

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}"
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Return once the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "the awaited did not happen in time"
        pause.wait(0.02)


def is_signed_v3(seen: dict[str, Any], url: str, method: str = "POST") -> bool:
    """Whether HubSpot's own library accepts the signature."""
    return bool(
        Signature.is_valid(
            signature=seen["headers"]["X-HubSpot-Signature-v3"],
            client_secret=SECRET,
            request_body=seen["body"].decode(),
            http_uri=url,
            http_method=method,
            signature_version="v3",
            timestamp=seen["headers"]["X-HubSpot-Request-Timestamp"],
        )
    )


@pytest.fixture
def hooked(api: Any, receiver: Receiver) -> Any:
    """The portal, with webhooks going to the receiver."""
    body = {"url": f"{receiver.url}/webhooks/hubspot", "retry_seconds": 0.05}
    api.control("PUT", "/hubspot/webhooks", body)
    return api


def events_of(receiver: Receiver) -> list[dict[str, Any]]:
    return [event for seen in receiver.received for event in json.loads(seen["body"])]


class TestWebhooks:
    def test_a_deletion_by_the_customer_is_told_signed(
        self, hooked: Any, receiver: Receiver
    ) -> None:
        (contact_id,) = hooked.add_contacts({"email": "a@x.de"})
        hooked.control("DELETE", f"/hubspot/portals/{hooked.portal_id}/contacts/{contact_id}")
        wait_for(lambda: receiver.received)
        (event,) = events_of(receiver)
        assert event["subscriptionType"] == "contact.deletion"
        assert (event["portalId"], event["objectId"]) == (hooked.portal_id, int(contact_id))
        assert event["changeSource"] == "CRM_UI"
        assert is_signed_v3(receiver.received[0], f"{receiver.url}/webhooks/hubspot")

    def test_our_own_deletion_names_our_app_as_its_source(
        self, hooked: Any, receiver: Receiver
    ) -> None:
        (contact_id,) = hooked.add_contacts({"email": "a@x.de"})
        hooked.call("DELETE", f"/crm/objects/2026-03/contacts/{contact_id}")
        wait_for(lambda: receiver.received)
        (event,) = events_of(receiver)
        assert (event["changeSource"], event["sourceId"]) == ("INTEGRATION", "1001")

    def test_an_erasure_is_told_as_such_and_as_a_deletion(
        self, hooked: Any, receiver: Receiver
    ) -> None:
        (contact_id,) = hooked.add_contacts({"email": "a@x.de"})
        path = f"/hubspot/portals/{hooked.portal_id}/contacts/{contact_id}/gdpr-delete"
        hooked.control("POST", path)
        wait_for(lambda: len(events_of(receiver)) == 2)
        assert {event["subscriptionType"] for event in events_of(receiver)} == {
            "contact.privacyDeletion",
            "contact.deletion",
        }
        assert hooked.summary()["erased"] == 1

    def test_a_merge_names_all_ids(self, hooked: Any, receiver: Receiver) -> None:
        one, two = hooked.add_contacts({"email": "a@x.de"}, {"email": "b@x.de"})
        path = f"/hubspot/portals/{hooked.portal_id}/merge"
        survivor = hooked.control("POST", path, {"primary": one, "other": two})["id"]
        wait_for(lambda: receiver.received)
        (event,) = events_of(receiver)
        assert event["primaryObjectId"] == int(one)
        assert event["mergedObjectIds"] == [int(two)]
        assert event["newObjectId"] == int(survivor)

    def test_a_restored_contact_and_another_address_are_told(
        self, hooked: Any, receiver: Receiver
    ) -> None:
        (contact_id,) = hooked.add_contacts({"email": "a@x.de"})
        path = f"/hubspot/portals/{hooked.portal_id}/contacts/{contact_id}"
        hooked.control("DELETE", path)
        hooked.control("POST", f"{path}/restore")
        hooked.control("PATCH", path, {"email": "b@x.de"})
        wait_for(lambda: len(events_of(receiver)) == 3)
        told = {event["subscriptionType"]: event for event in events_of(receiver)}
        assert set(told) == {"contact.deletion", "contact.restore", "contact.propertyChange"}
        assert told["contact.propertyChange"]["propertyValue"] == "b@x.de"
        assert hooked.see(contact_id)["properties"]["hs_additional_emails"] == "a@x.de"

    def test_a_portal_without_the_app_is_not_told_of(self, hooked: Any, receiver: Receiver) -> None:
        first, second = hooked.add_contacts({"email": "a@x.de"}, {"email": "b@x.de"})
        path = f"/hubspot/portals/{hooked.portal_id}/contacts"
        hooked.control("DELETE", f"{path}/{first}")
        hooked.control("POST", f"/hubspot/deauthorize/{hooked.portal_id}")
        hooked.control("DELETE", f"{path}/{second}")
        wait_for(lambda: receiver.received)
        deliveries = hooked.control("GET", "/hubspot/webhooks")["deliveries"]
        assert [d["events"][0]["objectId"] for d in deliveries] == [int(first)]

    def test_a_refused_delivery_is_tried_again(self, hooked: Any, receiver: Receiver) -> None:
        receiver.statuses += [500, 503]
        (contact_id,) = hooked.add_contacts({"email": "a@x.de"})
        hooked.control("DELETE", f"/hubspot/portals/{hooked.portal_id}/contacts/{contact_id}")
        wait_for(lambda: hooked.control("GET", "/hubspot/webhooks")["deliveries"][0]["done"])
        (delivery,) = hooked.control("GET", "/hubspot/webhooks")["deliveries"]
        assert delivery["statuses"] == [500, 503, 200]
        assert [event["attemptNumber"] for event in events_of(receiver)] == [0, 1, 2]


class TestProxyAndActions:
    def test_a_fetch_carries_who_asks_inside_the_signed_url(
        self, api: Any, receiver: Receiver
    ) -> None:
        wanted = {"portal_id": api.portal_id, "url": f"{receiver.url}/api/settings?x=1"}
        answer = api.control("POST", "/hubspot/fetch", wanted)
        (seen,) = receiver.received
        assert answer["status"] == 200
        assert f"portalId={api.portal_id}" in seen["path"]
        assert "userEmail=admin%40portal-" in seen["path"]
        # HubSpot undoes %40 before it signs; its Python library leaves that to the caller.
        signed = (receiver.url + seen["path"]).replace("%40", "@")
        assert is_signed_v3(seen, signed, "GET")

    @pytest.mark.parametrize("has_v3", [True, False])
    def test_a_workflow_action_is_signed_with_version_2_and_perhaps_3(
        self, api: Any, receiver: Receiver, has_v3: bool
    ) -> None:
        api.control("PATCH", "/switches", {"workflow_v3_signature": has_v3})
        (contact_id,) = api.add_contacts({"email": "a@x.de"})
        url = f"{receiver.url}/actions/add-to-webinar"
        wanted = {
            "portal_id": api.portal_id,
            "contact_id": contact_id,
            "url": url,
            "input_fields": {"webinarId": "77"},
        }
        answer = api.control("POST", "/hubspot/workflow-action", wanted)
        (seen,) = receiver.received
        body = json.loads(seen["body"])
        assert answer["body"] == {"outputFields": {}}
        assert body["callbackId"] == answer["callback_id"]
        assert body["object"]["properties"]["email"] == "a@x.de"
        assert Signature.is_valid(
            signature=seen["headers"]["X-HubSpot-Signature"],
            client_secret=SECRET,
            request_body=seen["body"].decode(),
            http_uri=url,
            http_method="POST",
            signature_version="v2",
        )
        assert ("X-HubSpot-Signature-v3" in seen["headers"]) == has_v3

    def test_nobody_home_is_status_0(self, api: Any) -> None:
        wanted = {"portal_id": api.portal_id, "url": "http://127.0.0.1:9/api"}
        assert api.control("POST", "/hubspot/fetch", wanted)["status"] == 0

    def test_many_contacts_reach_an_action_at_once_and_are_tried_again(
        self, api: Any, receiver: Receiver
    ) -> None:
        ids = api.add_contacts(*({"email": f"a{number}@x.de"} for number in range(12)))
        receiver.statuses += [503, 429]
        wanted = {
            "portal_id": api.portal_id,
            "contact_ids": ids,
            "url": f"{receiver.url}/actions/add-to-webinar",
        }
        answers = api.control("POST", "/hubspot/workflow-enrollments", wanted)["executions"]
        assert [one["status"] for one in answers] == [200] * 12
        seen = [json.loads(one["body"]) for one in receiver.received]
        assert len(seen) == 14
        assert len({body["callbackId"] for body in seen}) == 12
        executions = api.control("GET", "/hubspot/callbacks")["executions"]
        assert {one["contact_id"] for one in executions} == set(ids)
        assert sorted(status for one in executions for status in one["statuses"]) == [
            *[200] * 12,
            429,
            503,
        ]

    def test_only_what_waits_can_be_completed(self, api: Any, receiver: Receiver) -> None:
        (contact_id,) = api.add_contacts({"email": "a@x.de"})
        wanted = {
            "portal_id": api.portal_id,
            "contact_id": contact_id,
            "url": f"{receiver.url}/actions/add-to-webinar",
        }
        answer = api.control("POST", "/hubspot/workflow-action", wanted)
        path = f"/automation/actions/callbacks/2026-03/{answer['callback_id']}/complete"
        body = {"outputFields": {"hs_execution_state": "SUCCESS"}, "typedOutputs": {}}
        assert api.call("POST", path, body).status_code == 404
        refused = api.control("GET", "/hubspot/callbacks")["refused"]
        assert [one["why"] for one in refused] == ["already completed"]
