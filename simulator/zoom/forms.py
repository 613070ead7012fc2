"""What a registration's answers may be, and what is wrong with those given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.zoom.model import Webinar

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState

# https://developers.zoom.us/docs/api/meetings/#tag/webinars/POST/webinars/{webinarId}/registrants
LISTED_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "no_of_employees": (
        "1-20",
        "21-50",
        "51-100",
        "101-500",
        "500-1,000",
        "1,001-5,000",
        "5,001-10,000",
        "More than 10,000",
    ),
    "purchasing_time_frame": (
        "Within a month",
        "1-3 months",
        "4-6 months",
        "More than 6 months",
        "No timeframe",
    ),
    "role_in_purchase_process": (
        "Decision Maker",
        "Evaluator/Recommender",
        "Influencer",
        "Not involved",
    ),
}
CHOICES = ("single_radio", "single_dropdown", "multiple")


def find_faults(
    state: ZoomState, webinar: Webinar, body: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Fields of a registration Zoom would refuse, with its words.

    That standard questions with listed answers take no others is documented. Whether required
    questions have to be answered at all, and custom choices with their own answers, is a switch.
    """
    wrong = [
        (name, "Invalid field.")
        for name, answers in LISTED_ANSWERS.items()
        if body.get(name) and body[name] not in answers
    ]
    given = {
        str(answer.get("title")): str(answer.get("value") or "")
        for answer in body.get("custom_questions") or []
    }
    if state.switch("required_answers_enforced"):
        wrong += [(name, "This field is required.") for name in _missing(webinar, body, given)]
    if state.switch("choices_enforced"):
        wrong += [
            (question["title"], "Invalid field.")
            for question in webinar.custom_questions
            if not _is_listed(question, given.get(question["title"], ""))
        ]
    return wrong


def _missing(webinar: Webinar, body: Mapping[str, Any], given: Mapping[str, str]) -> list[str]:
    fields = [q["field_name"] for q in webinar.questions if q.get("required")]
    titles = [q["title"] for q in webinar.custom_questions if q.get("required")]
    missing = [name for name in fields if not body.get(name)]
    return missing + [title for title in titles if not given.get(title)]


def _is_listed(question: Mapping[str, Any], value: str) -> bool:
    """Whether an answer to a choice, if there is one, is one of its own."""
    if question.get("type") not in CHOICES or not value:
        return True
    parts = value.split(";") if question["type"] == "multiple" else [value]
    return all(part in (question.get("answers") or ()) for part in parts)
