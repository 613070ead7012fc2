"""For operators: is it alive, can it do its work, what waits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from structlog.testing import capture_logs

from clients.errors import ReconnectNeeded
from clients.limiter import zoom_budget
from console.operators import Counts, blueprint
from tests.oauth.support import ACCOUNT, PORTAL, PUBLIC_URL, Site
from tests.webhooks.support import Delivery, refusing_database


def test_healthz_is_alive_whatever_else_is(any_site: Site) -> None:
    client = any_site.app.test_client()
    with refusing_database(any_site):
        answer = client.get("/healthz", base_url=PUBLIC_URL)
    assert (answer.status_code, answer.text) == (200, "alive\n")


def test_readyz_writes_to_the_database_and_says_when_that_fails(any_site: Site) -> None:
    client = any_site.app.test_client()
    assert client.get("/readyz", base_url=PUBLIC_URL).text == "ready\n"
    table = "LOCK TABLE lease IN ACCESS EXCLUSIVE MODE"
    with any_site.engine.connect() as connection, connection.begin():
        if any_site.engine.dialect.name == "postgresql":
            connection.exec_driver_sql(table)
        answer = client.get("/readyz", base_url=PUBLIC_URL)
    assert answer.status_code == 503
    assert answer.text == "the database takes no writes\n"
    assert client.get("/readyz", base_url=PUBLIC_URL).status_code == 200


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_clock_that_is_wrong_is_told_and_turns_no_traffic_away_F36(
    any_site: Site, minutes: int
) -> None:
    app = Flask("skewed")
    app.register_blueprint(
        blueprint(
            any_site.engine, Counts(), dict, lambda: datetime.now(UTC) + timedelta(minutes=minutes)
        )
    )
    with capture_logs() as lines:
        answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert f"the clock here is {minutes * 60:+} s from the database's" in answer.text
    (line,) = lines
    assert (line["event"], line["seconds_ahead"]) == ("clock_is_wrong", minutes * 60)
    text = app.test_client().get("/metrics").text
    (skew,) = re.findall(r"^rollcall_clock_skew_seconds (\S+)$", text, re.MULTILINE)
    assert float(skew) == pytest.approx(minutes * 60, abs=15)


def test_two_probes_at_once_are_both_answered(any_site: Site) -> None:
    client = any_site.app.test_client()
    assert {client.get("/readyz", base_url=PUBLIC_URL).status_code for _ in range(5)} == {200}


def test_metrics_count_what_became_of_deliveries(site: Site) -> None:
    client = site.app.test_client()
    client.post("/webhooks/zoom", base_url=PUBLIC_URL, data=b"{}")
    answer = client.get("/metrics", base_url=PUBLIC_URL)
    assert answer.status_code == 200
    line = 'rollcall_webhooks_total{result="bad_signature",source="zoom"} 1.0'
    assert line in answer.text


def test_metrics_say_what_waits_and_what_needs_a_person(any_site: Site) -> None:
    browser = any_site.browser()
    browser.install_hubspot()
    browser.connect_zoom()
    any_site.world.zoom.grants.kill(ACCOUNT)
    (row,) = any_site.rows("zoom")
    with pytest.raises(ReconnectNeeded):
        any_site.access.tokens.replace(row["id"], row["generation"])
    Delivery({"event": "x.y", "payload": {"account_id": ACCOUNT}}).to_zoom(any_site)
    text = browser.get("/metrics").text
    for line in (
        "rollcall_database_up 1.0",
        'rollcall_inbox{state="new"} 1.0',
        'rollcall_inbox{state="dead"} 0.0',
        'rollcall_open_runs{pool="live"} 0.0',
        "rollcall_open_requests 0.0",
        'rollcall_connections{platform="hubspot",status="connected"} 1.0',
        'rollcall_connections{platform="zoom",status="reconnect"} 1.0',
    ):
        assert line in text.splitlines()
    assert ACCOUNT not in text and str(PORTAL) not in text


def test_metrics_count_who_does_not_answer(site: Site) -> None:
    zoom = zoom_budget(site.redis, ACCOUNT, "live")
    for _ in range(5):
        zoom.note_failure()
    lines = site.browser().get("/metrics").text.splitlines()
    assert 'rollcall_breaker_open{platform="hubspot"} 0.0' in lines
    assert 'rollcall_breaker_open{platform="zoom"} 1.0' in lines


def test_metrics_say_so_when_the_database_cannot_be_read(site: Site) -> None:
    with site.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox RENAME TO elsewhere")
    answer = site.browser().get("/metrics")
    assert answer.status_code == 200
    assert "rollcall_database_up 0.0" in answer.text
    assert "rollcall_webhooks" in answer.text
