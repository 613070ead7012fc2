"""Recordings, transcripts and downloads."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulator.zoom.support import ACCOUNT, MovableClock, Receiver, Zoom, twice

TRANSCRIPT = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:03.000\nHanna Host: Grüß Gott\n"


@pytest.fixture
def webinar(zoom: Zoom) -> int:
    """A webinar whose only session just ended."""
    number = zoom.webinar(start_time=-3600)
    zoom.play(number)
    return number


def record(zoom: Zoom, webinar: int, **body: Any) -> Any:
    return zoom.control("POST", f"/zoom/webinars/{webinar}/instances/1/recording", body)


def change(zoom: Zoom, webinar: int, what: str, **body: Any) -> Any:
    return zoom.control("POST", f"/zoom/webinars/{webinar}/instances/1/recording/{what}", body)


def files(zoom: Zoom, webinar: int, **query: Any) -> Any:
    return zoom.get(f"/meetings/{webinar}/recordings", **query)


def download(url: str, token: str = "", **headers: str) -> requests.Response:
    given = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(url, headers=given | headers)


class TestList:
    def test_none_and_not_yet_look_alike(self, zoom: Zoom, webinar: int) -> None:
        path = f"/meetings/{webinar}/recordings"
        assert zoom.refused("GET", path) == (404, 3301)
        record(zoom, webinar)
        assert zoom.refused("GET", path) == (404, 3301)
        change(zoom, webinar, "complete")
        assert files(zoom, webinar)["recording_count"] == 2

    def test_types_are_strings_here(self, zoom: Zoom, webinar: int) -> None:
        uuid = record(zoom, webinar, complete=True)["uuid"]
        shown = zoom.get(f"/meetings/{twice(uuid)}/recordings")
        assert (shown["type"], shown["id"], shown["uuid"]) == ("5", webinar, uuid)
        assert shown["total_size"] == sum(file["file_size"] for file in shown["recording_files"])
        assert {file["meeting_id"] for file in shown["recording_files"]} == {uuid}

    @pytest.mark.parametrize(
        ("steps", "visible"),
        [
            (["trash"], False),
            (["trash", "recover"], True),
            (["trash", "delete"], False),
        ],
        ids=["trashed", "recovered", "deleted"],
    )
    def test_the_bin(
        self, zoom: Zoom, webinar: int, receiver: Receiver, steps: list[str], visible: bool
    ) -> None:
        record(zoom, webinar, complete=True)
        for step in steps:
            change(zoom, webinar, step)
        path = f"/meetings/{webinar}/recordings"
        assert (zoom.call("GET", path).status_code == 200) is visible
        zoom.control("POST", "/zoom/webhooks/flush")
        names = {"trash": "trashed", "recover": "recovered", "delete": "deleted"}
        wanted = ["recording.completed", *(f"recording.{names[step]}" for step in steps)]
        assert sorted(receiver.events()) == sorted(wanted)

    def test_recordings_of_a_host(self, zoom: Zoom, webinar: int) -> None:
        record(zoom, webinar, complete=True)
        shown = zoom.get("/users/me/recordings")
        assert [entry["id"] for entry in shown["meetings"]] == [webinar]
        assert zoom.get("/users/me/recordings", trash="true")["meetings"] == []


class TestTranscript:
    def test_comes_when_it_is_made(self, zoom: Zoom, webinar: int, receiver: Receiver) -> None:
        path = f"/meetings/{webinar}/transcript"
        assert zoom.refused("GET", path) == (404, 3322)
        record(zoom, webinar, complete=True)
        assert zoom.refused("GET", path) == (404, 3322)
        change(zoom, webinar, "transcript", text=TRANSCRIPT)
        shown = zoom.get(path)
        assert shown["can_download"] is True
        assert download(shown["download_url"], zoom.token).content.decode() == TRANSCRIPT
        zoom.control("POST", "/zoom/webhooks/flush")
        body = next(b for b in receiver.bodies() if b["event"].endswith("transcript_completed"))
        (file,) = body["payload"]["object"]["recording_files"]
        assert (file["file_type"], file["file_extension"]) == ("TRANSCRIPT", "VTT")
        assert download(file["download_url"], body["download_token"]).text == TRANSCRIPT

    def test_says_why_it_cannot_be_had(self, zoom: Zoom, webinar: int) -> None:
        record(zoom, webinar, complete=True)
        change(zoom, webinar, "transcript", text=TRANSCRIPT)
        change(zoom, webinar, "trash")
        shown = zoom.get(f"/meetings/{webinar}/transcript")
        assert shown["can_download"] is False
        assert shown["download_restriction_reason"] == "DELETED_OR_TRASHED"

    def test_may_be_announced_before_the_recording(
        self, zoom: Zoom, webinar: int, receiver: Receiver
    ) -> None:
        record(zoom, webinar)
        change(zoom, webinar, "transcript", text=TRANSCRIPT)
        zoom.control("POST", "/zoom/webhooks/flush")
        change(zoom, webinar, "complete")
        zoom.control("POST", "/zoom/webhooks/flush")
        assert receiver.events() == ["recording.transcript_completed", "recording.completed"]


class TestDownload:
    def link(self, zoom: Zoom, webinar: int) -> tuple[str, int, str]:
        shown = files(zoom, webinar, include_fields="download_access_token", ttl=60)
        file = shown["recording_files"][0]
        return file["download_url"], file["file_size"], shown["download_access_token"]

    def test_takes_either_kind_of_token(self, zoom: Zoom, webinar: int) -> None:
        record(zoom, webinar, complete=True)
        url, size, token = self.link(zoom, webinar)
        for bearer in (token, zoom.token):
            answer = download(url, bearer)
            assert (answer.headers["content-type"], len(answer.content)) == ("video/mp4", size)

    def test_strangers_get_a_page_instead_of_media(
        self, zoom: Zoom, webinar: int, clock: MovableClock
    ) -> None:
        record(zoom, webinar, complete=True)
        url, _, token = self.link(zoom, webinar)
        zoom.control(
            "POST", "/zoom/accounts", {"account_id": "b", "users": [{"email": "b@b.example"}]}
        )
        foreign = zoom.control("POST", "/zoom/accounts/b/grants")["access_token"]
        clock.advance(seconds=61)
        for bearer in ("", token, foreign):
            answer = download(url, bearer)
            assert (answer.status_code, answer.headers["content-type"][:9]) == (200, "text/html")

    @pytest.mark.parametrize(
        ("wanted", "status", "begin", "end"),
        [
            ("bytes=0-9", 206, 0, 10),
            ("bytes=100-", 206, 100, None),
            ("bytes=-5", 206, -5, None),
            ("bytes=999999999-", 416, 0, 0),
        ],
    )
    def test_in_parts(
        self, zoom: Zoom, webinar: int, wanted: str, status: int, begin: int, end: int | None
    ) -> None:
        record(zoom, webinar, complete=True)
        url, size, _ = self.link(zoom, webinar)
        whole = download(url, zoom.token).content
        part = download(url, zoom.token, Range=wanted)
        assert part.status_code == status
        if status == 206:
            assert part.content == whole[begin:end]
            assert part.headers["content-range"].endswith(f"/{size}")

    def test_another_host_wants_no_token(self, zoom: Zoom, webinar: int) -> None:
        port = zoom.base_url.rpartition(":")[2]
        zoom.control("PATCH", "/switches", {"zoom_download_root": f"http://localhost:{port}"})
        record(zoom, webinar, complete=True)
        url, size, _ = self.link(zoom, webinar)
        # requests drops the header when the host changes, as a careful client does.
        answer = download(url, zoom.token)
        assert (len(answer.history), len(answer.content)) == (1, size)
        assert download(answer.url, zoom.token).status_code == 400


def test_one_recording_may_be_announced_twice(zoom: Zoom, webinar: int, receiver: Receiver) -> None:
    record(zoom, webinar, complete=True)
    change(zoom, webinar, "announce-again")
    zoom.control("POST", "/zoom/webhooks/flush")
    first, second = receiver.bodies()
    ids = [headers["x-zm-request-id"] for headers, _ in receiver.received]
    assert ids[0] != ids[1]
    assert first["download_token"] != second["download_token"]
    links = [
        {file["id"]: file["download_url"] for file in body["payload"]["object"]["recording_files"]}
        for body in (first, second)
    ]
    assert set(links[0]) == set(links[1])
    assert all(links[0][file] != links[1][file] for file in links[0])
    assert first["payload"]["account_id"] == ACCOUNT
    assert isinstance(first["payload"]["object"]["type"], int)
