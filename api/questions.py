"""What a webinar asks of people who register, and which contact properties answer it."""

from __future__ import annotations

from typing import Any

from api.blueprint import new_blueprint
from api.callers import caller
from api.paging import page, read_cursor, read_moment, write_cursor
from api.parts import parts
from api.webinars import portal_webinar
from engine.question_sources import Problem, propose
from engine.question_warnings import PROBLEMS, FormFacts
from engine.questions import Question, source_of
from schemas.api import PageQuery, page_of
from schemas.api_questions import (
    AwaitedFormSchema,
    ContactPropertiesSchema,
    QuestionListSchema,
)
from schemas.zoom_codes import NO_REGISTRATION
from store.awaited_forms import AwaitedForm, list_awaited_forms
from store.contact_properties import contact_properties
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


@blueprint.get("/questions")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(AwaitedFormSchema))
def get_awaited_forms(query: dict[str, Any]) -> dict[str, Any]:
    """The forms of webinars people may still register for, the next one first."""
    cursor = read_cursor(query.get("after"), str, int)
    after = (read_moment(cursor[0]), cursor[1]) if cursor else None
    portal_id, now = caller().portal_id, parts().clock()
    with reading(parts().engine) as connection:
        _, settings = read_settings(connection, portal_id)
        forms = list_awaited_forms(connection, portal_id, settings, now, query["limit"] + 1, after)
    return page(
        forms,
        query["limit"],
        lambda form: write_cursor(form.sorted_at.isoformat(), form.webinar_pk),
        _show_form,
    )


@blueprint.get("/contact-properties")
@blueprint.response(200, ContactPropertiesSchema)
def get_contact_properties() -> dict[str, Any]:
    """The portal's contact properties, as HubSpot last listed them."""
    with reading(parts().engine) as connection:
        found = contact_properties(connection, caller().portal_id)
    return {"results": list(found.values())}


def _show_form(form: AwaitedForm) -> dict[str, Any]:
    facts = form.facts
    required = [one for one in facts.questions or () if one.is_required]
    problems = {one.name: facts.problem_of(one) for one in required}
    return {
        "webinar_id": form.webinar_id,
        "topic": facts.topic,
        "start_time": form.start_at,
        "questions": None if facts.questions is None else len(facts.questions),
        "required": len(required),
        "lacking": [
            {"question": name, "message": _words(problem)}
            for name, problem in problems.items()
            if problem is not None
        ],
        "message": facts.problem,
    }


def _words(problem: Problem) -> str:
    return f"{PROBLEMS[problem][0].upper()}{PROBLEMS[problem][1:]}."


def _show(question: Question, facts: FormFacts) -> dict[str, Any]:
    problem = facts.problem_of(question)
    proposal = propose(question, facts.properties.values())
    source = source_of(question, facts.mapping)
    message = _words(problem) if problem and (source or question.is_required) else ""
    return {
        "question": question.name,
        "required": question.is_required,
        "kind": question.kind,
        "answers": question.choices,
        "property": source,
        "property_answers": facts.maps.get(question.name, {}),
        "proposed_property": proposal.property if proposal else None,
        "fixed_value": facts.fixed.get(question.name),
        "is_source_missing": question.is_required and problem is not None,
        "message": message,
    }
