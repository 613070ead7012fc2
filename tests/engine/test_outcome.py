"""Excluded, Failing, Waiting, In sync: the first that holds, with the reasons people know."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.outcome import EffectState, Outcome, Standing, conclude

APPLIED = EffectState("contact", "applied")
PLANNED = EffectState("register", "planned")
SENDING = EffectState("register", "sending")
UNCONFIRMED = EffectState("attend", "unconfirmed")
REJECTED = EffectState("contact", "rejected", "Property values were not valid")
PARKED = EffectState("register", "planned", "HubSpot had a moment", is_due_later=True)
UNPROVEN = EffectState("attend", "rejected", "not confirmed by HubSpot, which does not list it")
EXCLUDED = {"excluded_reason": "excluded_domain", "excluded_detail": "domain acme.example"}
HELD = {"held_reason": "held_secondary", "held_detail": "a secondary address"}
RECONNECT = {"connection_problem": "connect HubSpot again"}
OUTAGE = {"outage": "HubSpot is not answering"}


@pytest.mark.parametrize(
    ("standing", "effects", "name", "reason"),
    [
        pytest.param({}, [], "in_sync", "", id="nothing wanted, nothing missing"),
        pytest.param({}, [APPLIED], "in_sync", "", id="everything applied"),
        pytest.param(
            {}, [EffectState("attend", "cannot_change")], "in_sync", "", id="cannot_change is done"
        ),
        pytest.param(EXCLUDED, [], "excluded", "excluded_domain", id="excluded"),
        pytest.param(
            EXCLUDED, [APPLIED], "excluded", "excluded_domain", id="though written before"
        ),
        pytest.param(
            EXCLUDED, [REJECTED], "excluded", "excluded_domain", id="excluded, not failing"
        ),
        pytest.param({}, [APPLIED, REJECTED], "failing", "rejected", id="HubSpot refused one"),
        pytest.param({}, [UNPROVEN], "failing", "not_confirmed", id="HubSpot never confirmed one"),
        pytest.param(
            {"plugin_failure": "loyalty raised"}, [APPLIED], "failing", "plugin_failed", id="plugin"
        ),
        pytest.param(
            HELD | {"plugin_failure": "x"}, [], "failing", "plugin_failed", id="before held"
        ),
        pytest.param({}, [REJECTED, PLANNED], "failing", "rejected", id="failing before waiting"),
        pytest.param(HELD, [APPLIED], "waiting", "held_secondary", id="held"),
        pytest.param(
            HELD | {"is_undecided": True}, [], "waiting", "held_secondary", id="held first"
        ),
        pytest.param({"is_undecided": True}, [], "waiting", "queued", id="not looked at yet"),
        pytest.param(
            {"is_undecided": True} | RECONNECT, [], "waiting", "reconnect", id="and cannot be"
        ),
        pytest.param(
            {"is_pending_approval": True}, [APPLIED], "waiting", "pending_approval", id="pending"
        ),
        pytest.param({}, [APPLIED, PLANNED], "waiting", "queued", id="one not sent yet"),
        pytest.param({}, [SENDING], "waiting", "queued", id="on its way"),
        pytest.param({}, [UNCONFIRMED, PLANNED], "waiting", "unconfirmed", id="in doubt"),
        pytest.param({}, [PARKED], "waiting", "retrying", id="put off"),
        pytest.param(RECONNECT, [PLANNED], "waiting", "reconnect", id="wants a connection"),
        pytest.param(RECONNECT, [APPLIED], "in_sync", "", id="needs no connection any more"),
        pytest.param(
            {"is_undecided": True} | OUTAGE, [], "waiting", "retrying", id="during an outage"
        ),
        pytest.param(OUTAGE, [PLANNED], "waiting", "retrying", id="cannot be sent in an outage"),
        pytest.param(OUTAGE, [APPLIED], "in_sync", "", id="sent before the outage"),
        pytest.param(
            OUTAGE, [UNCONFIRMED, PLANNED], "waiting", "unconfirmed", id="in doubt all the same"
        ),
        pytest.param(OUTAGE | RECONNECT, [PLANNED], "waiting", "reconnect", id="a person first"),
        pytest.param(
            {"is_provisional": True}, [APPLIED], "waiting", "provisional", id="provisional"
        ),
        pytest.param(
            {"is_provisional": True}, [PLANNED], "waiting", "queued", id="provisional comes last"
        ),
    ],
)
def test_the_first_that_holds(
    standing: dict[str, Any], effects: list[EffectState], name: str, reason: str
) -> None:
    outcome = conclude(Standing(**standing), effects)
    assert (outcome.name, outcome.reason) == (name, reason)


@pytest.mark.parametrize(
    ("standing", "effects", "detail"),
    [
        pytest.param(EXCLUDED, [], "domain acme.example", id="the rule"),
        pytest.param(HELD, [], "a secondary address", id="why it is held"),
        pytest.param({}, [APPLIED, REJECTED], REJECTED.error, id="HubSpot's own message"),
        pytest.param(RECONNECT, [PLANNED], "connect HubSpot again", id="which account"),
        pytest.param(OUTAGE, [PLANNED], "HubSpot is not answering", id="who is away"),
        pytest.param({}, [PLANNED, PARKED], PARKED.error, id="why it is tried again"),
        pytest.param({"plugin_failure": "loyalty raised"}, [], "loyalty raised", id="which plugin"),
    ],
)
def test_the_detail_says_why(
    standing: dict[str, Any], effects: list[EffectState], detail: str
) -> None:
    assert conclude(Standing(**standing), effects).detail == detail


REASONS = {
    "failing": {"rejected", "plugin_failed", "not_confirmed"},
    "waiting": {
        "provisional",
        "unconfirmed",
        "held_secondary",
        "queued",
        "retrying",
        "reconnect",
        "pending_approval",
    },
    "excluded": {"excluded_domain"},
    "in_sync": {""},
}
STANDINGS = [
    {**exclusion, **hold, **problem, **dict(zip(names, flags, strict=True))}
    for exclusion, hold, problem in product(({}, EXCLUDED), ({}, HELD), ({}, RECONNECT, OUTAGE))
    for names in [("is_pending_approval", "is_provisional", "is_undecided")]
    for flags in product((False, True), repeat=3)
]
EFFECTS = st.lists(
    st.sampled_from([APPLIED, PLANNED, SENDING, UNCONFIRMED, REJECTED, PARKED, UNPROVEN]),
    max_size=5,
)


@given(standing=st.sampled_from(STANDINGS), effects=EFFECTS, data=st.data())
def test_every_combination_has_one_outcome_whatever_the_order_of_effects(
    standing: dict[str, Any], effects: list[EffectState], data: st.DataObject
) -> None:
    outcome = conclude(Standing(**standing), effects)
    assert isinstance(outcome, Outcome)
    assert outcome.reason in REASONS[outcome.name]
    shuffled = conclude(Standing(**standing), data.draw(st.permutations(effects)))
    assert shuffled.name == outcome.name
    if outcome.name == "in_sync":
        assert all(effect.state == "applied" for effect in effects)
