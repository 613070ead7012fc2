"""B7: questions are read of webinars to come, and trouble with them stops nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import RowMapping

from clients.errors import RateLimited, Rejected, ScopeMissing, Unavailable
from clients.zoom import Zoom
from engine.questions import Question
from jobs.questions import refresh_questions
from jobs.runtime import Runtime
from schemas.zoom_api import QuestionRow
from store.database import reading, writing
from store.questions import StoredForm, form_of, save_questions
from store.webinar_facts import ensure_occurrence, ensure_webinar
from tests.jobs.conftest import NOW, PORTAL

KNOWN = (Question("org"),)


class Form:
    """Zoom, as far as it shows questions, or refuses to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked = 0

    def registration_questions(self, webinar_id: str) -> Any:
        """The rows, or the error it was made with."""
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def upcoming(runtime: Runtime) -> RowMapping:
    """A webinar of tomorrow whose questions are known."""
    return plan(runtime)


def plan(runtime: Runtime, **changes: Any) -> RowMapping:
    values = {"approval_type": 0, "start_at": NOW + timedelta(days=1), "duration_seconds": 60}
    with writing(runtime.database) as to:
        row = ensure_webinar(to, PORTAL, "acct", "81", {**values, **changes})
        ensure_occurrence(to, row, "")
        save_questions(to, row["id"], KNOWN, NOW - timedelta(days=1))
    return row


def refresh(runtime: Runtime, webinar: RowMapping, answer: Any) -> tuple[StoredForm, int]:
    """What is stored after Zoom answered so, and how often it was asked."""
    zoom = Form(answer)
    refresh_questions(runtime, cast(Zoom, zoom), webinar)
    with reading(runtime.database) as connection:
        return form_of(connection, webinar["id"]), zoom.asked


def test_B7_questions_are_stored_with_their_kinds(runtime: Runtime, upcoming: RowMapping) -> None:
    rows = (
        QuestionRow("org", True, False),
        QuestionRow("Diet ", True, True, "multiple", ("Vegan", "Fish")),
        QuestionRow("Novel", False, True, "essay"),
    )
    form, _ = refresh(runtime, upcoming, rows)
    assert form.questions == (
        Question("org", is_required=True),
        Question("Diet ", True, True, "multiple", ("Vegan", "Fish")),
        Question("Novel", True, False, "short"),
    )
    assert (form.read_at, form.problem) == (NOW, "")


@pytest.mark.parametrize(
    ("answer", "questions", "problem"),
    [
        pytest.param(ScopeMissing("no scope"), KNOWN, "no scope", id="a missing scope"),
        pytest.param(Rejected("no", code="200"), KNOWN, "no", id="a refusal"),
        pytest.param(Rejected("off", code="3000"), (), "", id="registration off"),
        pytest.param(Unavailable("down"), KNOWN, "", id="Zoom in trouble"),
    ],
)
def test_B7_what_zoom_answers_instead_is_noted_and_raises_nothing(
    runtime: Runtime,
    upcoming: RowMapping,
    answer: Exception,
    questions: tuple[Question, ...],
    problem: str,
) -> None:
    form, _ = refresh(runtime, upcoming, answer)
    assert (form.questions, form.problem) == (questions, problem)


def test_B7_a_limit_of_zooms_puts_the_whole_read_off(
    runtime: Runtime, upcoming: RowMapping
) -> None:
    with pytest.raises(RateLimited):
        refresh(runtime, upcoming, RateLimited("too many"))


@pytest.mark.parametrize(
    "changes",
    [{"start_at": NOW - timedelta(days=1)}, {"approval_type": 2}],
    ids=["over", "without registration"],
)
def test_B7_nothing_is_asked_where_nobody_can_register(
    runtime: Runtime, changes: dict[str, Any]
) -> None:
    assert refresh(runtime, plan(runtime, **changes), ())[1] == 0
