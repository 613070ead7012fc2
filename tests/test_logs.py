"""Logs: one JSON object a line, and neither secrets nor addresses in any of them."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy
import structlog

from logs import REDACTED, configure_logs

EMAIL, SECRET = "ada.attends+tag@north-quay.example", "s3cr3t-Canary_0123456789"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines written to standard error, read back as JSON."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logs()
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"access_token": SECRET}, id="an access token by name"),
        pytest.param({"Refresh_Token": SECRET}, id="a refresh token, other case"),
        pytest.param({"client_secret": SECRET}, id="a client secret"),
        pytest.param({"password": SECRET}, id="a password"),
        pytest.param({"body": {"first_name": SECRET}}, id="a body"),
        pytest.param({"answer": {"token": SECRET, "expires_in": 1}}, id="inside a mapping"),
        pytest.param({"answers": [({"secret": SECRET},)]}, id="deep inside a list"),
        pytest.param({"headers": {"Authorization": f"Bearer {SECRET}"}}, id="a header"),
        pytest.param({"why": f"sent 'Authorization': 'Bearer {SECRET}'"}, id="a bearer in a text"),
        pytest.param({"why": f"sent authorization: bearer {SECRET}"}, id="a bearer in lower case"),
        pytest.param({"why": "Basic czNjcjN0LUNhbmFyeV8wMTIzNDU2Nzg5"}, id="a basic header"),
        pytest.param({"url": f"http://x/callback?code={SECRET}&state=y"}, id="a code in a URL"),
        pytest.param({"url": f"http://x/callback?a=b&state={SECRET}"}, id="a state in a URL"),
        pytest.param({"url": f"https://zoom.us/w/1?tk={SECRET}"}, id="a personal join link"),
        pytest.param({"why": f"refresh_token={SECRET}"}, id="a form at the start of a text"),
        pytest.param({"why": f'{{"access_token": "{SECRET}"}}'}, id="JSON in a text"),
        pytest.param({"why": str({"refresh_token": SECRET})}, id="a mapping in a text"),
        pytest.param({"why": f"postgresql://rollcall:{SECRET}@db/x"}, id="a database URL"),
        pytest.param({"why": f"redis://:{SECRET}@cache.internal:6379"}, id="a Redis URL"),
        pytest.param({"path": f"/console/sign-in/{SECRET}"}, id="a sign-in link"),
        pytest.param({"path": f"/recordings/{SECRET}.abc"}, id="a recording's link"),
        pytest.param({"email": EMAIL}, id="an address by name"),
        pytest.param({"why": f"contact <{EMAIL}> exists"}, id="an address in a text"),
        pytest.param({"why": f"mailto:{EMAIL}"}, id="an address behind a colon"),
        pytest.param({"url": "http://x/?email=ada.attends%2Btag%40north-quay.example"}, id="a URL"),
        pytest.param({"people": [EMAIL]}, id="an address in a list"),
        pytest.param({"people": {EMAIL: 1}}, id="an address as a key"),
        pytest.param({"people": {EMAIL}}, id="an address in a set"),
        pytest.param({"raw": EMAIL.encode()}, id="an address in bytes"),
        pytest.param({"error": ValueError(f"no {EMAIL}")}, id="an address in an error"),
        pytest.param({"why": "ada.attends+tag@bücher.example"}, id="an address abroad"),
    ],
)
def test_X14_secrets_and_addresses_are_taken_out(written: Any, fields: dict[str, Any]) -> None:
    structlog.get_logger("room").info("happened", portal="4711", **fields)
    (line,) = written()
    text = json.dumps(line, ensure_ascii=False)
    for canary in (SECRET, "czNjcjN0LUNhbmFyeV8wMTIzNDU2Nzg5", EMAIL, "ada.attends"):
        assert canary not in text
    assert REDACTED in text
    assert (line["event"], line["portal"], line["level"]) == ("happened", "4711", "info")


def test_the_text_of_the_line_itself_is_cleaned(written: Any) -> None:
    structlog.get_logger("room").warning(f"could not write {EMAIL}")
    assert EMAIL not in written()[0]["event"]


def test_libraries_go_through_the_same_hands(written: Any) -> None:
    logging.getLogger("a.vendor").error("refused %s with %s", EMAIL, f"Bearer {SECRET}")
    (line,) = written()
    assert EMAIL not in line["event"] and SECRET not in line["event"]
    assert line["logger"] == "a.vendor"


def test_X14_tracebacks_are_cleaned_as_well(written: Any) -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            statement = sqlalchemy.text("INSERT INTO nowhere VALUES (:email, :tokens)")
            connection.execute(statement, {"email": EMAIL, "tokens": f"token={SECRET}"})
    except sqlalchemy.exc.OperationalError:
        structlog.get_logger("room").exception("failed")
    finally:
        engine.dispose()
    (line,) = written()
    assert "Traceback" in line["exception"]
    assert EMAIL not in line["exception"] and SECRET not in line["exception"]


@pytest.mark.parametrize(
    "text",
    [
        "Zoom, GET /past_webinars/{id}/instances for acc-1: answered 404, code 3001: gone",
        "HubSpot portal 4711: HubSpot says the grant has ended (invalid_grant)",
        "2026-11-24T08:00:00Z",
        "no permit for hubspot 4711 main within 5 s; tried again later",
        "https://api.zoom.us/v2/users/me?page_size=300",
        "the token was refused",
    ],
)
def test_what_helps_is_left_as_it_is(written: Any, text: str) -> None:
    structlog.get_logger("room").info("happened", why=text, seconds=1.5, done=True, left=None)
    (line,) = written()
    assert (line["why"], line["seconds"], line["done"], line["left"]) == (text, 1.5, True, None)


@pytest.mark.parametrize("value", [{1: "x"}, {(1, 2): "x"}, object(), b"\xff", float("inf")])
def test_nothing_that_can_be_logged_breaks_the_log(written: Any, value: Any) -> None:
    structlog.get_logger("room").info("happened", value=value)
    assert len(written()) == 1


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "a.b" * 50_000, "a@" * 50_000, "://" + "a:" * 50_000, "code=" * 20_000],
    ids=["letters", "dots", "at signs", "colons", "names"],
)
def test_a_long_text_does_not_hold_up_the_work(written: Any, text: str) -> None:
    """Looking for addresses takes time in proportion to the text, not to its square."""
    structlog.get_logger("room").info("happened", why=text)
    assert len(written()) == 1


@pytest.mark.parametrize("name", ["authlib", "urllib3", "werkzeug", "rq"])
def test_libraries_that_log_whole_urls_are_told_to_be_quiet(written: Any, name: str) -> None:
    logging.getLogger(f"{name}.inner").info("GET /oauth/zoom/callback")
    assert written() == []
