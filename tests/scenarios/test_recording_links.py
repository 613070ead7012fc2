"""The stable link to a recording: plays in parts, and only while everything behind it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from oauth.disconnecting import disconnect_portal, disconnect_zoom
from store.database import writing
from store.tables import recording, recording_file
from tests.scenarios.recorded import calls, change, play, set_global
from tests.scenarios.stage import PORTAL, Stage
from webhooks.recordings import AT_ONCE

PLAYER = {"recordings": {"enabled": True, "settings": {"player": True}}}
SIZE = 16_384  # of the sound alone, as the simulator makes it


class NoBell:
    """Nobody has to be woken here."""

    def ring(self, pool: str = "live") -> None:
        """Do nothing."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database will do: the link only reads."""
    return sqlite_url


@pytest.fixture
def browser(stage: Stage) -> Iterator[FlaskClient]:
    """A browser that is signed in nowhere."""
    app = create_app(stage.config, doorbell=NoBell())
    with app.test_client() as client:
        yield client


def path_of(stage: Stage) -> str:
    """The link that stands in the call record, without our own address."""
    (call,) = calls(stage)
    url: str = call["properties"]["hs_call_recording_url"]
    public_url = stage.config.web.public_url
    assert url.startswith(f"{public_url}/recordings/")
    return url.removeprefix(public_url)


def test_a_call_record_has_a_player_only_where_the_customer_wants_one(stage: Stage) -> None:
    play(stage)
    assert "hs_call_recording_url" not in calls(stage)[0]["properties"]
    stage.set(plugins=PLAYER)
    stage.work()
    assert path_of(stage)
    stage.set(plugins={"recordings": {"enabled": True, "settings": {"player": False}}})
    stage.work()
    assert "hs_call_recording_url" not in calls(stage)[0]["properties"]


def test_the_link_plays_the_sound_and_shows_nothing_of_zoom(
    stage: Stage, browser: FlaskClient
) -> None:
    play(stage, plugins=PLAYER)
    answer = browser.get(path_of(stage), buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "audio/mp4")
    assert len(answer.data) == int(answer.headers["Content-Length"]) == SIZE
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Location" not in answer.headers
    assert "bearer" not in str(answer.headers).lower()


PARTS = {
    "bytes=0-99": (206, f"bytes 0-99/{SIZE}", 100),
    "bytes=16000-": (206, f"bytes 16000-16383/{SIZE}", 384),
    "bytes=-10": (206, f"bytes 16374-16383/{SIZE}", 10),
    "bytes=99999-": (416, f"bytes */{SIZE}", None),
    # Two parts, or another unit: all of it.
    "bytes=0-1,5-6": (200, None, SIZE),
    "lines=1-2": (200, None, SIZE),
}


def test_the_link_plays_in_parts(stage: Stage, browser: FlaskClient) -> None:
    play(stage, plugins=PLAYER)
    path = path_of(stage)
    whole = browser.get(path, buffered=True).data
    for wanted, (status, content_range, length) in PARTS.items():
        answer = browser.get(path, headers={"Range": wanted}, buffered=True)
        told = (answer.status_code, answer.headers.get("Content-Range"))
        assert told == (status, content_range), wanted
        if length is not None:
            assert len(answer.data) == length
            assert answer.data in whole


def test_listeners_take_only_so_many_places_and_give_them_back(
    stage: Stage, browser: FlaskClient
) -> None:
    play(stage, plugins=PLAYER)
    path = path_of(stage)
    listening = [browser.get(path) for _ in range(AT_ONCE)]
    refused = browser.get(path, buffered=True)
    assert ([one.status_code for one in listening], refused.status_code) == ([200] * AT_ONCE, 503)
    for one in listening:
        one.close()
    assert browser.head(path, buffered=True).status_code == 200
    assert browser.get(path, buffered=True).status_code == 200


def test_the_bearer_does_not_follow_a_redirect_to_another_host(
    stage: Stage, browser: FlaskClient
) -> None:
    play(stage, plugins=PLAYER)
    port = stage.simulator.base.rpartition(":")[2]
    # The storage behind the redirect answers 400 to a request that carries the header.
    elsewhere = {"zoom_download_root": f"http://localhost:{port}"}
    stage.simulator.call("PATCH", "/switches", elsewhere)
    answer = browser.get(path_of(stage), headers={"Range": "bytes=0-9"}, buffered=True)
    assert (answer.status_code, len(answer.data)) == (206, 10)


def delete_in_zoom(stage: Stage, scene: dict[str, Any]) -> None:
    change(stage, scene, "delete")


def forget(stage: Stage, scene: dict[str, Any]) -> None:
    with writing(stage.database) as connection:
        connection.execute(recording_file.delete())
        connection.execute(recording.delete())


@pytest.mark.parametrize(
    ("happens", "status", "words"),
    [
        pytest.param(delete_in_zoom, 410, "is gone", id="S25-3 deleted in Zoom"),
        pytest.param(
            lambda stage, scene: set_global(stage, False), 403, "switched off", id="S16 off"
        ),
        pytest.param(
            lambda stage, scene: stage.set(excluded_recording_domains=["acme.example"]),
            403,
            "switched off",
            id="S09 domain excluded",
        ),
        pytest.param(
            lambda stage, scene: disconnect_zoom(stage.access, PORTAL, scene["account_id"]),
            403,
            "connected",
            id="Zoom disconnected",
        ),
        pytest.param(
            lambda stage, scene: disconnect_portal(stage.access, PORTAL),
            403,
            "connected",
            id="HubSpot disconnected",
        ),
        pytest.param(forget, 404, "no such recording", id="forgotten"),
    ],
)
def test_the_link_says_clearly_why_it_leads_nowhere(
    stage: Stage,
    browser: FlaskClient,
    happens: Callable[[Stage, dict[str, Any]], Any],
    status: int,
    words: str,
) -> None:
    scene = play(stage, plugins=PLAYER)
    path = path_of(stage)
    happens(stage, scene)
    answer = browser.get(path, buffered=True)
    assert answer.status_code == status
    assert words in answer.text
    assert "Traceback" not in answer.text


def test_a_link_that_was_made_up_leads_nowhere(stage: Stage, browser: FlaskClient) -> None:
    play(stage, plugins=PLAYER)
    path = path_of(stage)
    (row,) = stage.query(select(recording))
    signature = path.rpartition(".")[2]
    made_up = [
        f"/recordings/{row['id']}.{'A' * 43}",
        f"/recordings/{row['id'] + 1}.{signature}",
        f"/recordings/{row['id']}",
        "/recordings/x.y",
        path + "A",
    ]
    assert {browser.get(one, buffered=True).status_code for one in made_up} == {404}
