"""What webinars to come ask of people who register, and where the answers come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from api.questions import get_awaited_forms, get_contact_properties, get_questions
from api.settings import current_settings
from api.webinars import get_webinar
from console.asking import ask, read_query
from console.blueprint import done, new_blueprint
from console.complaints import NONE, Complaints, attempt
from console.setting_pages import render_settings, save
from schemas.api import PageQuery

pages = new_blueprint("questions")

MOST_QUESTIONS = 200
SPOKEN = {
    "address": "Address",
    "city": "City",
    "comments": "Questions and comments",
    "country": "Country or region",
    "industry": "Industry",
    "job_title": "Job title",
    "last_name": "Last name",
    "no_of_employees": "Number of employees",
    "org": "Organization",
    "phone": "Phone",
    "purchasing_time_frame": "Purchasing time frame",
    "role_in_purchase_process": "Role in purchase process",
    "state": "State or province",
    "zip": "Zip or postal code",
}
"""Zoom's standard questions as its form words them, by field name."""
BY_NAME = "last_name"
"""Always the contact's own: nothing is chosen for it."""


@pages.get("/settings/questions")
def questions() -> str:
    """Webinars to come, those that lack an answer named; and everything chosen so far."""
    listed = ask(get_awaited_forms, read_query(PageQuery, limit=20))
    settings = current_settings()
    chosen = sorted({*settings["question_mapping"], *settings["question_values"]})
    return render_settings(
        "questions.html",
        forms=listed["results"],
        paging=listed["paging"],
        chosen=[
            (name, settings["question_mapping"].get(name), settings["question_values"].get(name))
            for name in chosen
        ],
    )


@pages.post("/settings/questions/forget")
def forget() -> Response:
    """Forget where the answer to a question comes from."""
    name, settings = request.form.get("question", ""), current_settings()
    save(
        {"version": settings["version"]}
        | {
            key: {one: value for one, value in settings[key].items() if one != name}
            for key in ("question_mapping", "question_values", "question_answers")
        }
    )
    return done(f"“{name}” has no source any more.", url_for("console_questions.questions"))


@pages.get("/settings/questions/<webinar_id>")
def of_webinar(webinar_id: str) -> str:
    """The questions of one webinar with their sources."""
    version = current_settings()["version"]
    return _show(webinar_id, ask(get_questions, webinar_id=webinar_id), version, NONE)


@pages.post("/settings/questions/<webinar_id>")
def change(webinar_id: str) -> str | Response | tuple[str, int]:
    """Save where answers come from, or fill in what suggests itself and show that first."""
    listed = ask(get_questions, webinar_id=webinar_id)
    settings = current_settings()
    entered = _read(listed["results"])
    shown = {
        **listed,
        "results": [one | entered.get(one["question"], {}) for one in listed["results"]],
    }
    if request.form.get("do") == "propose":
        for one in shown["results"]:
            one["property"] = one["property"] or one["proposed_property"]
        return _show(webinar_id, shown, settings["version"], NONE)
    text = request.form.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() else settings["version"]
    complaints = attempt(lambda: save({"version": version} | _patch(settings, entered)))
    if complaints:
        return _show(webinar_id, shown, current_settings()["version"], complaints), 400
    path = url_for("console_questions.of_webinar", webinar_id=webinar_id)
    return done("Saved. It holds for every webinar that asks the same.", path)


def _read(asked: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What was entered, by question; the page names a question by its place and its words."""
    known = {one["question"] for one in asked}
    entered: dict[str, dict[str, Any]] = {}
    for place in range(min(len(asked), MOST_QUESTIONS)):
        name = request.form.get(f"q.{place}", "")
        if name in known:
            entered[name] = {
                "property": request.form.get(f"q.{place}.property", "").strip() or None,
                "fixed_value": request.form.get(f"q.{place}.fixed", "").strip() or None,
                "own_answers": request.form.get(f"q.{place}.answers", "").strip(),
            }
    return entered


def _patch(
    settings: Mapping[str, Any], entered: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The settings' keys with what was entered; questions of other webinars stay as they are."""
    changed = {
        "question_mapping": {name: one["property"] for name, one in entered.items()},
        "question_values": {name: one["fixed_value"] for name, one in entered.items()},
        "question_answers": {name: _answers(one["own_answers"]) for name, one in entered.items()},
    }
    return {
        key: {name: value for name, value in {**settings[key], **values}.items() if value}
        for key, values in changed.items()
    }


def _answers(text: str) -> dict[str, str]:
    """Zoom's answer by the property's value, of lines `value = answer`."""
    parts = (line.partition("=") for line in text.splitlines() if line.strip())
    return {value.strip(): answer.strip() for value, _, answer in parts}


def _show(webinar_id: str, listed: Mapping[str, Any], version: int, complaints: Complaints) -> str:
    own = current_settings()["question_answers"]
    asked = [
        {
            "own_answers": "\n".join(
                f"{value} = {answer}" for value, answer in own.get(one["question"], {}).items()
            ),
            **one,
        }
        for one in listed["results"]
    ]
    paths = [
        f"{key}.{one['question']}"
        for one in asked
        for key in ("question_mapping", "question_values", "question_answers")
    ]
    return render_settings(
        "webinar_questions.html",
        webinar=ask(get_webinar, webinar_id=webinar_id),
        asked=asked,
        message=listed["message"],
        read_at=listed["read_at"],
        properties=ask(get_contact_properties)["results"],
        version=version,
        complaints=complaints,
        elsewhere=complaints.apart_from(paths),
        by_name=BY_NAME,
        spoken=SPOKEN,
    )
