"""Registering people with Zoom: one at a time, or thirty, and finding out what is in doubt.

A request is noted as ``sending`` before its call leaves. What was heard of nothing is looked up in
Zoom's lists before it is tried again, so nobody is added twice by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from marshmallow import ValidationError
from sqlalchemy import RowMapping

from clients.errors import (
    BudgetExhausted,
    NotAnswering,
    NotSent,
    PermissionMissing,
    RateLimited,
    ReconnectNeeded,
    Rejected,
    outage_of,
)
from clients.zoom import RegistrantQuery
from engine.gathering_requests import gather
from engine.plan import in_batches
from engine.registration_outcomes import (
    OUTCOMES,
    Refusal,
    describe,
    judge_refusal,
    outcome_of_status,
)
from jobs.request_facts import Added, merge_added
from jobs.request_people import ADDITIONS_A_DAY, Candidate, join_url
from jobs.request_places import Place
from jobs.request_work import RequestWork
from rollcall.errors import Retryable
from store.database import reading, writing
from store.leases import check_lease
from store.registration_places import known_registrations
from store.registration_requests import (
    NOTES_BEGIN,
    Settled,
    begin_sending,
    hold_requests,
    last_sent_at,
    settle_requests,
)

AT_ONCE = 4
"""Calls in flight for one Zoom account."""
CHUNK = 8
DOUBTFUL_AFTER = timedelta(seconds=75)
"""Longer than any call lasts: until then a request that left is somebody's who waits for Zoom."""
LOOK_UP_AFTER = (5.0, 60.0, 600.0)
"""Seconds after the first, second and third call that came to nothing: there are three a day."""
NO_NOTES: Mapping[int, Sequence[str]] = MappingProxyType({})
_LISTS: tuple[RegistrantQuery, ...] = ("approved", "pending", "denied")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Zoom said to one call: a registration by address for each person, or an error."""

    added: dict[str, Added] = field(default_factory=dict)
    error: Exception | None = None


def register(work: RequestWork, place: Place, candidates: Sequence[Candidate]) -> None:
    """Send the candidates to Zoom, together where that is possible; settle what is known of them.

    Whoever waits for others to go with is held.
    """
    alone = [one for one in candidates if not one.may_go_in_batch]
    together = [one for one in candidates if one.may_go_in_batch]
    with reading(work.runtime.database) as connection:
        last = last_sent_at(connection, work.portal_id, place.webinar["webinar_id"])
    departure = gather(
        [(one, one.row["received_at"]) for one in together],
        last_sent_at=last,
        now=work.now,
        patience=work.runtime.timing.coalesce,
    )
    if departure.until is not None:
        with writing(work.runtime.database) as connection:
            hold_requests(connection, [one.row["id"] for one in departure.waiting], departure.until)
    alone += [one for group in departure.leaving if len(group) == 1 for one in group]
    groups = [group for group in departure.leaving if len(group) > 1]
    _Sender(work, place).send(groups, alone)


class _Sender:
    """Sends to one place. An answer that holds for all ends it: nobody else is tried then."""

    def __init__(self, work: RequestWork, place: Place) -> None:
        self._work, self._place = work, place
        self._verdict: Refusal | None = None
        self._pause: float | None = None

    def send(self, groups: Sequence[Sequence[Candidate]], alone: Sequence[Candidate]) -> None:
        """Send groups in one call each, then the others."""
        left = [*groups, *in_batches(alone, CHUNK)]
        for position, group in enumerate(left):
            rest = [one.row for others in left[position:] for one in others]
            if self._verdict is not None:
                self._work.settle(rest, self._verdict.outcome, self._verdict.detail)
                return
            if self._pause is not None:
                until = self._work.now + timedelta(seconds=self._pause)
                with writing(self._work.runtime.database) as connection:
                    hold_requests(connection, [row["id"] for row in rest], until)
                return
            self._work.keep()
            self._send(group, is_batch=position < len(groups))

    def _send(self, group: Sequence[Candidate], *, is_batch: bool) -> None:
        sent_at = self._work.now
        with writing(self._work.runtime.database) as connection:
            check_lease(connection, self._work.lease)
            pks = [one.row["id"] for one in group]
            begin_sending(connection, pks, sent_at, sent_at + DOUBTFUL_AFTER)
        if is_batch:
            answer = self._call_for_many(group)
            self._land(group, answer, sent_at, is_batch=True)
            return
        with ThreadPoolExecutor(AT_ONCE) as crew:
            answers = list(crew.map(self._call_for_one, group))
        added = {email: one for answer in answers for email, one in answer.added.items()}
        self._land([one for one in group if one.registrant.email in added], _Answer(added), sent_at)
        for one, answer in zip(group, answers, strict=True):
            if answer.error is not None:
                self._fault([one], answer.error, is_batch=False)

    def _call_for_many(self, group: Sequence[Candidate]) -> _Answer:
        webinar_id = self._place.webinar["webinar_id"]
        try:
            zoom = self._work.zoom(self._place.account_id)
            rows = zoom.add_registrants(webinar_id, [one.registrant for one in group])
        except Exception as error:
            return _Answer(error=error)
        return _Answer({row.email: Added(row.registrant_id, "", row.join_url) for row in rows})

    def _call_for_one(self, one: Candidate) -> _Answer:
        dates = [self._place.occurrence_id] if self._place.occurrence_id else []
        try:
            zoom = self._work.zoom(self._place.account_id)
            made = zoom.add_registrant(self._place.webinar["webinar_id"], one.registrant, dates)
        except Exception as error:
            return _Answer(error=error)
        added = Added(made.registrant_id, made.status, made.join_url)
        return _Answer({one.registrant.email: added})

    # --- what came of a call

    def _land(
        self,
        group: Sequence[Candidate],
        answer: _Answer,
        sent_at: datetime,
        *,
        is_batch: bool = False,
    ) -> None:
        if answer.error is not None:
            self._fault(group, answer.error, is_batch=is_batch)
            return
        here = [one for one in group if one.registrant.email in answer.added]
        left_out = [one.row for one in group if one.registrant.email not in answer.added]
        settle_added(
            self._work,
            self._place,
            [(one.row, answer.added[one.registrant.email]) for one in here],
            sent_at,
            {one.row["id"]: one.notes for one in here},
        )
        if left_out:
            self._work.try_later(left_out, "left out of a batch", 0.0, in_doubt=True, alone=True)

    def _fault(self, group: Sequence[Candidate], error: Exception, *, is_batch: bool) -> None:
        work, rows = self._work, [one.row for one in group]
        if isinstance(error, ReconnectNeeded):
            self._settle_refused(rows, Refusal("not_connected"))
        elif isinstance(error, PermissionMissing):
            if is_batch:  # Zoom grants the call for many apart from the one for one.
                work.try_later(rows, str(error), 0.0, in_doubt=False, was_sent=False, alone=True)
            else:
                self._settle_refused(rows, Refusal("no_permission"))
        elif isinstance(error, Rejected):
            self._refused(rows, error, is_batch=is_batch)
        elif isinstance(error, RateLimited) and error.policy == "registrant":
            look_up(work, self._place, rows, absent="daily_limit")
        elif isinstance(error, (RateLimited, BudgetExhausted, NotAnswering)):
            self._pause = error.retry_after or 1.0
            work.try_later(
                rows, str(error), self._pause, in_doubt=False, counts=False, was_sent=False
            )
        elif isinstance(error, NotSent):
            pause = error.outage.retry_after if error.outage else None
            self._pause = pause or LOOK_UP_AFTER[0]
            counts = error.outage is None
            work.try_later(rows, str(error), pause, in_doubt=False, counts=counts, was_sent=False)
        elif isinstance(error, (Retryable, ValidationError)):
            # It may have been applied, whatever was answered: found out before it is tried again.
            asked = getattr(outage_of(error) or error, "retry_after", None) or 0.0
            sent = max(row["sendings"] for row in rows)
            self._pause = max(LOOK_UP_AFTER[0], asked)
            pause = max(LOOK_UP_AFTER[min(sent, len(LOOK_UP_AFTER) - 1)], asked)
            counts = outage_of(error) is None
            work.try_later(rows, str(error), pause, in_doubt=True, counts=counts)
        else:
            raise error

    def _refused(self, rows: Sequence[RowMapping], error: Rejected, *, is_batch: bool) -> None:
        refusal = judge_refusal(error.code, _words(error), error.fields)
        if is_batch and (refusal.outcome == "full" or not _is_of_webinar(refusal)):
            # Some may have found a place before it was full, or one address spoiled it for all.
            self._work.try_later(rows, str(error), 0.0, in_doubt=True, alone=True)
        else:
            self._settle_refused(rows, refusal)

    def _settle_refused(self, rows: Sequence[RowMapping], refusal: Refusal) -> None:
        self._work.settle(rows, refusal.outcome, refusal.detail)
        if _is_of_webinar(refusal):
            self._verdict = refusal


def _is_of_webinar(refusal: Refusal) -> bool:
    return OUTCOMES[refusal.outcome].is_of_webinar


def _words(error: Rejected) -> str:
    """What Zoom said, without our own words about the call."""
    return str(error).partition(f"code {error.code}: ")[2]


def settle_added(
    work: RequestWork,
    place: Place,
    people: Iterable[tuple[RowMapping, Added]],
    sent_at: datetime,
    notes: Mapping[int, Sequence[str]] = NO_NOTES,
) -> None:
    """Store that Zoom registered these: for HubSpot to be told, and as a fact like any other.

    ``notes`` are told with it, by the request's key.
    """
    settled, facts = [], []
    for row, added in people:
        outcome = outcome_of_status(added.status, place.approves_by_hand)
        url = join_url(place, added.join_url, work.settings.join_link)
        message = NOTES_BEGIN.join([describe(outcome), *notes.get(row["id"], ())])
        settled.append(Settled(row["id"], outcome, message, added.registrant_id, url))
        if not added.is_known:
            facts.append((row, added))
    if not settled:
        return
    with writing(work.runtime.database) as connection:
        settle_requests(connection, settled, work.now)
        if facts:
            merge_added(connection, work, place, facts, sent_at)


# --- finding out -----------------------------------------------------------------------------


def look_up(
    work: RequestWork, place: Place, rows: Sequence[RowMapping], *, absent: str = ""
) -> None:
    """Find out whether Zoom has these people: from the facts, then from its lists.

    Who is not there is tried again, or gets the outcome ``absent``. Raises Retryable.
    """
    started_at = work.now
    emails = {row["email"] for row in rows}
    with reading(work.runtime.database) as connection:
        known = known_registrations(
            connection, place.webinar["id"], place.occurrence_id, list(emails)
        )
    found = {
        email: Added(one.registrant_id, one.status, one.join_url, is_known=True)
        for email, one in known.items()
        if one.status in _LISTS
    }
    if emails - set(found):
        found |= _find_in_lists(work, place, emails - set(found))
    settle_added(
        work,
        place,
        [(row, found[row["email"]]) for row in rows if row["email"] in found],
        started_at,
    )
    missing = [row for row in rows if row["email"] not in found]
    if absent:
        work.settle(missing, absent)
        return
    spent = [row for row in missing if row["sendings"] >= ADDITIONS_A_DAY]
    work.settle(spent, "daily_limit")
    again = [row for row in missing if row["sendings"] < ADDITIONS_A_DAY]
    if again:
        work.try_later(again, "not in Zoom's lists", 0.0, in_doubt=False)


def _find_in_lists(work: RequestWork, place: Place, emails: set[str]) -> dict[str, Added]:
    found: dict[str, Added] = {}
    zoom = work.zoom(place.account_id)
    for status in _LISTS:
        for page in zoom.registrants(place.webinar["webinar_id"], status, place.occurrence_id):
            work.keep()
            found |= {
                row.email: Added(row.registrant_id, status, row.join_url)
                for row in page.rows
                if row.email in emails
            }
            if len(found) == len(emails):
                return found
    return found
