"""Verified webhook bodies become frozen values; what is not understood stays an envelope."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas import zoom_webhooks
from schemas.zoom_webhooks import (
    AppDeauthorized,
    RecordingChanged,
    RecordingReference,
    RecordingsChanged,
    RegistrationChanged,
    UnreadableWebhook,
    UrlValidation,
    UserChanged,
    WebinarChanged,
    WebinarRan,
    parse_webhook,
)
from tests.samples import sample, sample_names

UUID = "q3Vh/8Lk+Zr0TnWmXy=="


def parsed(name: str) -> zoom_webhooks.Envelope:
    return parse_webhook(sample(f"zoom/webhooks/{name}"))


def expected_type(event: str) -> type[Any] | None:
    family, _, action = event.partition(".")
    if event == "app_deauthorized":
        return AppDeauthorized
    if event == zoom_webhooks.URL_VALIDATION:
        return UrlValidation
    if family == "user":
        return UserChanged
    if family == "recording":
        return RecordingsChanged if action.startswith("batch_") else RecordingChanged
    if action.startswith("registration_"):
        return RegistrationChanged
    if action.startswith("participant_"):
        return None
    return WebinarRan if action in ("started", "ended") else WebinarChanged


@pytest.mark.parametrize("name", sample_names("zoom/webhooks"))
def test_every_kind_of_event_is_read(name: str) -> None:
    envelope = parsed(name)
    wanted = expected_type(envelope.event)
    assert envelope.account_id == ("" if wanted is UrlValidation else "acc-Meadow_01")
    assert envelope.event_at.year == 2026
    assert envelope.event_at.tzinfo is UTC
    assert (type(envelope.payload) if envelope.payload else None) == wanted


def test_every_event_that_is_read_has_a_sample() -> None:
    sampled = {parsed(name).event for name in sample_names("zoom/webhooks")}
    assert set(zoom_webhooks._READERS) <= sampled


def test_a_body_is_read_from_bytes() -> None:
    raw = json.dumps(sample("zoom/webhooks/user.created")).encode()
    assert parse_webhook(raw) == parsed("user.created")


def test_a_url_validation_carries_its_token_back() -> None:
    asked = parsed("endpoint.url_validation").payload
    assert isinstance(asked, UrlValidation)
    assert zoom_webhooks.url_validation_answer(asked.plain_token, "ab12") == {
        "plainToken": "plain-Token_1",
        "encryptedToken": "ab12",
    }


class TestWebinars:
    def test_an_update_carries_only_what_changed(self) -> None:
        change = parsed("webinar.updated").payload
        assert isinstance(change, WebinarChanged)
        assert (change.webinar_id, change.topic, change.uuid) == (
            "81234567890",
            "Growing herbs on a balcony",
            "",
        )
        assert not change.is_single

    def test_a_single_deletion_names_its_occurrences(self) -> None:
        change = parsed("webinar.deleted").payload
        assert isinstance(change, WebinarChanged)
        assert change.is_single
        assert [one.occurrence_id for one in change.occurrences] == ["1798635600000"]
        assert change.occurrences[0].duration_seconds == 45 * 60

    def test_the_id_is_text_whether_zoom_sends_a_number_or_text(self) -> None:
        ran, changed = parsed("webinar.started").payload, parsed("webinar.updated").payload
        assert isinstance(ran, WebinarRan) and isinstance(changed, WebinarChanged)
        assert ran.webinar_id == changed.webinar_id == "81234567890"

    def test_an_end_carries_actual_moments_and_a_lower_case_host(self) -> None:
        ran = parsed("webinar.ended").payload
        assert isinstance(ran, WebinarRan)
        assert ran.started_at == datetime(2026, 12, 23, 13, 0, 41, tzinfo=UTC)
        assert ran.ended_at == datetime(2026, 12, 23, 13, 52, 3, tzinfo=UTC)
        assert (ran.host_email, ran.is_practice_session) == ("host@meadow.example", False)

    def test_the_end_of_a_practice_session_is_marked(self) -> None:
        ran = parsed("webinar.ended.practice").payload
        assert isinstance(ran, WebinarRan)
        assert ran.is_practice_session


class TestRegistrations:
    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("webinar.registration_created", "pending"),
            ("webinar.registration_created.series", "approved"),
            ("webinar.registration_approved", "approved"),
            ("webinar.registration_cancelled", "cancelled"),
            ("webinar.registration_denied", "denied"),
        ],
    )
    def test_the_status_follows_the_event(self, name: str, status: str) -> None:
        change = parsed(name).payload
        assert isinstance(change, RegistrationChanged)
        assert change.registrant.status == status
        assert change.registrant.email == "basil.potter@thyme.example"
        assert change.registrant.registrant_id == "reg-Basil"

    def test_a_series_registration_names_its_occurrences(self) -> None:
        change = parsed("webinar.registration_created.series").payload
        assert isinstance(change, RegistrationChanged)
        assert len(change.occurrences) == 2


class TestRecordings:
    def test_the_files_come_with_it_even_those_without_an_id(self) -> None:
        change = parsed("recording.completed").payload
        assert isinstance(change, RecordingChanged)
        assert [one.file_id for one in change.recording.files] == ["file-video", ""]
        assert change.recording.is_of_webinar
        assert change.recording.duration_seconds == 51 * 60

    def test_the_download_token_is_kept_but_not_shown(self) -> None:
        change = parsed("recording.completed").payload
        assert isinstance(change, RecordingChanged)
        assert change.download_token == "opens-for-a-day"
        assert "opens-for-a-day" not in repr(change)

    def test_a_meetings_recording_is_told_apart(self) -> None:
        body = sample("zoom/webhooks/recording.completed")
        body["payload"]["object"]["type"] = 2
        change = parse_webhook(body).payload
        assert isinstance(change, RecordingChanged)
        assert not change.recording.is_of_webinar

    def test_a_batch_names_recordings_or_files_of_them(self) -> None:
        trashed, deleted = (
            parsed("recording.batch_trashed").payload,
            parsed("recording.batch_deleted").payload,
        )
        assert isinstance(trashed, RecordingsChanged) and isinstance(deleted, RecordingsChanged)
        assert [one.file_ids for one in trashed.recordings] == [(), ()]
        assert deleted.recordings == (RecordingReference(UUID, ("file-video",)),)


class TestWhatIsNotUnderstood:
    def test_an_unknown_event_is_an_envelope_only(self) -> None:
        body = {"event": "webinar.sprouted", "event_ts": 1, "payload": {"account_id": "a"}}
        envelope = parse_webhook(body)
        assert (envelope.event, envelope.payload) == ("webinar.sprouted", None)

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b"null",
            b'{"event": "webinar.started"}',
            b'{"payload": {"account_id": "a"}}',
        ],
        ids=["no JSON", "a list", "null", "no account", "no event"],
    )
    def test_what_is_no_event_is_refused(self, body: bytes) -> None:
        with pytest.raises(UnreadableWebhook):
            parse_webhook(body)

    def test_a_registration_without_registrant_id_is_refused_without_naming_anybody(self) -> None:
        body = sample("zoom/webhooks/webinar.registration_created")
        del body["payload"]["object"]["registrant"]["id"]
        with pytest.raises(UnreadableWebhook) as refused:
            parse_webhook(body)
        assert "registrant" in str(refused.value)
        assert "Basil" not in str(refused.value) and "@" not in str(refused.value)

    def test_an_event_without_a_moment_is_refused(self) -> None:
        body = sample("zoom/webhooks/webinar.started")
        del body["event_ts"]
        with pytest.raises(UnreadableWebhook):
            parse_webhook(body)
