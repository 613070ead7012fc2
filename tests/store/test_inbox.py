"""Deliveries: stored once before they are answered, worked off in order, never lost."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from store.deliveries import (
    PARKED,
    Which,
    list_deliveries,
    replay_deliveries,
    replay_delivery,
)
from store.inbox import Source, place_of
from store.inbox_work import (
    bury,
    close_deliveries,
    count_deliveries,
    forget_body,
    has_new_deliveries,
    new_deliveries,
    note_under_way,
    oldest_new_at,
    put_off,
    take_back_note,
)
from store.sealing import Sealer
from store.tables import connection as grants
from store.tables import inbox, portal_zoom
from tests.store.deliveries import record_delivery
from tests.store.support import ACCOUNT, NOW, PORTAL, add_portal, few_examples, minute

SEALER = Sealer([Fernet.generate_key().decode()])


def deliver(
    connection: Connection,
    number: int,
    *,
    source: Source = "zoom",
    account_id: str = ACCOUNT,
    at: float = 0,
) -> int | None:
    """A delivery; its key, None when it was there already."""
    digest = f"{number:064x}"
    is_new = record_delivery(
        connection,
        SEALER,
        source,
        digest,
        f"body {number}".encode(),
        event_name="webinar.ended",
        account_id=account_id,
        now=minute(at),
    )
    found = connection.execute(select(inbox.c.id).where(inbox.c.digest == digest)).scalar_one()
    return int(found) if is_new else None


def waiting(connection: Connection, at: float = 0) -> list[int]:
    return [row["id"] for row in new_deliveries(connection, minute(at), 100)]


class TestStoring:
    def test_a_delivery_is_kept_sealed_in_its_place(self, connection: Connection) -> None:
        deliver(connection, 1)
        row = connection.execute(select(inbox)).mappings().one()
        assert b"body" not in row["body"]
        assert SEALER.open(row["body"], place_of(row["digest"])) == b"body 1"
        assert (row["source"], row["event"], row["account_id"]) == (
            "zoom",
            "webinar.ended",
            ACCOUNT,
        )
        assert (row["state"], row["received_at"], row["attempts"]) == ("new", NOW, 0)

    def test_delivered_again_it_is_there_once(self, connection: Connection) -> None:
        first = deliver(connection, 1)
        assert first is not None
        assert deliver(connection, 1, at=5) is None
        assert waiting(connection) == [first]

    def test_delivered_again_when_it_is_done_it_stays_done(self, connection: Connection) -> None:
        first = deliver(connection, 1)
        assert first is not None
        close_deliveries(connection, [first], state="done")
        deliver(connection, 1)
        assert waiting(connection) == []

    @few_examples
    @given(numbers=st.lists(st.integers(0, 5), max_size=12))
    def test_however_often_each_is_delivered_each_is_there_once(
        self, connection: Connection, numbers: list[int]
    ) -> None:
        connection.execute(inbox.delete())
        stored = [deliver(connection, number) for number in numbers]
        assert sum(key is not None for key in stored) == len(set(numbers))
        assert len(waiting(connection)) == len(set(numbers))


class TestWorkingOff:
    def test_oldest_first_up_to_a_limit(self, connection: Connection) -> None:
        keys = [deliver(connection, number) for number in (3, 1, 2)]
        assert waiting(connection) == keys
        assert [row["id"] for row in new_deliveries(connection, NOW, 2)] == keys[:2]

    def test_P6_accounts_take_turns_however_much_one_of_them_sent_F32(
        self, connection: Connection
    ) -> None:
        flood = [deliver(connection, number, account_id="loud") for number in range(20)]
        others = [deliver(connection, 100 + n, account_id="quiet") for n in range(2)]
        rows = new_deliveries(connection, NOW, 5)
        assert [row["id"] for row in rows] == [flood[0], others[0], flood[1], others[1], flood[2]]

    @pytest.mark.parametrize("state", ["done", "ignored"])
    def test_what_is_worked_off_waits_no_longer(self, connection: Connection, state: str) -> None:
        first, second = deliver(connection, 1), deliver(connection, 2)
        assert first is not None
        close_deliveries(connection, [first], state=state)
        close_deliveries(connection, [], state=state)
        assert waiting(connection) == [second]

    def test_put_off_it_comes_back_in_time_and_counts_its_attempts(
        self, connection: Connection
    ) -> None:
        key = deliver(connection, 1)
        assert key is not None
        for attempt in (1, 2):
            put_off(connection, key, until=minute(10 * attempt), error="Zoom is away" * 200)
            assert waiting(connection, 10 * attempt - 1) == []
            assert not has_new_deliveries(connection, minute(10 * attempt - 1))
            assert waiting(connection, 10 * attempt) == [key]
            row = connection.execute(select(inbox)).mappings().one()
            assert (row["attempts"], row["state"], len(row["error"])) == (attempt, "new", 1000)

    def test_one_that_is_put_off_holds_up_nobody(self, connection: Connection) -> None:
        first, second = deliver(connection, 1), deliver(connection, 2)
        assert first is not None
        put_off(connection, first, until=minute(60), error="later")
        assert waiting(connection) == [second]

    def test_done_at_last_it_has_no_error(self, connection: Connection) -> None:
        key = deliver(connection, 1)
        assert key is not None
        put_off(connection, key, until=NOW, error="Zoom is away")
        close_deliveries(connection, [key], state="done")
        assert connection.execute(select(inbox.c.error)).scalar_one() == ""

    def test_waiting_for_somebody_to_act_counts_no_attempt(self, connection: Connection) -> None:
        key = deliver(connection, 1)
        assert key is not None
        put_off(connection, key, until=minute(60), error="connect Zoom again", is_attempt=False)
        row = connection.execute(select(inbox)).mappings().one()
        assert (row["attempts"], row["error"]) == (0, "connect Zoom again")

    def test_fresh_ones_go_before_those_put_off_which_still_get_their_share(
        self, connection: Connection
    ) -> None:
        keys = [deliver(connection, number) for number in range(10)]
        for key in keys[:6]:
            assert key is not None
            put_off(connection, key, until=NOW, error="Zoom is away")
        first = [row["id"] for row in new_deliveries(connection, NOW, 4)]
        assert first == [*keys[6:], keys[0]]
        assert waiting(connection) == [*keys[6:], *keys[:6]]

    def test_how_long_the_oldest_has_waited(self, connection: Connection) -> None:
        assert oldest_new_at(connection, NOW) is None
        first = deliver(connection, 1, at=-9)
        second = deliver(connection, 2, at=-3)
        assert oldest_new_at(connection, NOW) == minute(-9)
        assert first is not None and second is not None
        bury(connection, first, error="unreadable")
        assert oldest_new_at(connection, NOW) == minute(-3)
        put_off(connection, second, until=minute(60), error="connect Zoom again")
        assert oldest_new_at(connection, NOW) is None
        assert oldest_new_at(connection, minute(70)) == minute(60)
        assert count_deliveries(connection) == {"new": 1, "dead": 1}

    def test_a_note_is_taken_back_or_left_and_ends_with_the_outcome(
        self, connection: Connection
    ) -> None:
        key = deliver(connection, 1)
        assert key is not None
        note_under_way(connection, key, until=minute(1))
        assert waiting(connection) == []
        take_back_note(connection, key, now=NOW)
        (row,) = new_deliveries(connection, NOW, 1)
        assert row["deaths"] == 0
        for deaths in (1, 2):
            note_under_way(connection, key, until=minute(deaths))
            (row,) = new_deliveries(connection, minute(deaths), 1)
            assert row["deaths"] == deaths
        put_off(connection, key, until=minute(5), error="Zoom is away")
        (row,) = new_deliveries(connection, minute(5), 1)
        assert row["deaths"] == 0


class TestDeadLetters:
    @pytest.fixture
    def linked(self, connection: Connection) -> Connection:
        """Two portals, the first connected to the Zoom account."""
        for portal_id in (PORTAL, "2002"):
            add_portal(connection, portal_id)
        pk = connection.execute(
            grants.insert()
            .values(
                platform="zoom",
                account_id=ACCOUNT,
                tokens=b"",
                expires_at=NOW,
                scopes=[],
                created_at=NOW,
            )
            .returning(grants.c.id)
        ).scalar_one()
        connection.execute(
            portal_zoom.insert().values(portal_id=PORTAL, connection_id=pk, account_id=ACCOUNT)
        )
        return connection

    def bury_one(self, connection: Connection, number: int = 1, **changes: str) -> int:
        key = deliver(connection, number, **changes)  # type: ignore[arg-type]
        assert key is not None
        bury(connection, key, error="a status Zoom does not document")
        return key

    def test_buried_it_is_shown_with_its_reason_and_tried_no_more(self, linked: Connection) -> None:
        key = self.bury_one(linked)
        assert waiting(linked, 10_000) == []
        (row,) = list_deliveries(linked, PORTAL, PARKED, 10)
        assert (row["id"], row["attempts"]) == (key, 1)
        assert row["error"] == "a status Zoom does not document"
        assert "body" not in row

    @pytest.mark.parametrize(
        ("source", "account_id", "portal_id", "seen"),
        [
            ("zoom", ACCOUNT, PORTAL, True),
            ("zoom", ACCOUNT, "2002", False),
            ("zoom", PORTAL, PORTAL, False),
            ("hubspot", PORTAL, PORTAL, True),
            ("hubspot", PORTAL, "2002", False),
            ("hubspot", ACCOUNT, PORTAL, False),
        ],
        ids=[
            "its account's", "not its account's", "an account named like it", "its own",
            "another's", "a portal named like its account",
        ],
    )  # fmt: skip
    def test_each_portal_sees_and_replays_only_its_own(
        self, linked: Connection, source: str, account_id: str, portal_id: str, seen: bool
    ) -> None:
        key = self.bury_one(linked, source=source, account_id=account_id)
        assert bool(list_deliveries(linked, portal_id, PARKED, 10)) is seen
        assert replay_deliveries(linked, portal_id, Which(), NOW) == seen
        bury(linked, key, error="a status Zoom does not document")
        assert replay_delivery(linked, portal_id, key, NOW) == ("again" if seen else "unknown")
        assert (waiting(linked) == [key]) is seen

    def test_replayed_it_starts_afresh_at_once(self, linked: Connection) -> None:
        key = deliver(linked, 1)
        assert key is not None
        put_off(linked, key, until=minute(60), error="Zoom is away")
        bury(linked, key, error="Zoom is away")
        assert replay_delivery(linked, PORTAL, key, NOW) == "again"
        (row,) = new_deliveries(linked, NOW, 10)
        assert (row["attempts"], row["deaths"], row["error"]) == (0, 0, "")

    def test_what_is_done_is_merged_again_only_when_that_is_asked_for(
        self, linked: Connection
    ) -> None:
        key = deliver(linked, 1)
        assert key is not None
        close_deliveries(linked, [key], state="done")
        assert replay_delivery(linked, PORTAL, key, NOW, only_parked=True) == "not_parked"
        assert replay_delivery(linked, PORTAL, key + 1000, NOW) == "unknown"
        assert waiting(linked) == []
        assert replay_delivery(linked, PORTAL, key, NOW) == "again"
        assert waiting(linked) == [key]

    def test_what_was_forgotten_cannot_be_replayed(self, linked: Connection) -> None:
        key = self.bury_one(linked)
        forget_body(linked, key)
        assert replay_delivery(linked, PORTAL, key, NOW) == "forgotten"
        assert replay_deliveries(linked, PORTAL, Which(), NOW) == 0
        (row,) = list_deliveries(linked, PORTAL, Which(), 10)
        assert (row["state"], bool(row["is_kept"])) == ("ignored", False)

    def test_pages_hold_each_once(self, linked: Connection) -> None:
        keys = [self.bury_one(linked, number) for number in range(5)]
        found: list[int] = []
        while page := list_deliveries(linked, PORTAL, PARKED, 2, found[-1] if found else 0):
            found += [row["id"] for row in page]
        assert found == keys
