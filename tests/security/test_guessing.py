"""X17: names and addresses that a request claims, and guessing at what lets people in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from oauth.attempts import MOST_FAILURES, WINDOW_SECONDS
from tests.oauth.support import PUBLIC_URL, Rung, Site
from tests.security.callers import filled, methods_of, rules

DOORS = {
    "a sign-in link": "/console/sign-in/made-up",
    "HubSpot's callback": "/oauth/hubspot/callback?code=x&state=made-up",
    "HubSpot's own installation": "/oauth/hubspot/install?code=x&returnUrl=https://evil.example/",
    "Zoom's callback": "/oauth/zoom/callback?code=x&state=made-up",
}


def guess(client: FlaskClient, path: str, address: str, **headers: str) -> int:
    """The status of one attempt from an address."""
    answer = client.get(
        path,
        base_url=PUBLIC_URL,
        headers=headers,
        environ_overrides={"REMOTE_ADDR": address},
    )
    return answer.status_code


@pytest.mark.parametrize("door", DOORS)
def test_X17_whoever_goes_on_guessing_is_told_to_wait_and_nobody_else(
    site: Site, door: str
) -> None:
    client, path = site.app.test_client(), DOORS[door]
    statuses = [guess(client, path, "203.0.113.7") for _ in range(MOST_FAILURES)]
    assert set(statuses) <= {400, 403}
    assert guess(client, path, "203.0.113.7") == 429
    assert guess(site.app.test_client(), DOORS["a sign-in link"], "203.0.113.7") == 429
    assert guess(client, path, "203.0.113.8") != 429
    # All that is not guessed at is open to the same address as before.
    for open_path in ("/", "/healthz", "/oauth/hubspot/install"):
        assert guess(client, open_path, "203.0.113.8") in (200, 302)
    assert guess(client, "/", "203.0.113.7") == 200
    assert site.browser().install_hubspot().status_code == 302


def test_X17_the_wait_is_a_minute_and_said(site: Site) -> None:
    client = site.app.test_client()
    for _ in range(MOST_FAILURES):
        guess(client, DOORS["a sign-in link"], "127.0.0.1")
    answer = site.browser().get(DOORS["a sign-in link"])
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(WINDOW_SECONDS))
    assert "Wait a minute" in answer.text
    (key,) = site.redis.scan_iter("rollcall:attempts:*")
    ttl: Any = site.redis.ttl(key)
    assert 0 < ttl <= WINDOW_SECONDS
    site.redis.delete(key)  # the minute has passed
    assert guess(client, DOORS["a sign-in link"], "127.0.0.1") == 400


def test_X17_people_who_sign_in_are_not_counted(site: Site) -> None:
    for _ in range(3):
        assert site.browser().install_hubspot().status_code == 302
    assert list(site.redis.scan_iter("rollcall:attempts:*")) == []


def test_X17_another_address_in_a_header_buys_no_further_attempts(site: Site) -> None:
    client, path = site.app.test_client(), DOORS["a sign-in link"]
    statuses = [
        guess(client, path, "203.0.113.7", **{"X-Forwarded-For": f"198.51.100.{n}"})
        for n in range(MOST_FAILURES + 1)
    ]
    assert statuses[-1] == 429


def test_X17_behind_a_proxy_of_ours_each_visitor_is_one_and_only_its_word_counts(
    site: Site,
) -> None:
    config = replace(site.config, web=replace(site.config.web, proxies=1))
    client = create_app(config, doorbell=Rung()).test_client()
    path = DOORS["a sign-in link"]
    for n in range(MOST_FAILURES):
        forwarded = {"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.7"}
        assert guess(client, path, "10.0.0.1", **forwarded) == 400
    assert guess(client, path, "10.0.0.1", **{"X-Forwarded-For": "203.0.113.7"}) == 429
    assert guess(client, path, "10.0.0.1", **{"X-Forwarded-For": "203.0.113.8"}) == 400


def test_X17_a_whole_network_of_one_visitor_counts_as_one(site: Site) -> None:
    client, path = site.app.test_client(), DOORS["a sign-in link"]
    statuses = [guess(client, path, f"2001:db8::{n:x}") for n in range(1, MOST_FAILURES + 2)]
    assert statuses[-1] == 429
    assert guess(client, path, "2001:db8:0:1::1") == 400


def test_X17_no_route_answers_to_a_foreign_name_or_repeats_it(site: Site) -> None:
    client = site.app.test_client()
    for rule in rules(site):
        for method in methods_of(rule):
            path = filled(rule, {})
            answer = client.open(path, method=method, base_url="http://evil.example:8000")
            assert answer.status_code == 400, f"{method} {path}"
            assert "evil.example" not in str(answer.headers), path
            answer.close()
            forwarded = {
                "X-Forwarded-Host": "evil.example",
                "X-Forwarded-Server": "evil.example",
                "X-Original-Host": "evil.example",
                "X-Host": "evil.example",
                "Forwarded": "host=evil.example;proto=https",
            }
            answer = client.open(path, method=method, base_url=PUBLIC_URL, headers=forwarded)
            assert "evil.example" not in str(answer.headers), path
            answer.close()
