"""Which contact property may answer a registration question, and whether the chosen one can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from engine.questions import (
    LAST_NAME_PROPERTY,
    AnswerMap,
    Question,
    find_answer,
    is_answered_by,
    is_choice,
    source_of,
)

Problem = Literal["unmapped", "gone", "no_answer"]
"""No property is chosen; the portal has none of that name; none of its options is an answer."""

KNOWN_SOURCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "last_name": ("lastname",),
        "address": ("address",),
        "city": ("city",),
        "state": ("state",),
        "zip": ("zip",),
        "country": ("country", "hs_country_region_code"),
        "phone": ("phone", "mobilephone"),
        "industry": ("industry",),
        "org": ("company",),
        "job_title": ("jobtitle",),
        "no_of_employees": ("numemployees",),
        "role_in_purchase_process": ("hs_buying_role",),
    }
)
"""HubSpot's own contact properties by Zoom's standard questions, the likeliest first.

https://knowledge.hubspot.com/properties/hubspots-default-contact-properties
"""


@dataclass(frozen=True, slots=True)
class ContactProperty:
    """A contact property of the portal; ``options`` are (internal value, label) of a choice."""

    name: str
    label: str
    type: str = "string"
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A property that may answer a question.

    ``answers`` are Zoom's by the property's internal value, as `answers_by_label` has them.
    """

    property: str
    answers: AnswerMap


def propose(question: Question, properties: Iterable[ContactProperty]) -> Proposal | None:
    """The property to propose for the question, None when none suggests itself.

    A standard question is answered by HubSpot's own property for it; a custom one by a property of
    the same label or name that can hold its answers.
    """
    known = {one.name: one for one in properties}
    if not question.is_custom:
        names = [name for name in KNOWN_SOURCES.get(question.name, ()) if name in known]
        found = [known[name] for name in names]
    else:
        title = _plain(question.name)
        named = [one for one in known.values() if title in (_plain(one.label), _plain(one.name))]
        found = sorted(named, key=lambda one: one.name)
        found = [
            one for one in found if _has_answer(question, one, answers_by_label(question, one))
        ]
    if not found:
        return None
    return Proposal(found[0].name, answers_by_label(question, found[0]))


def answer_maps(
    questions: Iterable[Question],
    mapping: Mapping[str, str],
    own: Mapping[str, AnswerMap],
    properties: Mapping[str, ContactProperty],
) -> dict[str, AnswerMap]:
    """The translations `fill` takes: what labels say by themselves, and over it the portal's own.

    ``own`` is the portal's setting, ``properties`` are its contact properties by name.
    """
    maps: dict[str, AnswerMap] = {}
    for question in questions:
        source = properties.get(source_of(question, mapping) or "")
        by_label = answers_by_label(question, source) if source is not None else {}
        mine = own.get(question.name, {})
        # The portal's own first: the first that fits a value, whatever its case, is taken.
        maps[question.name] = {**mine, **{k: v for k, v in by_label.items() if k not in mine}}
    return maps


def answers_by_label(question: Question, source: ContactProperty) -> AnswerMap:
    """Zoom's answers by the property's values, where the label says more than the value.

    To a choice: where a value is no answer itself but its label is. To a text: every label.
    """
    if not is_choice(question):
        return {value: label for value, label in source.options if label != value}
    answers = {
        value: find_answer(question, label, {})
        for value, label in source.options
        if find_answer(question, value, {}) is None
    }
    return {value: answer for value, answer in answers.items() if answer is not None}


def find_problem(
    question: Question,
    mapping: Mapping[str, str],
    maps: Mapping[str, AnswerMap],
    properties: Mapping[str, ContactProperty],
    fixed: str = "",
) -> Problem | None:
    """Why no contact can answer the question, None when some may.

    ``maps`` are those of `answer_maps`. ``properties`` are the portal's by name; empty when they
    are not known, which proves nothing. ``fixed`` is the answer for contacts that have none.
    """
    if is_answered_by(question, fixed):
        return None
    name = source_of(question, mapping)
    if name is None:
        return "unmapped"
    if not properties or name == LAST_NAME_PROPERTY:
        return None
    if name not in properties:
        return "gone"
    has_answer = _has_answer(question, properties[name], maps.get(question.name, {}))
    return None if has_answer else "no_answer"


def _has_answer(question: Question, source: ContactProperty, answer_map: AnswerMap) -> bool:
    """Whether some option of the property is an answer; any text may be one."""
    if not is_choice(question) or not source.options:
        return True
    return any(find_answer(question, value, answer_map) for value, _ in source.options)


def _plain(text: str) -> str:
    """Small letters, single spaces, no marks at the end, no underscores."""
    return " ".join(text.replace("_", " ").casefold().split()).rstrip("?:*.! ")
