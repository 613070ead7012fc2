"""B20: alerts are signed, repeat no secret of the address, and follow no redirect."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
import requests
import responses

from clients.alerts import AlertDoor, alert_key
from clients.errors import Unavailable

URL = "https://hooks.example/in/secret-path"


def door() -> AlertDoor:
    return AlertDoor(URL, "the-key", clock=lambda: 1_700_000_000.9)


def test_B20_an_alert_is_signed_over_its_moment_and_body(http: responses.RequestsMock) -> None:
    http.post(URL, status=204)
    door().post({"event": "webinar.overdue", "id": "1"})
    request = http.calls[0].request
    assert json.loads(request.body) == {"event": "webinar.overdue", "id": "1"}
    signed = hmac.new(b"the-key", b"1700000000." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Rollcall-Timestamp"] == "1700000000"
    assert request.headers["X-Rollcall-Signature"] == f"v1={signed}"


@pytest.mark.parametrize("status", [302, 404, 429, 500])
def test_what_is_not_taken_is_told_again(http: responses.RequestsMock, status: int) -> None:
    http.post(URL, status=status, headers={"Location": "http://169.254.169.254/"})
    with pytest.raises(Unavailable, match=str(status)):
        door().post({})


def test_a_failed_connection_does_not_repeat_the_address(http: responses.RequestsMock) -> None:
    http.post(URL, body=requests.ConnectionError(f"cannot reach {URL}"))
    with pytest.raises(Unavailable) as caught:
        door().post({})
    assert "secret-path" not in str(caught.value)


def test_the_key_is_made_from_the_secret_as_documented() -> None:
    # printf %s 'rollcall alerts' | openssl dgst -sha256 -hmac "$ROLLCALL_SECRET_KEY"
    made = hmac.new(b"s" * 40, b"rollcall alerts", hashlib.sha256).hexdigest()
    assert alert_key("s" * 40) == made
