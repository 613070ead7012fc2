"""What stands in the way of registering contacts, told before the webinar takes place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.causes import Cause
from engine.question_sources import ContactProperty, Problem, answer_maps, find_problem, propose
from engine.questions import AnswerMap, Question

PROBLEMS: Mapping[Problem, str] = {
    "unmapped": "no contact property is chosen for it",
    "gone": "HubSpot has no such contact property any more",
    "no_answer": "none of the property's options is an answer Zoom accepts",
}
"""What is wrong with a question's source, in words."""


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What is stored about a webinar's registration form.

    ``is_awaited``: people may still register for it. ``questions`` is None before they were read;
    ``problem`` is what Zoom answered in place of them. ``mapping``, ``answers`` and ``fixed`` are
    the portal's settings, ``properties`` its contact properties by name (empty: not known).
    """

    topic: str = ""
    is_awaited: bool = False
    questions: tuple[Question, ...] | None = None
    problem: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, AnswerMap] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, ContactProperty] = field(default_factory=dict)

    def problem_of(self, question: Question) -> Problem | None:
        """Why no contact can answer this question, None when some may."""
        fixed = self.fixed.get(question.name, "")
        return find_problem(question, self.mapping, self.maps, self.properties, fixed)

    @property
    def maps(self) -> Mapping[str, AnswerMap]:
        """Zoom's answers by the properties' values, for each question."""
        return answer_maps(self.questions or (), self.mapping, self.answers, self.properties)


def find_unread(facts: FormFacts) -> Iterator[Cause]:
    """That Zoom did not show the form of a webinar people may still register for."""
    if facts.is_awaited and facts.problem:
        yield Cause(
            "questions_unread",
            f"Zoom did not show what “{facts.topic}” asks of people who register:"
            f" {facts.problem.rstrip('.')}. Whether the workflow action can register contacts for"
            " it is not known.",
            "Have a Zoom administrator grant the permission, then connect Zoom again.",
            0,
            "reconnect",
            "Reconnect",
        )


def find_unmapped(facts: FormFacts) -> Iterator[Cause]:
    """Required questions no contact can answer, of a webinar people may still register for."""
    lacking = {
        question: problem
        for question in facts.questions or ()
        if question.is_required and (problem := facts.problem_of(question))
    }
    if not (facts.is_awaited and lacking):
        return
    told = "; ".join(f"“{one.name}” ({PROBLEMS[why]})" for one, why in lacking.items())
    answers = "an answer to one more question" if len(lacking) == 1 else "answers to more questions"
    yield Cause(
        "question_unmapped",
        f"“{facts.topic}” requires {answers}: {told}. The workflow action cannot register contacts"
        " for this webinar. People who use Zoom's own registration form are not affected.",
        "Choose a contact property or an answer for each of these questions under Questions in the"
        f" settings, or make them optional in Zoom.{_proposals(facts, lacking)}",
        len(lacking),
        "open_settings",
        "Open settings",
    )


def _proposals(facts: FormFacts, lacking: Mapping[Question, Problem]) -> str:
    known = facts.properties
    found = {one.name: propose(one, known.values()) for one, why in lacking.items()}
    told = [
        f"“{known[proposal.property].label}” for “{name}”"
        for name, proposal in found.items()
        if proposal is not None and proposal.property != facts.mapping.get(name)
    ]
    return f" Likely ones: {', '.join(told)}." if told else ""
