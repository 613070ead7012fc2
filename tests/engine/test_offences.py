"""What is held against a plugin: chunks in which it gave nobody a proper answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.dispatch import Decision, PluginFailure, Question, decide
from engine.offences import judge
from plugins.registry import LoadedPlugin
from rollcall import AuditEntry, Exclusion
from tests.rollcall.values import plugin, question, recording_question

PEOPLE = tuple(f"p{number}@example.com" for number in range(3))


def judged(
    *plugins: LoadedPlugin, people: Any = PEOPLE, **more: Any
) -> tuple[list[str], list[str]]:
    """The words of every offence, and who did well."""
    questions: list[Any] = [
        one if isinstance(one, Question) else question(one, **more) for one in people
    ]
    by_name = {one.name: one for one in plugins}
    decisions = list(decide(questions, by_name, {}, list(by_name)))
    offences, answered = judge(questions, decisions, plugins)
    return [f"{one.plugin} {one.version} {one.why}" for one in offences], answered


def fails(*emails: str) -> Callable[..., Any]:
    def on_attendance(attendance: Any) -> Any:
        return 7 if attendance.person.email in emails else [AuditEntry("fine")]

    return on_attendance


def test_a_plugin_that_fails_for_everybody_offends() -> None:
    assert judged(plugin("bad", on_attendance=fails(*PEOPLE))) == (
        ["bad 1.0.0 in on_attendance: returned int, not effects"],
        [],
    )


def test_one_odd_person_is_not_held_against_it() -> None:
    assert judged(plugin("bad", on_attendance=fails(PEOPLE[2]))) == ([], ["bad"])


def test_a_single_person_says_nothing_about_it_either_way() -> None:
    assert judged(plugin("bad", on_attendance=fails(PEOPLE[0])), people=PEOPLE[:1]) == ([], [])


def test_of_a_plugin_that_was_asked_nothing_nothing_is_said() -> None:
    idle = plugin("idle", on_recording=lambda recording: 7)
    assert judged(idle) == ([], [])


def test_only_those_count_whom_it_was_asked_about() -> None:
    absent = [question(f"away{number}@example.com", attendance=None) for number in range(5)]
    offences, answered = judged(
        plugin("bad", on_attendance=fails(*PEOPLE)), people=[*absent, *PEOPLE]
    )
    assert (len(offences), answered) == (1, [])


def test_the_excluded_are_not_asked_about_and_do_not_count() -> None:
    gate = plugin("gate", should_exclude=lambda person: Exclusion("role"))
    assert judged(gate, plugin("bad", on_attendance=fails(*PEOPLE))) == ([], ["gate"])


@pytest.mark.parametrize("hook", ["should_exclude", "on_registrant"])
def test_either_hook_may_offend(hook: str) -> None:
    offences, _ = judged(plugin("bad", **{hook: lambda: 7}))
    assert offences[0].startswith(f"bad 1.0.0 in {hook}: returned int")


def test_recordings_count_like_people() -> None:
    bad = plugin("bad", on_recording=lambda recording: 7)
    questions = [recording_question(instance_uuid=uuid) for uuid in ("one", "two")]
    decisions = list(decide(questions, {"bad": bad}, {}, ["bad"]))
    offences, _ = judge(questions, decisions, [bad])
    assert [one.why for one in offences] == ["in on_recording: returned int, not effects"]


def test_P11_a_plugin_left_out_fails_for_those_alone_whose_effects_it_might_have_had() -> None:
    failure = PluginFailure("late", "1.0.0", "on_attendance", "gave no sign of life")
    late = plugin("late", on_attendance=lambda attendance: [AuditEntry("x")])
    good = plugin("good", on_attendance=lambda attendance: [AuditEntry("y")])
    gate = plugin("gate", should_exclude=lambda person: Exclusion("role"))
    by_name = {"late": late, "good": good, "gate": gate}
    questions = [question(), question(attendance=None)]

    def decided(*order: str) -> list[Decision]:
        return list(decide(questions, by_name, {}, order, left_out={"late": failure}))

    came, away = decided("late", "good")
    assert (came.failures, away.failures) == ((failure,), ())
    assert [one.plugin for one in came.effects] == ["good"]
    assert [one.failures for one in decided("late", "gate")] == [(), ()]
