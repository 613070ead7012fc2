"""Which plugins went wrong with a whole chunk, which is held against them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.dispatch import Decision, Plugin, PluginFailure, Question, RecordingQuestion, hooks_for

FEWEST = 2
"""A plugin that failed for a single person may have met the one that is odd."""


@dataclass(frozen=True, slots=True)
class Offence:
    """A chunk a plugin gave no proper answer in; ``why`` says what it did, and in which hook."""

    plugin: str
    version: str
    why: str


def offence_of(failure: PluginFailure) -> Offence:
    """The failure as an offence, in words that end a sentence."""
    return Offence(failure.plugin, failure.version, f"in {failure.hook}: {failure.message}")


def judge(
    questions: Sequence[Question | RecordingQuestion],
    decisions: Sequence[Decision],
    plugins: Iterable[Plugin],
) -> tuple[list[Offence], list[str]]:
    """What is held against the plugins that were asked, and the names of those that did well.

    A plugin that answered properly about anybody did well. One that failed for everybody it was
    asked about, and for at least `FEWEST`, offended. Of others nothing can be said.
    """
    offences, answered = [], []
    for plugin in plugins:
        failures = _failures(questions, decisions, plugin)
        if failures is None:
            answered.append(plugin.name)
        elif len(failures) >= FEWEST:
            offences.append(offence_of(failures[-1]))
    return offences, answered


def _failures(
    questions: Sequence[Question | RecordingQuestion],
    decisions: Sequence[Decision],
    plugin: Plugin,
) -> list[PluginFailure] | None:
    """Its failure with each question it was asked; None when it answered one properly."""
    failures = []
    for question, decision in zip(questions, decisions, strict=True):
        if not hooks_for(plugin, question, is_decided=_is_decided(decision)):
            continue
        failure = next((one for one in decision.failures if one.plugin == plugin.name), None)
        if failure is None:
            return None
        failures.append(failure)
    return failures


def _is_decided(decision: Decision) -> bool:
    return decision.excluded_by is not None or decision.held_by is not None
