"""Which webinar, of which Zoom account and on which date, a workflow's request means.

Known webinars are taken from our tables and looked at again when that is some minutes old; a number
nobody has heard of is asked about in every account of the portal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping

from clients.errors import PermissionMissing, ReconnectNeeded, Rejected
from clients.zoom import Zoom
from engine.question_warnings import FormFacts
from engine.webinar_choice import PlannedDate, WebinarChoice, choose_date, read_choice
from jobs.questions import refresh_questions
from jobs.request_work import RequestWork
from jobs.webinars import refresh_webinar
from schemas.zoom_codes import APPROVED_BY_HAND, NO_REGISTRATION, ONCE_FOR_ALL, RECURRING
from store.database import reading
from store.form_facts import read_form_facts
from store.questions import form_of
from store.registration_places import (
    AccountUse,
    accounts_in_use,
    webinar_number_of_page,
    webinars_numbered,
)
from store.webinar_facts import occurrences_of_webinar

FRESH = timedelta(minutes=10)
"""So long what is known of a webinar is taken as it is; Zoom's notices make it known sooner."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to register: a webinar, "" or one date of it, and what its form asks."""

    webinar: RowMapping
    occurrence_id: str
    form: FormFacts

    @property
    def account_id(self) -> str:
        """The Zoom account that owns the webinar."""
        return str(self.webinar["account_id"])

    @property
    def approves_by_hand(self) -> bool:
        """Whether its host approves each registration in Zoom."""
        return bool(self.webinar["approval_type"] == APPROVED_BY_HAND)

    @property
    def key(self) -> tuple[int, str]:
        """Equal for equal places."""
        return int(self.webinar["id"]), self.occurrence_id


@dataclass(frozen=True, slots=True)
class NoPlace:
    """Why there is nowhere to register: an outcome, and what its sentence names."""

    outcome: str
    detail: str = ""


class Places:
    """Finds places, each input once in a turn."""

    def __init__(self, work: RequestWork) -> None:
        self._work = work
        self._found: dict[str, Place | NoPlace] = {}
        with reading(work.runtime.database) as connection:
            self._accounts = accounts_in_use(connection, work.portal_id)

    def find(self, webinar_input: str) -> Place | NoPlace:
        """The place an input means. Raises Retryable when Zoom has to be asked and is away."""
        if webinar_input not in self._found:
            self._found[webinar_input] = self._look(webinar_input)
        return self._found[webinar_input]

    def _look(self, webinar_input: str) -> Place | NoPlace:
        choice = read_choice(webinar_input)
        if choice is None:
            return NoPlace("invalid_webinar")
        allowed = [one for one in self._accounts if self._is_allowed(one)]
        if not any(one.is_connected for one in allowed):
            return NoPlace("not_connected")
        webinar_id = choice.webinar_id or self._number_of(choice)
        if not webinar_id:
            return NoPlace("not_found")
        webinar = self._known(webinar_id) or self._ask(webinar_id)
        if webinar is None:
            return NoPlace("not_found")
        if webinar["account_id"] not in {one.account_id for one in allowed}:
            return NoPlace("wrong_account")
        if webinar["is_zoom_events"]:
            return NoPlace("unsupported", "part of a Zoom Event, whose tickets Zoom sells itself")
        return self._place(webinar, choice)

    def _is_allowed(self, account: AccountUse) -> bool:
        return account.is_primary or self._work.settings.registration_accounts == "all"

    def _number_of(self, choice: WebinarChoice) -> str:
        with reading(self._work.runtime.database) as connection:
            token = choice.register_token
            return webinar_number_of_page(connection, self._work.portal_id, token)

    def _known(self, webinar_id: str) -> RowMapping | None:
        accounts = [one.account_id for one in self._accounts]
        with reading(self._work.runtime.database) as connection:
            rows = webinars_numbered(connection, self._work.portal_id, webinar_id, accounts)
        # A number belongs to one account; where two rows have it, the one Zoom described is right.
        return max(
            rows, key=lambda row: (row["status"] == "scheduled", bool(row["topic"])), default=None
        )

    def _ask(self, webinar_id: str) -> RowMapping | None:
        """The webinar in the first account that has it, None when none has."""
        work = self._work
        for account in self._accounts:
            if not account.is_connected:
                continue
            try:
                zoom = work.zoom(account.account_id)
                zoom.webinar(webinar_id)
            except (Rejected, PermissionMissing, ReconnectNeeded):
                continue
            return refresh_webinar(
                work.runtime, zoom, work.portal_id, account.account_id, webinar_id
            )
        return None

    def _place(self, webinar: RowMapping, choice: WebinarChoice) -> Place | NoPlace:
        work = self._work
        try:
            zoom = work.zoom(webinar["account_id"])
            if _is_stale(webinar["detail_read_at"], work.now):
                webinar = refresh_webinar(
                    work.runtime,
                    zoom,
                    work.portal_id,
                    webinar["account_id"],
                    webinar["webinar_id"],
                )
            if webinar["status"] != "scheduled":
                return NoPlace("not_found")
            if webinar["approval_type"] == NO_REGISTRATION:
                return NoPlace("registration_off")
            form = self._form(zoom, webinar)
        except ReconnectNeeded:
            return NoPlace("not_connected")
        except PermissionMissing:
            return NoPlace("no_permission")
        if webinar["type"] != RECURRING or webinar["registration_type"] == ONCE_FOR_ALL:
            return Place(webinar, "", form)
        with reading(work.runtime.database) as connection:
            rows = occurrences_of_webinar(connection, webinar["id"])
        chosen = choose_date(planned_dates(rows), choice.occurrence_id, work.now)
        if chosen.outcome:
            return NoPlace(chosen.outcome)
        return Place(webinar, chosen.occurrence_id, form)

    def _form(self, zoom: Zoom, webinar: RowMapping) -> FormFacts:
        """What the form asks, and what may answer; as last known when Zoom will not show it."""
        work = self._work
        with reading(work.runtime.database) as connection:
            is_known = form_of(connection, webinar["id"]).read_at is not None
        if not is_known:
            refresh_questions(work.runtime, zoom, webinar)
        with reading(work.runtime.database) as connection:
            return read_form_facts(connection, webinar, work.settings, work.now)


def _is_stale(read_at: datetime | None, now: datetime) -> bool:
    return read_at is None or now - read_at > FRESH


def planned_dates(rows: Sequence[RowMapping]) -> list[PlannedDate]:
    """The dates of a series that take place as far as is known."""
    return [
        PlannedDate(
            row["occurrence_id"],
            row["start_at"],
            row["start_at"] + timedelta(seconds=row["duration_seconds"]),
        )
        for row in rows
        if row["occurrence_id"] and row["status"] != "cancelled" and row["start_at"] is not None
    ]
