"""Links to recordings: the same each time, good for one recording of one installation."""

from __future__ import annotations

import pytest

from schemas.recording_links import RecordingLinks, read_recording_pk

LINKS = RecordingLinks("s" * 40, "https://rollcall.example")


def signed(links: RecordingLinks = LINKS) -> str:
    return links.link(7, "4242", "uuid==").rpartition("/")[2]


def test_a_link_is_stable_and_names_its_recording() -> None:
    assert signed() == signed()
    assert read_recording_pk(signed()) == 7
    assert LINKS.is_genuine(signed(), 7, "4242", "uuid==")


@pytest.mark.parametrize(
    ("pk", "portal_id", "uuid"),
    [(8, "4242", "uuid=="), (7, "4243", "uuid=="), (7, "4242", "other==")],
    ids=["another row", "another portal", "another session"],
)
def test_a_link_opens_nothing_else(pk: int, portal_id: str, uuid: str) -> None:
    assert not LINKS.is_genuine(signed(), pk, portal_id, uuid)


def test_another_installation_makes_other_links() -> None:
    other = RecordingLinks("t" * 40, "https://rollcall.example")
    assert not LINKS.is_genuine(signed(other), 7, "4242", "uuid==")


@pytest.mark.parametrize(
    "text", ["", "7", "7.", "7." + "A" * 42, "-7." + "A" * 43, "７." + "A" * 43]
)
def test_what_has_not_the_form_of_a_link_names_nothing(text: str) -> None:
    assert read_recording_pk(text) is None


def test_the_secret_is_not_shown() -> None:
    assert "ssss" not in repr(LINKS)
