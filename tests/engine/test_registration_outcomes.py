"""What Zoom's answers to a registration mean for a workflow."""

from __future__ import annotations

import re

import pytest

from engine.registration_outcomes import (
    OUTCOMES,
    Refusal,
    describe,
    judge_refusal,
    outcome_of_status,
    outcome_when_known,
    stand_in_name,
)

SUCCESSES = {"registered", "already_registered", "pending_approval", "host", "panelist"}


class TestB13TheTable:
    def test_the_names_are_those_workflows_branch_on(self) -> None:
        assert set(OUTCOMES) == SUCCESSES | {
            "full",
            "over",
            "registration_off",
            "denied",
            "needs_field",
            "no_email",
            "invalid_email",
            "email_rejected",
            "privacy_deleted",
            "invalid_webinar",
            "not_found",
            "wrong_account",
            "unsupported",
            "not_connected",
            "no_permission",
            "daily_limit",
            "failed",
        }

    def test_only_what_needs_nobody_to_act_is_a_success(self) -> None:
        assert {name for name, one in OUTCOMES.items() if one.state == "SUCCESS"} == SUCCESSES

    @pytest.mark.parametrize("name", sorted(OUTCOMES))
    def test_every_outcome_has_a_label_and_a_sentence_that_names_the_detail(
        self, name: str
    ) -> None:
        one = OUTCOMES[name]
        assert one.name == name
        assert one.label
        assert len(one.label) <= 60
        told = describe(name, "some detail")
        assert told.endswith(".")
        assert "{" not in told
        assert ("some detail" in told) == ("{detail}" in one.sentence)

    def test_the_host_is_told_in_hubspots_own_words_S48(self) -> None:
        words = "Webinar host can not register for the webinar"
        assert words in describe("host")


class TestJudgeRefusal:
    @pytest.mark.parametrize(
        ("code", "words", "fields", "outcome"),
        [
            pytest.param("3027", "Host cannot register.", (), "host", id="S48 3027"),
            pytest.param(
                "3000",
                "You have been invited as a panelist for the webinar, please check your email.",
                (),
                "panelist",
                id="panelist",
            ),
            pytest.param(
                "3000",
                "This webinar does not have registration as required: 95012345678.",
                (),
                "registration_off",
                id="registration off",
            ),
            pytest.param(
                "3000",
                "Registration has not been enabled for this webinar: 95012345678.",
                (),
                "registration_off",
                id="registration off, of a batch",
            ),
            pytest.param(
                "3000",
                "You have reached the limit for the number of attendees you can add.",
                (),
                "full",
                id="full",
            ),
            pytest.param(
                "3043", "Webinar has reached maximum attendee capacity.", (), "full", id="3043"
            ),
            pytest.param("3035", "Capacity reached.", (), "full", id="3035"),
            pytest.param(
                "3000",
                "The Zoom REST API does not support paid registration.",
                (),
                "unsupported",
                id="paid",
            ),
            pytest.param(
                "3034",
                "If you have been invited, please input your work email address.",
                (),
                "email_rejected",
                id="3034",
            ),
            pytest.param("3038", "Webinar is over, you cannot register.", (), "over", id="3038"),
            pytest.param("3001", "Webinar does not exist: 1.", (), "not_found", id="3001"),
            pytest.param("300", "Invalid webinar ID.", (), "not_found", id="300 webinar"),
            pytest.param("300", "Invalid occurrence ID: 17.", (), "not_found", id="300 date"),
            pytest.param("300", "Validation Failed.", ("email",), "invalid_email", id="300 email"),
            pytest.param(
                "300", "Validation Failed.", ("industry",), "needs_field", id="S17 300 a field"
            ),
            pytest.param("300", "Validation Failed.", (), "failed", id="300 nothing named"),
            pytest.param("3000", "Something new.", (), "failed", id="3000 unknown words"),
            pytest.param("9999", "Something new.", (), "failed", id="unknown code"),
        ],
    )
    def test_zooms_answer_is_one_of_the_outcomes(
        self, code: str, words: str, fields: tuple[str, ...], outcome: str
    ) -> None:
        refusal = judge_refusal(code, words, fields)
        assert refusal.outcome == outcome
        assert refusal.outcome in OUTCOMES

    def test_the_missing_field_is_named(self) -> None:
        refusal = judge_refusal("300", "Validation Failed.", ("job_title", "org"))
        assert refusal == Refusal("needs_field", "job title, org")
        assert "job title, org" in describe(refusal.outcome, refusal.detail)


@pytest.mark.parametrize(
    ("status", "is_by_hand", "outcome"),
    [
        ("approved", False, "registered"),
        ("approved", True, "registered"),
        ("pending", True, "pending_approval"),
        ("denied", True, "denied"),
        ("", False, "registered"),
        ("", True, "pending_approval"),
    ],
)
def test_what_a_registration_came_to(status: str, is_by_hand: bool, outcome: str) -> None:
    assert outcome_of_status(status, is_by_hand) == outcome


def test_only_what_holds_now_spares_the_question_to_zoom() -> None:
    assert outcome_when_known("approved") == "already_registered"
    assert outcome_when_known("pending") == "pending_approval"
    assert outcome_when_known("cancelled") is None
    assert outcome_when_known("denied") is None


def test_the_stand_in_for_a_first_name_is_within_zooms_limit() -> None:
    assert stand_in_name("ada.lovelace@northquay.example") == "ada.lovelace"
    assert len(stand_in_name("a" * 80 + "@northquay.example")) == 64
    assert not re.search("@", stand_in_name("ada@northquay.example"))
