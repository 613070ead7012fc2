"""A sealed value opens with a key of ours, in its own place, and nowhere else."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from store.sealing import SealBroken, Sealer

OLD, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))
PLACE = "connection:7"


@given(value=st.binary(max_size=300), place=st.text(st.characters(min_codepoint=32), max_size=40))
def test_what_is_sealed_opens_in_its_place(value: bytes, place: str) -> None:
    sealer = Sealer([NEW])
    assert sealer.open(sealer.seal(value, place), place) == value


@settings(max_examples=30)
@given(value=st.recursive(st.none() | st.text() | st.integers(), lambda v: st.lists(v)))
def test_json_comes_back_as_it_went_in(value: object) -> None:
    sealer = Sealer([NEW])
    assert sealer.open_json(sealer.seal_json(value, PLACE), PLACE) == value


def test_the_value_cannot_be_read_from_outside() -> None:
    sealed = Sealer([NEW]).seal(b"the refresh token", PLACE)
    assert b"refresh" not in sealed
    assert PLACE.encode() not in sealed


def test_sealed_twice_it_looks_different() -> None:
    sealer = Sealer([NEW])
    assert sealer.seal(b"x", PLACE) != sealer.seal(b"x", PLACE)


@pytest.mark.parametrize(
    "place",
    ["connection:8", "connection:71", "connection:", "inbox:7", ""],
)
def test_X15_a_value_moved_to_another_row_is_refused(place: str) -> None:
    sealer = Sealer([NEW])
    with pytest.raises(SealBroken, match="belongs to another row"):
        sealer.open(sealer.seal(b"secret", PLACE), place)


def test_a_value_cannot_pretend_to_another_place() -> None:
    """Its own bytes never count as part of the place."""
    sealer = Sealer([NEW])
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal(b"7\x00secret", "connection:"), PLACE)


class TestKeys:
    def test_an_older_key_still_opens_and_the_first_one_seals(self) -> None:
        sealed_before = Sealer([OLD]).seal(b"secret", PLACE)
        rotating = Sealer([NEW, OLD])
        assert rotating.open(sealed_before, PLACE) == b"secret"
        assert Sealer([NEW]).open(rotating.seal(b"secret", PLACE), PLACE) == b"secret"

    def test_once_sealed_again_the_old_key_can_go(self) -> None:
        sealed_before = Sealer([OLD]).seal(b"secret", PLACE)
        resealed = Sealer([NEW, OLD]).reseal(sealed_before)
        assert Sealer([NEW]).open(resealed, PLACE) == b"secret"
        with pytest.raises(SealBroken):
            Sealer([OLD]).open(resealed, PLACE)

    def test_sealed_again_it_is_still_bound_to_its_place(self) -> None:
        sealer = Sealer([NEW, OLD])
        with pytest.raises(SealBroken, match="another row"):
            sealer.open(sealer.reseal(sealer.seal(b"secret", PLACE)), "connection:8")

    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param(lambda sealed: sealed, id="wrong key"),
            pytest.param(lambda sealed: sealed[:-1], id="cut off"),
            pytest.param(lambda sealed: sealed[:30] + b"A" + sealed[31:], id="changed"),
            pytest.param(lambda sealed: b"", id="empty"),
            pytest.param(lambda sealed: b"\xff\x00 not sealed at all", id="rubbish"),
        ],
    )
    def test_X15_what_cannot_be_opened_says_where_and_how_to_mend_it(self, damage: object) -> None:
        assert callable(damage)
        sealed = damage(Sealer([OLD]).seal(b"secret", PLACE))
        with pytest.raises(SealBroken) as caught:
            Sealer([FOREIGN]).open(sealed, PLACE)
        assert PLACE in str(caught.value)
        assert "ROLLCALL_ENCRYPTION_KEYS" in str(caught.value)
        assert "secret" not in str(caught.value)

    def test_a_key_that_is_none_is_refused_when_the_sealer_is_made(self) -> None:
        with pytest.raises(ValueError, match="32 url-safe base64"):
            Sealer(["short"])
