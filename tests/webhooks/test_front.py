"""Ordinary deliveries are taken in before Flask; nobody outside can tell."""

from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from tests.oauth.support import PUBLIC_URL, Site
from tests.webhooks.support import ZOOM, Delivery, refusing_database, stored
from webhooks.front import Front

EVENT = {
    "event": "webinar.ended",
    "event_ts": 1,
    "payload": {"account_id": "acc-1", "object": {"id": "1", "uuid": "u=="}},
}


def asked_flask(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that Flask was asked for from now on."""
    front, asked = site.app.wsgi_app, list[str]()
    assert isinstance(front, Front)
    application = front._application

    def note(environ: Any, start: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return application(environ, start)

    monkeypatch.setattr(front, "_application", note)
    return asked


def through_flask(site: Site, monkeypatch: pytest.MonkeyPatch, delivery: Delivery) -> Any:
    with monkeypatch.context() as patched:
        patched.setattr(Front, "_is_ordinary", lambda *_: False)
        return delivery.to_zoom(site)


def told(headers: Headers) -> set[tuple[str, str]]:
    return {(name.lower(), value) for name, value in headers.items()}


def test_flask_is_not_asked_about_an_ordinary_delivery(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_flask(site, monkeypatch)
    assert Delivery(EVENT).to_zoom(site).status_code == 204
    assert (asked, len(stored(site))) == ([], 1)


@pytest.mark.parametrize("is_away", [False, True], ids=["stored", "the database is away"])
def test_the_answer_is_the_same_as_flasks(
    site: Site, monkeypatch: pytest.MonkeyPatch, is_away: bool
) -> None:
    def both() -> list[Any]:
        return [Delivery(EVENT).to_zoom(site), through_flask(site, monkeypatch, Delivery(EVENT))]

    if is_away:
        with refusing_database(site):
            mine, flasks = both()
    else:
        mine, flasks = both()
    assert mine.status == flasks.status
    assert mine.data == flasks.data == b""
    assert told(mine.headers) == told(flasks.headers)


@pytest.mark.parametrize(
    ("delivery", "status"),
    [
        pytest.param(Delivery(EVENT, secret="another"), 401, id="signed by somebody else"),
        pytest.param(Delivery(EVENT, headers={"x-zm-signature": None}), 401, id="unsigned"),
        pytest.param(
            Delivery({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}}),
            200,
            id="the endpoint check",
        ),
        pytest.param(Delivery(EVENT, method="PUT"), 405, id="no POST"),
        pytest.param(Delivery(EVENT, headers={"host": "evil.example"}), 400, id="another host"),
        pytest.param(Delivery(b"x" * (512 * 1024 + 1)), 413, id="too large"),
    ],
)
def test_whatever_is_not_stored_is_answered_by_flask(
    site: Site, monkeypatch: pytest.MonkeyPatch, delivery: Delivery, status: int
) -> None:
    asked = asked_flask(site, monkeypatch)
    assert delivery.to_zoom(site).status_code == status
    assert asked == [ZOOM]
    assert stored(site) == []


@pytest.mark.parametrize("length", ["", "x", "-1", "²", "1_0"])
def test_a_length_that_is_none_is_left_to_flask(
    site: Site, monkeypatch: pytest.MonkeyPatch, length: str
) -> None:
    asked = asked_flask(site, monkeypatch)
    answer = site.app.test_client().open(
        ZOOM,
        method="POST",
        base_url=PUBLIC_URL,
        input_stream=io.BytesIO(b"{}"),
        environ_overrides={"CONTENT_LENGTH": length},
    )
    assert answer.status_code == 401
    assert asked == [ZOOM]
