"""Every plugin is asked, each in its own guard; whatever one does, the others' effects land."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from engine.dispatch import Decision, Question, RecordingQuestion, decide
from plugins.registry import LoadedPlugin, load_plugins
from rollcall import (
    AuditEntry,
    CallRecord,
    ContactWanted,
    Exclusion,
    FollowUp,
    MarketingEventText,
    MarketingParticipation,
    PropertyUpdate,
    TimelineEvent,
)
from tests.rollcall.values import context, person, plugin, question, recording_question, registrant

SETTINGS: Mapping[str, Mapping[str, Any]] = {}


def ask(
    questions: list[Question] | list[RecordingQuestion] | Question,
    *plugins: LoadedPlugin,
    settings: Mapping[str, Mapping[str, Any]] = SETTINGS,
    **more: Any,
) -> list[Decision]:
    asked = [questions] if isinstance(questions, Question) else questions
    by_name = {one.name: one for one in plugins}
    return list(decide(asked, by_name, settings, list(by_name), **more))


def good(name: str = "good") -> LoadedPlugin:
    return plugin(
        name,
        on_registrant=lambda registrant: [AuditEntry("registered")],
        on_attendance=lambda attendance: [AuditEntry("attended")],
    )


def excluding(name: str, reason: str, hold: bool = False) -> LoadedPlugin:
    return plugin(name, should_exclude=lambda person: Exclusion(reason, "because", hold))


def landed(decision: Decision) -> list[tuple[str, object]]:
    return [(one.plugin, one.effect) for one in decision.effects]


GOOD = [("good", AuditEntry("registered")), ("good", AuditEntry("attended"))]


class TestAsking:
    def test_effects_are_stamped_with_plugin_and_version_in_declared_order(self) -> None:
        (decision,) = ask(question(), good("b"), good("a"))
        assert [(one.plugin, one.version) for one in decision.effects] == [
            ("b", "1.0.0"),
            ("b", "1.0.0"),
            ("a", "1.0.0"),
            ("a", "1.0.0"),
        ]
        assert decision.reference == "ref-ada@example.com"

    def test_a_plugin_is_asked_only_about_what_there_is(self) -> None:
        (decision,) = ask(question(attendance=None), good())
        assert landed(decision) == GOOD[:1]
        (decision,) = ask(question(registrant=None), good())
        assert landed(decision) == GOOD[1:]

    @pytest.mark.parametrize(
        ("status", "asked"),
        [("approved", True), ("cancelled", True), ("pending", False), ("denied", False)],
    )
    def test_registrations_are_told_once_zooms_side_has_decided(
        self, status: str, asked: bool
    ) -> None:
        some = question(registrant=registrant(status=status), attendance=None)
        assert bool(ask(some, good())[0].effects) is asked

    def test_only_enabled_plugins_are_asked(self) -> None:
        plugins = {one.name: one for one in (good("on"), good("off"))}
        (decision,) = decide([question()], plugins, {}, ["on"])
        assert {one.plugin for one in decision.effects} == {"on"}

    def test_each_plugin_sees_its_own_settings_and_the_same_context(self) -> None:
        seen: dict[str, object] = {}

        def look(name: str) -> Callable[..., None]:
            def on_attendance(attendance: object, context: Any) -> None:
                seen[name] = (dict(context.settings), context.totals.registrations)

            return on_attendance

        ask(
            question(context_base=context(totals={"registrations": 4})),
            plugin("a", on_attendance=look("a")),
            plugin("b", on_attendance=look("b")),
            settings={"a": {"x": 1}},
        )
        assert seen == {"a": ({"x": 1}, 4), "b": ({}, 4)}

    def test_plugins_are_named_once_per_chunk_and_hook_before_they_run(self) -> None:
        said: list[tuple[str, str]] = []
        chunk = [question(f"p{number}@example.com") for number in range(50)]
        ask(chunk, good(), announce=lambda plugin, hook: said.append((plugin, hook)))
        assert said == [("good", "settings"), ("good", "on_registrant"), ("good", "on_attendance")]

    def test_decisions_come_in_the_order_of_the_questions(self) -> None:
        chunk = [question(f"p{number}@example.com") for number in range(5)]
        assert [one.reference for one in ask(chunk, good())] == [one.reference for one in chunk]


class TestExclusion:
    def test_all_are_asked_and_the_first_in_declared_order_names_the_reason(self) -> None:
        (decision,) = ask(
            question(), good(), excluding("b", "competitor"), excluding("a", "hubspot_user")
        )
        assert decision.excluded_by is not None
        assert (decision.excluded_by.plugin, decision.excluded_by.version) == ("b", "1.0.0")
        assert decision.excluded_by.reason == "plugin:b:competitor"
        assert [one.reason for one in decision.opinions] == ["plugin:b:competitor", "hubspot_user"]

    def test_the_other_hooks_never_see_an_excluded_person(self) -> None:
        (decision,) = ask(question(), good(), excluding("x", "role"))
        assert decision.effects == ()

    def test_B8_a_hold_makes_the_person_wait(self) -> None:
        (decision,) = ask(question(), good(), excluding("x", "held_secondary", hold=True))
        assert decision.excluded_by is None
        assert decision.held_by is not None
        assert decision.held_by.reason == "held_secondary"
        assert decision.effects == ()

    def test_an_exclusion_comes_before_a_hold(self) -> None:
        (decision,) = ask(
            question(), excluding("a", "held_secondary", hold=True), excluding("b", "role")
        )
        assert decision.excluded_by is not None
        assert decision.excluded_by.reason == "role"
        assert decision.held_by is None

    @pytest.mark.parametrize(
        ("reason", "hold", "is_in"),
        [
            ("excluded_domain", False, True),
            ("competitor", False, True),
            ("held_secondary", True, True),
            ("privacy_deleted", False, False),
        ],
    )
    def test_include_anyway_overrules_all_but_a_privacy_deletion(
        self, reason: str, hold: bool, is_in: bool
    ) -> None:
        (decision,) = ask(question(include_anyway=True), good(), excluding("x", reason, hold))
        assert (decision.excluded_by is None and decision.held_by is None) is is_in
        assert landed(decision) == (GOOD if is_in else [])
        assert len(decision.opinions) == 1

    def test_Q11_privacy_deletion_needs_no_plugin_and_no_plugin_sees_the_person(self) -> None:
        def fail(person: object) -> None:
            raise AssertionError("was asked")

        erased = question(privacy_deleted=True, include_anyway=True)
        (decision,) = ask(erased, plugin("x", should_exclude=fail), good())
        assert decision.excluded_by is not None
        assert decision.excluded_by.reason == "privacy_deleted"
        assert (decision.failures, decision.effects) == ((), ())

    def test_a_plugin_that_cannot_be_asked_holds_its_people(self) -> None:
        (decision,) = decide(
            [question()], {"good": good()}, {}, ["gone", "good"], unavailable={"gone": "is paused"}
        )
        assert decision.held_by is not None
        assert (decision.held_by.plugin, decision.held_by.reason) == ("gone", "plugin_unavailable")
        assert decision.held_by.detail == "is paused"
        assert decision.effects == ()

    @pytest.mark.parametrize(
        ("reason", "hold", "is_synced"),
        [
            pytest.param("held_secondary", True, True, id="B8 a hold"),
            pytest.param("secondary_email", False, False, id="an exclusion"),
        ],
    )
    def test_a_release_ends_a_hold_and_overrules_no_exclusion(
        self, reason: str, hold: bool, is_synced: bool
    ) -> None:
        (decision,) = ask(question(is_released=True), good(), excluding("x", reason, hold))
        assert (decision.excluded_by is None and decision.held_by is None) is is_synced
        assert bool(decision.effects) is is_synced
        assert [opinion.reason for opinion in decision.opinions][-1].endswith(reason)

    def test_include_anyway_does_not_overrule_an_answer_nobody_has_heard(self) -> None:
        (decision,) = decide(
            [question(include_anyway=True)], {}, {}, ["gone"], unavailable={"gone": "is paused"}
        )
        assert decision.held_by is not None

    @pytest.mark.parametrize("email", ["ada@example.com", "x@acme.example"])
    def test_S28_the_built_in_rules_are_asked_like_any_plugin(self, email: str) -> None:
        registry = load_plugins(entry_points=False)
        tenant = {"excluded_contact_domains": ("acme.example",)}
        (decision,) = ask(question(email, context_base=context(tenant=tenant)), *registry.plugins)
        if email.endswith("@acme.example"):
            assert decision.excluded_by is not None
            assert decision.excluded_by.plugin == "exclusions"
            assert decision.effects == ()
        else:
            assert {type(one.effect) for one in decision.effects} == {
                ContactWanted,
                PropertyUpdate,
                MarketingParticipation,
                TimelineEvent,
                AuditEntry,
            }
        assert decision.failures == ()


def _raises(attendance: Any) -> None:
    raise ValueError(f"cannot take {attendance.person.email}")


def _raises_midway(attendance: Any) -> Iterator[object]:
    yield AuditEntry("half")
    raise KeyError(attendance.person.email)


def _exits(attendance: Any) -> None:
    sys.exit(attendance.person.email)


def _mutates(attendance: Any) -> None:
    object.__setattr__(attendance, "seconds", 1)
    object.__setattr__(attendance.person, "email", "somebody@else.example")
    object.__setattr__(attendance.occurrence.webinar, "topic", "spoilt")


def _endless(attendance: Any) -> Iterator[object]:
    while True:
        yield AuditEntry(attendance.person.email)


def _recurses(attendance: Any) -> None:
    _recurses(attendance)


class _Heir(AuditEntry):
    """Not the contract's own value, and who knows what it does."""


BAD_ANSWERS: dict[str, tuple[Callable[..., object], str]] = {
    "F37 raises": (_raises, "raised ValueError at test_dispatch.py"),
    "F37 raises midway": (_raises_midway, "raised KeyError"),
    "F37 recurses": (_recurses, "raised RecursionError"),
    "sys.exit": (_exits, "raised SystemExit"),
    "F41 mutates what it was handed": (_mutates, "changed the values"),
    "endless generator": (_endless, "more than 100 effects"),
    "F40 a number": (lambda attendance: 7, "returned int, not effects"),
    "F40 False": (lambda attendance: False, "returned bool, not effects"),
    "F40 a text": (lambda attendance: "hello", "returned str, not effects"),
    "F40 a mapping": (lambda attendance: {"a": 1}, "returned dict, not effects"),
    "F40 a bare effect": (lambda attendance: AuditEntry("x"), "returned AuditEntry, not effects"),
    "F40 texts": (lambda attendance: ["hello"], "returned str among its effects"),
    "F40 an exclusion": (lambda attendance: [Exclusion("role")], "Exclusion among its effects"),
    "F40 a class": (lambda attendance: [AuditEntry], "returned type among its effects"),
    "F40 an heir": (lambda attendance: [_Heir("x")], "returned _Heir among its effects"),
    "F40 a number as value": (
        lambda attendance: [PropertyUpdate("points", 7)],
        "returned int where text belongs",
    ),
    "F40 None as message": (lambda attendance: [AuditEntry(None)], "NoneType where text belongs"),
    "a property name with capitals": (
        lambda attendance: [PropertyUpdate("Points", "7")],
        "whose name is not",
    ),
    "a property name with a line break": (
        lambda attendance: [PropertyUpdate("points\n", "7")],
        "whose name is not",
    ),
    "an unknown mode": (
        lambda attendance: [PropertyUpdate("points", "7", "sometimes")],
        "a value other than always, if_empty, never_lower",
    ),
    "an unknown state": (
        lambda attendance: [MarketingParticipation("noshow")],
        "a value other than register, attend, cancel",
    ),
    "an event with properties of another kind": (
        lambda attendance: [TimelineEvent("x", [("a", "b")])],
        "returned list in place of a mapping",
    ),
    "an event with an odd property": (
        lambda attendance: [TimelineEvent("x", {"A b": "c"})],
        "a property not named",
    ),
    "an event for an audience": (
        lambda attendance: [TimelineEvent("x", {}, "attended")],
        "with an audience",
    ),
    "a follow-up that is no function": (
        lambda attendance: [FollowUp("rm -rf /")],
        "not module:function",
    ),
    "text that is not Unicode": (lambda attendance: [AuditEntry("\ud800")], "not Unicode"),
    "F40 10 MB at once": (
        lambda attendance: [AuditEntry("x" * 10_000_000)],
        "more than 64 KiB",
    ),
    "F40 10 MB in pieces": (
        lambda attendance: (PropertyUpdate("points", "ü" * 500) for _ in range(10_000)),
        "more than 64 KiB",
    ),
}


class TestGuarding:
    @pytest.mark.parametrize(("hook", "message"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
    def test_a_bad_plugin_costs_its_own_effects_and_nobody_elses(
        self, hook: Callable[..., object], message: str
    ) -> None:
        bad = plugin(
            "bad", on_registrant=lambda registrant: [AuditEntry("mine")], on_attendance=hook
        )
        first, last = good("good"), good("last")
        (decision,) = ask(question(), first, bad, last)
        assert landed(decision) == [
            *GOOD,
            ("bad", AuditEntry("mine")),
            *[("last", effect) for _, effect in GOOD],
        ]
        (failure,) = decision.failures
        assert (failure.plugin, failure.version, failure.hook) == ("bad", "1.0.0", "on_attendance")
        assert message in failure.message

    @pytest.mark.parametrize(("hook", "message"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
    def test_failures_carry_nobodys_address(
        self, hook: Callable[..., object], message: str
    ) -> None:
        (decision,) = ask(question(), plugin("bad", on_attendance=hook))
        assert "@" not in decision.failures[0].message

    def test_one_bad_row_does_not_fail_its_neighbours(self) -> None:
        def fussy(attendance: Any) -> list[object]:
            if attendance.person.email == "b@example.com":
                raise ValueError
            return [AuditEntry("fine")]

        chunk = [question(f"{letter}@example.com") for letter in "abc"]
        decisions = ask(chunk, plugin("fussy", on_attendance=fussy))
        assert [len(one.effects) for one in decisions] == [1, 0, 1]
        assert [len(one.failures) for one in decisions] == [0, 1, 0]

    def test_f41_what_one_plugin_changed_the_next_does_not_see(self) -> None:
        seen: list[object] = []

        def look(attendance: Any) -> None:
            seen.append(
                (
                    attendance.seconds,
                    attendance.person.email,
                    attendance.occurrence.webinar.topic,
                )
            )

        ask(question(), plugin("bad", on_attendance=_mutates), plugin("look", on_attendance=look))
        assert seen == [(2820, "ada@example.com", "Spring launch")]

    @pytest.mark.parametrize(
        "change",
        [
            lambda context: context.settings.update(x=2),
            lambda context: context.contact.properties.update(x="2"),
        ],
    )
    def test_f41_settings_and_properties_are_read_only(self, change: Callable[..., None]) -> None:
        def meddle(attendance: object, context: object) -> None:
            change(context)

        (decision,) = ask(question(), good(), plugin("bad", on_attendance=meddle))
        assert landed(decision) == GOOD
        assert "raised AttributeError" in decision.failures[0].message

    def test_a_dictionary_used_twice_makes_two_events(self) -> None:
        def reuse(attendance: object) -> Iterator[object]:
            values: dict[str, str] = {}
            for number in "12":
                values["n"] = number
                yield TimelineEvent("counted", values)

        (decision,) = ask(question(), plugin("x", on_attendance=reuse))
        assert [dict(one.effect.properties) for one in decision.effects] == [  # type: ignore[union-attr]
            {"n": "1"},
            {"n": "2"},
        ]

    @pytest.mark.parametrize(
        ("hook", "message"),
        [
            (lambda person: 1 / 0, "raised ZeroDivisionError"),
            (lambda person: False, "returned bool"),
            (lambda person: True, "returned bool"),
            (lambda person: "competitor", "returned str"),
            (lambda person: [Exclusion("x")], "returned list"),
            (lambda person: Exclusion("Not A Code"), "reason is not a code"),
            (lambda person: Exclusion("x", 7), "returned int where text belongs"),
            (lambda person: Exclusion("x", "y", "yes"), "hold is no bool"),
            (lambda person: Exclusion("x", "y" * 70_000), "more than 64 KiB"),
            (lambda person: object.__setattr__(person, "role", "host"), "changed the values"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_whoever_may_exclude_and_fails_holds_the_person(
        self, hook: Callable[..., object], message: str
    ) -> None:
        (decision,) = ask(question(), good(), plugin("bad", should_exclude=hook))
        assert decision.held_by is not None
        assert (decision.held_by.plugin, decision.held_by.reason) == ("bad", "plugin_unavailable")
        assert decision.excluded_by is None
        assert decision.effects == ()
        assert message in decision.failures[0].message

    def test_a_failure_to_exclude_does_not_hide_another_plugins_exclusion(self) -> None:
        bad = plugin("bad", should_exclude=lambda person: 1 / 0)
        (decision,) = ask(question(), bad, excluding("x", "role"))
        assert decision.excluded_by is not None
        assert decision.excluded_by.reason == "role"

    def test_settings_that_do_not_fit_cost_the_plugin_its_effects(self) -> None:
        registry = load_plugins(entry_points=False)
        timeline = registry.find("timeline_events")
        assert timeline is not None
        settings = {"timeline_events": {"recording_audience": "everybody"}}
        (decision,) = ask(question(), good(), timeline, settings=settings)
        assert landed(decision) == GOOD
        assert {one.hook for one in decision.failures} == {"on_registrant", "on_attendance"}
        assert "recording_audience" in decision.failures[0].message


class TestRecordings:
    def test_S36_a_recording_is_asked_about_once_and_names_an_audience(self) -> None:
        registry = load_plugins(entry_points=False)
        (decision,) = ask([recording_question()], *registry.plugins)
        assert decision.reference == "uuid=="
        event, call, entry = (one.effect for one in decision.effects)
        assert isinstance(event, TimelineEvent)
        assert event.audience == "attended"
        assert isinstance(call, CallRecord)
        assert call.audience == "attended"
        assert isinstance(entry, AuditEntry)
        assert decision.failures == ()

    @pytest.mark.parametrize(
        ("effect", "message"),
        [
            (TimelineEvent("recording"), "without an audience"),
            (ContactWanted(), "ContactWanted for a recording"),
            (PropertyUpdate("a", "b"), "PropertyUpdate for a recording"),
            (MarketingParticipation("attend"), "MarketingParticipation for a recording"),
            (CallRecord("t", "b", "everybody"), "a value other than attended, registered"),
            (CallRecord("t", "b", with_player="yes"), "no bool"),
            (CallRecord("t", None), "NoneType where text belongs"),
            (MarketingEventText(7), "int where text belongs"),
        ],
    )
    def test_what_needs_a_person_cannot_be_asked_of_a_recording(
        self, effect: object, message: str
    ) -> None:
        bad = plugin("bad", on_recording=lambda recording: [effect])
        (decision,) = ask([recording_question()], bad)
        assert decision.effects == ()
        assert message in decision.failures[0].message


@pytest.mark.parametrize("effect", [CallRecord("t", "b"), MarketingEventText("x")])
def test_what_belongs_to_a_recording_cannot_be_asked_of_a_person(effect: object) -> None:
    (decision,) = ask(question(), plugin("bad", on_registrant=lambda registrant: [effect]))
    assert decision.effects == ()
    assert "for a person" in decision.failures[0].message


def test_B19_somebody_without_address_is_listed_and_never_written() -> None:
    registry = load_plugins(entry_points=False)
    nameless = person("", reference="r1", has_zoom_identity=True, identity="none")
    (decision,) = ask(question(person=nameless), *registry.plugins)
    assert decision.excluded_by is not None
    assert decision.excluded_by.reason == "unmatched"
    assert decision.effects == ()
