"""What is known of a registration does not depend on the order or repetition of what was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.facts import Registration, RegistrationFact, fold_registration
from rollcall.events import RegistrantStatus

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
STATUSES: dict[str, RegistrantStatus] = {
    "A": "approved",
    "P": "pending",
    "D": "denied",
    "C": "cancelled",
}


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def told(text: str) -> list[RegistrationFact]:
    """``"A1 C5"``: approved in minute 1, cancelled in minute 5."""
    return [RegistrationFact(STATUSES[word[0]], at(int(word[1:]))) for word in text.split()]


@pytest.mark.parametrize(
    ("facts", "status", "generation", "registered", "cancelled"),
    [
        pytest.param("A1", "approved", 0, 1, None, id="approved"),
        pytest.param("P1", "pending", 0, None, None, id="pending is not registered yet"),
        pytest.param(
            "P1 A4", "approved", 0, 4, None, id="registered when approved, not when asked"
        ),
        pytest.param("P1 D4", "denied", 0, None, None, id="denied"),
        pytest.param("A1 D4", "denied", 0, 1, None, id="denied after approval"),
        pytest.param("P1 D4 A6", "approved", 0, 6, None, id="denial is no cancellation"),
        pytest.param("C4", "cancelled", 0, None, 4, id="only the cancellation is known"),
        pytest.param("A1 C4", "cancelled", 0, 1, 4, id="cancelled"),
        pytest.param("A1 A3", "approved", 0, 1, None, id="told twice, registered once"),
        pytest.param("A1 C4 C6", "cancelled", 0, 1, 4, id="told twice, cancelled once"),
        pytest.param("A1 C4 A7", "approved", 1, 7, None, id="came back"),
        pytest.param("C4 A7", "approved", 1, 7, None, id="came back from what nobody told of"),
        pytest.param("A1 C4 P7", "pending", 1, None, None, id="asked to come back"),
        pytest.param("A1 C4 P7 A9", "approved", 1, 9, None, id="asked and came back: one turn"),
        pytest.param("A1 C4 A7 C9", "cancelled", 1, 7, 9, id="cancelled again"),
        pytest.param("A1 C4 A7 C9 A11", "approved", 2, 11, None, id="came back twice"),
        pytest.param("A1 C4 D6", "denied", 0, 1, 4, id="denied after a cancellation: no turn"),
        pytest.param("C4 A4", "cancelled", 0, 4, 4, id="of one moment the later stage wins"),
        pytest.param("A4 P4", "approved", 0, 4, None, id="approval beats a request of that moment"),
    ],
)
def test_facts_add_up(
    facts: str, status: str, generation: int, registered: int | None, cancelled: int | None
) -> None:
    folded = fold_registration(told(facts))
    assert folded is not None
    assert (folded.status, folded.generation) == (status, generation)
    assert folded.registered_at == (None if registered is None else at(registered))
    assert folded.cancelled_at == (None if cancelled is None else at(cancelled))


def test_nothing_told_is_no_registration() -> None:
    assert fold_registration([]) is None


FACTS = st.lists(
    st.builds(
        RegistrationFact,
        st.sampled_from(list(STATUSES.values())),
        st.integers(0, 12).map(at),
    ),
    min_size=1,
    max_size=9,
)


@given(facts=FACTS, data=st.data())
def test_order_and_repetition_do_not_matter_F29(
    facts: list[RegistrationFact], data: st.DataObject
) -> None:
    repeated = facts + data.draw(st.lists(st.sampled_from(facts), max_size=6))
    shuffled = data.draw(st.permutations(repeated))
    assert fold_registration(shuffled) == fold_registration(facts)


@given(facts=FACTS)
def test_what_is_learned_later_never_takes_back_a_turn(facts: list[RegistrationFact]) -> None:
    """A generation is part of effect keys: it may only grow, or effects would be sent again."""
    generations = [
        folded.generation
        for known in range(1, len(facts) + 1)
        if (folded := fold_registration(facts[:known]))
    ]
    assert generations == sorted(generations)


@given(facts=FACTS)
def test_moments_are_moments_that_were_told(facts: list[RegistrationFact]) -> None:
    folded = fold_registration(facts)
    assert isinstance(folded, Registration)
    approved = {fact.at for fact in facts if fact.status == "approved"}
    cancelled = {fact.at for fact in facts if fact.status == "cancelled"}
    assert folded.registered_at is None or folded.registered_at in approved
    assert folded.cancelled_at is None or folded.cancelled_at in cancelled
    newest = max(fact.at for fact in facts)
    assert folded.status in {fact.status for fact in facts if fact.at == newest}
    if folded.status == "approved":
        assert folded.registered_at is not None
    if folded.status == "cancelled":
        assert folded.cancelled_at is not None
