"""A plugin's answer is taken when it keeps to the contract, and only as plain values of ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall import (
    EXCLUSION_REASONS,
    AuditEntry,
    ContactWanted,
    Effect,
    Exclusion,
    FollowUp,
    MarketingParticipation,
    PropertyUpdate,
    TimelineEvent,
)
from rollcall.conformance.answers import (
    MAX_BYTES,
    MAX_EFFECTS,
    Rubbish,
    check_effects,
    check_exclusions,
)

ABOUT_A_PERSON: list[Effect] = [
    ContactWanted(),
    PropertyUpdate("rollcall_registration_count", "3"),
    PropertyUpdate("favourite", "", "if_empty"),
    MarketingParticipation("cancel"),
    TimelineEvent("registered", {"webinar_name": "Spring launch"}),
    TimelineEvent("ae7_mine", {}),
    AuditEntry("Grüße, 你好"),
    FollowUp("loyalty.jobs:add_points", {"points": "10"}),
]
ABOUT_A_RECORDING: list[Effect] = [
    TimelineEvent("recording", {"recording_url": "https://zoom.us/rec/x"}, "attended"),
    AuditEntry("recorded"),
    FollowUp("loyalty.jobs:fetch"),
]


class Lookalike(str):
    """Text that would say yes to everything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("always")


@pytest.mark.parametrize("kind", [list, tuple, iter], ids=["list", "tuple", "iterator"])
def test_every_effect_of_the_contract_is_taken(kind: Any) -> None:
    assert check_effects([kind(ABOUT_A_PERSON)], "on_registrant") == ABOUT_A_PERSON
    assert check_effects([kind(ABOUT_A_RECORDING)], "on_recording") == ABOUT_A_RECORDING


def test_the_answers_of_several_hooks_are_joined_in_order() -> None:
    answers = [[AuditEntry("one")], [], [AuditEntry("two"), AuditEntry("three")]]
    messages = [
        effect.message
        for effect in check_effects(answers, "on_attendance")
        if isinstance(effect, AuditEntry)
    ]
    assert messages == ["one", "two", "three"]


@pytest.mark.parametrize("reason", sorted(EXCLUSION_REASONS))
def test_every_reason_people_know_may_be_given(reason: str) -> None:
    exclusion = Exclusion(reason, "why", hold=True)
    assert check_exclusions([exclusion]) == [exclusion]


@pytest.mark.parametrize("reason", ["", "Role", "a-b", "x" * 65, "role\n", "prüfung"])
def test_a_reason_is_a_code(reason: str) -> None:
    with pytest.raises(Rubbish, match="not a code"):
        check_exclusions([Exclusion(reason)])


@pytest.mark.parametrize(
    ("effect", "complaint"),
    [
        pytest.param(PropertyUpdate("Bad Name", "x"), "name is not one of", id="property name"),
        pytest.param(PropertyUpdate("", "x"), "name is not one of", id="no property name"),
        pytest.param(PropertyUpdate("a", 3), "int where text", id="number for text"),  # type: ignore[arg-type]
        pytest.param(PropertyUpdate("a", None), "NoneType where", id="nothing for text"),  # type: ignore[arg-type]
        pytest.param(PropertyUpdate("a", "b", "sometimes"), "other than always", id="mode"),  # type: ignore[arg-type]
        pytest.param(PropertyUpdate("a", "\ud800"), "not Unicode", id="half a character"),
        pytest.param(PropertyUpdate("email", "b@x.no"), "who somebody is", id="F40 another person"),
        pytest.param(PropertyUpdate("hs_object_id", "7"), "who somebody is", id="F40 a foreign id"),
        pytest.param(PropertyUpdate("a", "b\0"), "zero byte", id="F40 a zero byte"),
        pytest.param(MarketingParticipation("no_show"), "other than register", id="state"),  # type: ignore[arg-type]
        pytest.param(MarketingParticipation([]), "other than register", id="state of no text"),  # type: ignore[arg-type]
        pytest.param(TimelineEvent("a b"), "no event type", id="event type"),
        pytest.param(TimelineEvent("x", {"A": "b"}), "property not named", id="event property"),
        pytest.param(TimelineEvent("x", {"a": 1}), "int where text", id="event value"),  # type: ignore[dict-item]
        pytest.param(TimelineEvent("x", [("a", "b")]), "in place of a mapping", id="no mapping"),  # type: ignore[arg-type]
        pytest.param(TimelineEvent("x", {}, "attended"), "with an audience", id="audience of one"),
        pytest.param(FollowUp("os.system"), "not module:function", id="no function"),
        pytest.param(FollowUp("a:b; c"), "not module:function", id="more than a function"),
        pytest.param(AuditEntry(b"x"), "bytes where text", id="bytes"),  # type: ignore[arg-type]
    ],
)
def test_anything_else_is_named_for_what_it_is(effect: Effect, complaint: str) -> None:
    with pytest.raises(Rubbish, match=complaint):
        check_effects([[effect]], "on_attendance")


@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(PropertyUpdate("a", Lookalike("b")), id="value"),
        pytest.param(PropertyUpdate("a", "b", Lookalike("drop table")), id="mode"),  # type: ignore[arg-type]
        pytest.param(MarketingParticipation(Lookalike("x")), id="state"),  # type: ignore[arg-type]
        pytest.param(TimelineEvent("x", {"a": Lookalike("b")}), id="event value"),
        pytest.param(TimelineEvent("x", {Lookalike("a"): "b"}), id="event property"),
        pytest.param(FollowUp(Lookalike("a:b")), id="function"),
    ],
)
def test_text_that_only_looks_like_text_is_refused(effect: Effect) -> None:
    with pytest.raises(Rubbish):
        check_effects([[effect]], "on_attendance")


def test_F40_no_effect_can_name_a_portal_a_person_or_a_record() -> None:
    """Whose it is comes from the question; a field to say so would have to be checked."""
    names = {field.name for kind in get_args(Effect) for field in dataclasses.fields(kind)}
    assert names == {
        *("arguments", "audience", "body", "function", "message", "name", "overwrite"),
        *("properties", "state", "text", "title", "type", "value"),
        *("with_player", "with_transcript"),
    }


def test_a_subclass_of_an_effect_is_no_effect() -> None:
    class Better(AuditEntry):
        pass

    with pytest.raises(Rubbish, match="returned Better among its effects"):
        check_effects([[Better("x")]], "on_attendance")


@pytest.mark.parametrize(
    "answer", ["text", b"bytes", {"a": 1}, 7, AuditEntry("bare")], ids=lambda v: type(v).__name__
)
def test_an_answer_that_is_no_list_of_effects_is_refused(answer: object) -> None:
    with pytest.raises(Rubbish, match=f"returned {type(answer).__name__}, not effects"):
        check_effects([answer], "on_attendance")


def test_complaints_quote_nothing_of_the_answer() -> None:
    """They reach logs and screens, and the answer may hold somebody's address."""
    secret = "ada@example.com"
    wrong: list[Any] = [PropertyUpdate(secret, "x"), FollowUp(secret), TimelineEvent(secret + " ")]
    for effect in wrong:
        with pytest.raises(Rubbish) as caught:
            check_effects([[effect]], "on_attendance")
        assert secret not in str(caught.value)


def test_as_many_effects_as_allowed_are_taken_and_one_more_is_not() -> None:
    entries = [AuditEntry("x")] * MAX_EFFECTS
    assert len(check_effects([entries], "on_attendance")) == MAX_EFFECTS
    with pytest.raises(Rubbish, match=f"more than {MAX_EFFECTS} effects"):
        check_effects([entries, [AuditEntry("x")]], "on_attendance")


def test_a_generator_is_followed_no_further_than_the_limit() -> None:
    asked = []

    def endless() -> Iterator[AuditEntry]:
        while True:
            asked.append(1)
            yield AuditEntry("x")

    with pytest.raises(Rubbish):
        check_effects([endless()], "on_attendance")
    assert len(asked) == MAX_EFFECTS + 1


@pytest.mark.parametrize("letter", ["x", "ü", "你", "🎉"], ids=["1", "2", "3", "4"])
def test_text_is_measured_in_bytes(letter: str) -> None:
    fits = MAX_BYTES // len(letter.encode())
    check_effects([[AuditEntry(letter * fits)]], "on_attendance")
    with pytest.raises(Rubbish, match="more than 64 KiB"):
        check_effects([[AuditEntry(letter * (fits + 1))]], "on_attendance")


def test_the_limit_holds_for_all_effects_of_a_question_together() -> None:
    half = AuditEntry("x" * (MAX_BYTES // 2))
    check_effects([[half], [half]], "on_attendance")
    with pytest.raises(Rubbish, match="more than 64 KiB"):
        check_effects([[half], [half], [AuditEntry("x")]], "on_attendance")


def test_a_mapping_the_plugin_keeps_is_copied() -> None:
    values = {"a": "1"}
    (event,) = check_effects([[TimelineEvent("x", values)]], "on_attendance")
    values["a"] = "2"
    assert isinstance(event, TimelineEvent)
    assert event.properties == {"a": "1"}
    with pytest.raises(TypeError):
        event.properties["a"] = "3"  # type: ignore[index]


RUBBISH = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.binary(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner)),
    max_leaves=5,
)


@given(kind=st.sampled_from(ABOUT_A_PERSON), value=RUBBISH, data=st.data())
def test_whatever_stands_in_a_field_it_is_taken_as_contract_or_refused(
    kind: Effect, value: object, data: st.DataObject
) -> None:
    names = [field.name for field in dataclasses.fields(kind)]
    if not names:
        return
    effect = dataclasses.replace(kind, **{data.draw(st.sampled_from(names)): value})  # type: ignore[arg-type]
    try:
        (taken,) = check_effects([[effect]], "on_attendance")
    except Rubbish:
        return
    for name in names:
        content = getattr(taken, name)
        texts = [*content, *content.values()] if hasattr(content, "values") else [content]
        assert all(text is None or type(text) is str for text in texts)
