"""The questions of a webinar's registration form, answered from a contact's properties.

Zoom wants an answer to every question its form requires; an answer to a choice has to be one of the
listed ones. https://developers.zoom.us/docs/api/meetings/#tag/webinars
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from engine.standard_answers import COUNTRY, STANDARD_CHOICES, find_standard_answer

Kind = Literal["standard", "short", "single_radio", "single_dropdown", "multiple"]
AnswerMap = Mapping[str, str]
"""Zoom's answer by the contact's value (HubSpot's internal one), for one question."""

LAST_NAME = "last_name"
LAST_NAME_PROPERTY = "lastname"
LONGEST_NAME = 64
LONGEST_ANSWER = 128
LONGEST_QUOTE = 40

_NO_MAPS: Mapping[str, AnswerMap] = MappingProxyType({})
_NO_TEXTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the form. First name and e-mail address are always asked and are none of these.

    ``name`` is Zoom's field name of a standard question, the exact title of a custom one.
    ``answers`` are the only ones a custom choice accepts.
    """

    name: str
    is_custom: bool = False
    is_required: bool = False
    kind: Kind = "standard"
    answers: tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """The only answers the question accepts; empty where any text will do."""
        if not self.is_custom:
            return STANDARD_CHOICES.get(self.name, ())
        return () if self.kind == "short" else self.answers


@dataclass(frozen=True, slots=True)
class Filled:
    """Answers of one contact.

    ``fields`` are standard ones by Zoom's field name, ``custom`` (title, answer). ``missing`` names
    required questions without a usable value: Zoom may refuse the registration. ``notes`` tell the
    portal's people of values that were left out or cut; they quote values, so keep them out of
    process logs.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    custom: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def fill(
    questions: Iterable[Question],
    mapping: Mapping[str, str],
    values: Mapping[str, str],
    answer_maps: Mapping[str, AnswerMap] = _NO_MAPS,
    fixed: Mapping[str, str] = _NO_TEXTS,
) -> Filled:
    """Answer the questions from ``values``, the contact's by property name.

    ``mapping`` is contact property by question, ``answer_maps`` the portal's own translation of
    values by question, ``fixed`` the answer by question for contacts that have none. The last name
    is filled in whether it is asked for or not. Choices are compared without regard to case and
    surrounding space; several values are separated by ``;``.
    """
    fields: dict[str, str] = {}
    custom: list[tuple[str, str]] = []
    missing: list[str] = []
    notes: list[str] = []
    asked = list(questions)
    if not any(_is_last_name(question) for question in asked):
        asked.insert(0, Question(LAST_NAME))
    for question in asked:
        name = source_of(question, mapping)
        value = (values.get(name) or "").strip() if name else ""
        answer, told = _answer(question, value, answer_maps.get(question.name, {}))
        notes += [f"{question.name}: {note}" for note in told]
        if not answer:
            answer, _ = _answer(question, fixed.get(question.name, "").strip(), {})
        if not answer:
            missing += [question.name] if question.is_required else []
        elif question.is_custom:
            custom.append((question.name, answer))
        else:
            fields[question.name] = answer
    return Filled(MappingProxyType(fields), tuple(custom), tuple(missing), tuple(notes))


def source_of(question: Question, mapping: Mapping[str, str]) -> str | None:
    """The contact property that answers the question; None when it has none."""
    return LAST_NAME_PROPERTY if _is_last_name(question) else mapping.get(question.name)


def properties_to_read(
    questions: Iterable[Question], mapping: Mapping[str, str]
) -> tuple[str, ...]:
    """The contact properties `fill` needs the values of."""
    sources = [source_of(question, mapping) for question in questions]
    return tuple(dict.fromkeys([LAST_NAME_PROPERTY, *(name for name in sources if name)]))


def find_answer(question: Question, value: str, answer_map: AnswerMap) -> str | None:
    """The answer of a choice question that one value comes to; None when it comes to none."""
    wanted = _find(answer_map, value) or value
    for answer in question.choices:
        if _same(answer) == _same(wanted):
            return answer
    return None if question.is_custom else find_standard_answer(question.name, wanted)


def is_answered_by(question: Question, text: str) -> bool:
    """Whether Zoom accepts the text as an answer, or something of it."""
    return bool(_answer(question, text.strip(), {})[0])


def is_choice(question: Question) -> bool:
    """Whether only certain answers are accepted; of countries the two-letter codes are."""
    return bool(question.choices) or (not question.is_custom and question.name == COUNTRY)


def split_values(value: str) -> list[str]:
    """The values of a property that holds several, as HubSpot writes them: `a;b`.

    https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide
    """
    return [part for part in (one.strip() for one in value.split(";")) if part]


def _is_last_name(question: Question) -> bool:
    return not question.is_custom and question.name == LAST_NAME


def _answer(question: Question, value: str, answer_map: AnswerMap) -> tuple[str, list[str]]:
    """The answer to send, "" when there is none, and what has to be said about it."""
    if not value:
        return "", []
    if not is_choice(question):
        return _text(question, _translate(value, answer_map))
    whole = find_answer(question, value, answer_map)
    # `;` may be part of an answer; only what is none as it stands is taken for several values.
    parts = [value] if whole else split_values(value)
    found = {part: find_answer(question, part, answer_map) for part in parts}
    notes = [
        f"{_quote(part)} is not one of the answers Zoom accepts, so it was left out."
        for part, answer in found.items()
        if answer is None
    ]
    answers = list(dict.fromkeys(answer for answer in found.values() if answer))
    most = len(answers) if question.kind == "multiple" else 1
    while len(answers) > most or len(";".join(answers)) > LONGEST_ANSWER:
        why = "one answer only" if len(answers) > most else f"{LONGEST_ANSWER} characters in all"
        notes.append(f"{_quote(answers.pop())} was left out: Zoom takes {why}.")
    return ";".join(answers), notes


def _translate(value: str, answer_map: AnswerMap) -> str:
    """The value, or each of several, as the map says it; what it does not know stays as it is."""
    whole, parts = _find(answer_map, value), split_values(value)
    found = [_find(answer_map, part) for part in parts]
    if whole or not any(found):
        return whole or value
    return "; ".join(one or part for one, part in zip(found, parts, strict=True))


def _text(question: Question, value: str) -> tuple[str, list[str]]:
    limit = _limit(question)
    if limit is None or len(value) <= limit:
        return value, []
    return value[:limit].rstrip(), [f"cut to the {limit} characters Zoom takes."]


def _limit(question: Question) -> int | None:
    if question.is_custom:
        return LONGEST_ANSWER
    return LONGEST_NAME if question.name == LAST_NAME else None


def _find(answer_map: AnswerMap, value: str) -> str | None:
    wanted = _same(value)
    return next((answer for one, answer in answer_map.items() if _same(one) == wanted), None)


def _same(text: str) -> str:
    return text.strip().casefold()


def _quote(value: str) -> str:
    return f"“{value if len(value) <= LONGEST_QUOTE else value[:LONGEST_QUOTE] + '…'}”"
