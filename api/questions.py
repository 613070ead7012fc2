"""What a webinar asks of people who register, and which contact properties answer it."""

from __future__ import annotations

from typing import Any

from api.blueprint import new_blueprint
from api.callers import caller
from api.parts import parts
from api.webinars import portal_webinar
from engine.question_sources import propose
from engine.question_warnings import PROBLEMS, FormFacts
from engine.questions import Question, source_of
from schemas.api_questions import QuestionListSchema
from schemas.zoom_codes import NO_REGISTRATION
from store.database import reading
from store.form_facts import read_form_facts
from store.questions import form_of
from store.settings import read_settings

blueprint = new_blueprint(
    "questions", "Registration questions, and the contact properties that answer them."
)


@blueprint.get("/webinars/<webinar_id>/questions")
@blueprint.response(200, QuestionListSchema)
def get_questions(webinar_id: str) -> dict[str, Any]:
    """The webinar's registration questions with their sources; read when its details are."""
    with reading(parts().engine) as connection:
        row = portal_webinar(connection, webinar_id)
        _, settings = read_settings(connection, caller().portal_id)
        facts = read_form_facts(connection, row, settings, parts().clock())
        form = form_of(connection, row["id"])
    message = ""
    if form.problem:
        message = f"Zoom did not show the questions: {form.problem}"
    elif row["detail_read_at"] is not None and row["approval_type"] == NO_REGISTRATION:
        message = "The webinar has no registration in Zoom, so nothing is asked."
    elif form.questions is None:
        message = "Not read yet: questions are read of webinars to come. Sync now reads them."
    return {
        "results": [_show(question, facts) for question in form.questions or ()],
        "read_at": form.read_at,
        "message": message,
    }


def _show(question: Question, facts: FormFacts) -> dict[str, Any]:
    problem = facts.problem_of(question)
    proposal = propose(question, facts.properties.values())
    source = source_of(question, facts.mapping)
    message = ""
    if problem and (source or question.is_required):
        message = f"{PROBLEMS[problem][0].upper()}{PROBLEMS[problem][1:]}."
    return {
        "question": question.name,
        "required": question.is_required,
        "kind": question.kind,
        "answers": question.choices,
        "property": source,
        "property_answers": facts.maps.get(question.name, {}),
        "proposed_property": proposal.property if proposal else None,
        "is_source_missing": question.is_required and problem is not None,
        "message": message,
    }
