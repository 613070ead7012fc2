"""Ledger rows: the same wish always has the same key and hash, another one never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plan import (
    IMMUTABLE_KINDS,
    WantedEffect,
    effect_key,
    halves,
    hash_payload,
    in_batches,
    marketing_event_id,
    participation_payload,
    to_milliseconds,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
NINE_MS = 1773133200000
PARTS = st.lists(
    st.one_of(st.integers(0, 10**12), st.text(st.characters(min_codepoint=32), max_size=30)),
    min_size=1,
    max_size=6,
)


class TestKeys:
    def test_a_key_is_the_same_in_every_process_and_version(self) -> None:
        """Keys live in customers' ledgers: another one would write everything again."""
        key = effect_key("register", "1001", "acct", "987", "", "ada@example.com", 0)
        assert key == "register:e8169c9cd952f2f449bcc9d997dacf81aef5a2a3"

    @given(one=PARTS, other=PARTS)
    def test_other_parts_make_another_key(self, one: list[Any], other: list[Any]) -> None:
        same = [str(part) for part in one] == [str(part) for part in other]
        assert (effect_key("attend", *one) == effect_key("attend", *other)) is same

    def test_parts_do_not_run_together(self) -> None:
        assert effect_key("attend", "12", "3") != effect_key("attend", "1", "23")

    @pytest.mark.parametrize("kind", sorted(IMMUTABLE_KINDS))
    def test_each_kind_has_keys_of_its_own_that_fit_the_column(self, kind: str) -> None:
        key = effect_key(kind, "x" * 255)
        assert key.startswith(f"{kind}:")
        assert len(key) <= 255

    @pytest.mark.parametrize("kind", ["contact", "marketing_event", "call_record"])
    def test_what_hubspot_lets_us_change_is_not_immutable(self, kind: str) -> None:
        assert kind not in IMMUTABLE_KINDS

    @pytest.mark.parametrize(
        ("occurrence_id", "expected"),
        [
            pytest.param("", "98765432101-0", id="a single webinar"),
            pytest.param("1648194360000", "98765432101-1648194360000", id="a date of a series"),
        ],
    )
    def test_marketing_events_are_named_after_the_occurrence(
        self, occurrence_id: str, expected: str
    ) -> None:
        assert marketing_event_id("98765432101", occurrence_id) == expected


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
PAYLOADS = st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=5)


class TestHashes:
    @given(payload=PAYLOADS, data=st.data())
    def test_the_order_of_keys_does_not_matter(
        self, payload: dict[str, Any], data: st.DataObject
    ) -> None:
        names = data.draw(st.permutations(list(payload)))
        assert hash_payload({name: payload[name] for name in names}) == hash_payload(payload)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param({"a": "1"}, {"a": 1}, id="text and number"),
            pytest.param({"a": None}, {}, id="empty and missing"),
            pytest.param({"a": "b"}, {"b": "a"}, id="names and values"),
            pytest.param({"a": [1, 2]}, {"a": [2, 1]}, id="order in a list"),
        ],
    )
    def test_other_payloads_have_other_hashes(
        self, one: dict[str, Any], other: dict[str, Any]
    ) -> None:
        assert hash_payload(one) != hash_payload(other)

    def test_plugin_and_version_are_no_part_of_the_hash(self) -> None:
        """An upgraded plugin that wants the same must not make anything be sent again."""
        one = WantedEffect("k", "register", {"at": 1}, "marketing_events", "1.0.0")
        other = WantedEffect("k", "register", {"at": 1}, "marketing_events", "1.1.0")
        assert one.payload_hash == other.payload_hash


class TestMoments:
    @given(milliseconds=st.integers(0, 4_102_444_800_000))
    def test_milliseconds_are_exact(self, milliseconds: int) -> None:
        moment = EPOCH + timedelta(milliseconds=milliseconds)
        assert to_milliseconds(moment) == milliseconds

    def test_fractions_of_a_millisecond_are_cut_off(self) -> None:
        assert to_milliseconds(NINE + timedelta(microseconds=1999)) == NINE_MS + 1

    def test_the_time_zone_does_not_matter(self) -> None:
        assert to_milliseconds(NINE.astimezone(timezone(timedelta(hours=5, minutes=30)))) == NINE_MS

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            ("register", {"at": NINE_MS}),
            ("cancel", {"at": NINE_MS + 60_000}),
            (
                "attend",
                {
                    "at": NINE_MS + 180_000,
                    "joined_at": NINE_MS + 120_000,
                    "left_at": NINE_MS + 180_000,
                },
            ),
        ],
    )
    def test_each_state_has_its_own_moment(self, state: str, expected: dict[str, int]) -> None:
        assert self.payload(state) == expected

    @pytest.mark.parametrize(
        ("state", "unknown"),
        [
            ("register", "registered_at"),
            ("cancel", "cancelled_at"),
            ("attend", "first_join_at"),
            ("attend", "last_leave_at"),
        ],
    )
    def test_without_its_moment_a_state_is_not_sent(self, state: str, unknown: str) -> None:
        assert self.payload(state, **{unknown: None}) is None

    def test_an_unknown_state_is_not_sent(self) -> None:
        assert self.payload("waitlist") is None

    @given(seconds=st.floats(-5, 5), milliseconds=st.integers(0, 999))
    def test_nobody_leaves_less_than_a_second_after_joining(
        self, seconds: float, milliseconds: int
    ) -> None:
        joined = NINE + timedelta(milliseconds=milliseconds)
        payload = self.payload(
            "attend", first_join_at=joined, last_leave_at=joined + timedelta(seconds=seconds)
        )
        assert payload is not None
        assert payload["left_at"] >= payload["joined_at"] + 1000
        assert payload["at"] == payload["left_at"]

    def payload(self, state: str, **changes: Any) -> dict[str, Any] | None:
        moments: dict[str, Any] = {
            "registered_at": NINE,
            "cancelled_at": NINE + timedelta(minutes=1),
            "first_join_at": NINE + timedelta(minutes=2),
            "last_leave_at": NINE + timedelta(minutes=3),
        }
        return participation_payload(state, **{**moments, **changes})


class TestBatches:
    @given(count=st.integers(0, 250), size=st.integers(1, 100))
    def test_batches_hold_everything_once_in_order_and_are_full_but_the_last(
        self, count: int, size: int
    ) -> None:
        batches = list(in_batches(iter(range(count)), size))
        assert [item for batch in batches for item in batch] == list(range(count))
        assert all(len(batch) == size for batch in batches[:-1])
        assert all(0 < len(batch) <= size for batch in batches)

    def test_a_batch_taken_is_not_changed_by_the_next_one(self) -> None:
        batches = in_batches(range(4), 2)
        first = next(batches)
        next(batches)
        assert first == [0, 1]

    @given(items=st.lists(st.integers(), min_size=2, max_size=200))
    def test_halving_loses_nothing_and_ends(self, items: list[int]) -> None:
        one, other = halves(items)
        assert [*one, *other] == items
        assert 0 < len(one) < len(items)
        assert 0 < len(other) < len(items)

    def test_the_one_to_blame_is_found_in_few_steps(self) -> None:
        waiting, sent = [list(range(100))], 0
        while max(len(batch) for batch in waiting) > 1:
            waiting = [
                list(half) if 37 in half else [37]
                for batch in waiting
                if 37 in batch
                for half in halves(batch)
                if 37 in half
            ]
            sent += 2
        assert waiting == [[37]]
        assert sent <= 14
