"""Who of those waiting can be sent to Zoom, and with what; who cannot has an outcome at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import RowMapping

from engine.questions import LAST_NAME, LAST_NAME_PROPERTY, Filled, fill, properties_to_read
from engine.registration_outcomes import describe, outcome_when_known, stand_in_name
from jobs.request_places import Place
from jobs.request_work import RequestWork
from plugins.addresses import is_valid_address
from schemas.zoom_api import RegistrantInput
from schemas.zoom_codes import SINGLE
from store.database import reading, writing
from store.erasure import erase_requests
from store.gone import erased_among
from store.registration_places import connected_users, known_registrations
from store.registration_requests import (
    Settled,
    hold_requests,
    sendings_since,
    settle_requests,
)

ADDITIONS_A_DAY = 3
"""https://developers.zoom.us/docs/api/rate-limits/"""
LONGEST_ADDRESS = 128
_SAME_PERSON = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody to register; ``may_go_in_batch`` when Zoom's call for many can carry all of it.

    ``notes`` tell what of the contact the form does not take.
    """

    row: RowMapping
    registrant: RegistrantInput
    may_go_in_batch: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Refused:
    outcome: str
    detail: str = ""
    registrant_id: str = ""
    join_url: str = ""


def prepare(work: RequestWork, place: Place, rows: Sequence[RowMapping]) -> list[Candidate]:
    """Those to send, oldest first; all others are settled, or wait for another of their own.

    Raises Retryable when HubSpot has to be asked for properties and is away.
    """
    settled: list[Settled] = []
    held: list[int] = []
    candidates: dict[str, RowMapping] = {}
    checks = _Checks(work, place, [row["email"] for row in rows])
    for row in rows:
        refused = checks.judge(row)
        if refused is not None:
            settled.append(
                Settled(
                    row["id"],
                    refused.outcome,
                    describe(refused.outcome, refused.detail),
                    refused.registrant_id,
                    refused.join_url,
                )
            )
        elif row["email"] in candidates or checks.is_under_way(row["email"]):
            # One call a person: what comes of that one tells what becomes of this one.
            held.append(row["id"])
        else:
            candidates[row["email"]] = row
    filled = _fill(work, place, list(candidates.values()))
    ready = []
    for row in candidates.values():
        answers = filled[row["id"]]
        if answers.missing:
            detail = ", ".join(_spoken(place, name) for name in answers.missing)
            settled.append(Settled(row["id"], "needs_field", describe("needs_field", detail)))
        else:
            ready.append(_candidate(place, row, answers))
    with writing(work.runtime.database) as connection:
        settle_requests(connection, settled, work.now)
        erase_requests(connection, work.portal_id, emails=checks.erased)
        hold_requests(connection, held, work.now + _SAME_PERSON)
    return ready


class _Checks:
    """What is known of the people of one place, looked up for all at once."""

    def __init__(self, work: RequestWork, place: Place, emails: Sequence[str]) -> None:
        self._place, self._settings = place, work.settings
        webinar = place.webinar
        midnight = work.now.replace(hour=0, minute=0, second=0, microsecond=0)
        with reading(work.runtime.database) as connection:
            self.erased = erased_among(connection, work.runtime.sealer, work.portal_id, emails)
            self._known = known_registrations(
                connection, webinar["id"], place.occurrence_id, emails
            )
            self._hosts = connected_users(connection, work.portal_id, place.account_id)
            self._sendings = sendings_since(
                connection, work.portal_id, webinar["webinar_id"], emails, midnight
            )
        self._hosts |= {webinar["host_email"]} - {""}

    def judge(self, row: RowMapping) -> _Refused | None:
        """Why this one is not sent to Zoom, None when it is."""
        email = row["email"]
        if not email:
            return _Refused("no_email")
        if len(email) > LONGEST_ADDRESS or not is_valid_address(email):
            return _Refused("invalid_email")
        if email in self.erased:
            return _Refused("privacy_deleted")
        if email in self._hosts:
            return _Refused("host")
        known = self._known.get(email)
        outcome = outcome_when_known(known.status) if known else None
        if known is not None and outcome is not None:
            url = join_url(self._place, known.join_url, self._settings.join_link)
            return _Refused(outcome, registrant_id=known.registrant_id, join_url=url)
        sent = self._sendings.get(email)
        if sent is not None and sent.count >= ADDITIONS_A_DAY and not sent.is_under_way:
            return _Refused("daily_limit")
        return None

    def is_under_way(self, email: str) -> bool:
        """Whether a call for the same person is on its way or in doubt."""
        sent = self._sendings.get(email)
        return sent is not None and sent.is_under_way


def join_url(place: Place, personal: str, wanted: str) -> str:
    """The link a workflow is told: the public one, unless the portal wants registrants' own."""
    return personal if personal and wanted == "personal" else str(place.webinar["public_url"])


def _fill(work: RequestWork, place: Place, rows: Sequence[RowMapping]) -> Mapping[int, Filled]:
    """The answers to the form by row; contacts are read only where a property has to answer."""
    form = place.form
    questions, maps = form.questions or (), form.maps
    wanted = properties_to_read(questions, form.mapping)
    wanted = tuple(name for name in wanted if name != LAST_NAME_PROPERTY)
    read: dict[str, Mapping[str, str]] = {}
    if wanted and rows:
        hubspot = work.runtime.platforms.hubspot(work.portal_id, "live")
        contacts = hubspot.read_contacts_by_id([row["contact_id"] for row in rows], wanted)
        read = {contact.contact_id: contact.properties for contact in contacts}
    filled = {}
    for row in rows:
        values = {**read.get(row["contact_id"], {}), LAST_NAME_PROPERTY: row["last_name"]}
        filled[row["id"]] = fill(questions, form.mapping, values, maps, form.fixed)
    return filled


def _spoken(place: Place, name: str) -> str:
    """A question as people know it: Zoom's own fields have technical names."""
    own = any(one.is_custom and one.name == name for one in place.form.questions or ())
    return name if own else name.replace("_", " ")


def _candidate(place: Place, row: RowMapping, answers: Filled) -> Candidate:
    fields = {name: value for name, value in answers.fields.items() if name != LAST_NAME}
    registrant = RegistrantInput(
        email=row["email"],
        first_name=row["first_name"] or stand_in_name(row["email"]),
        last_name=answers.fields.get(LAST_NAME, ""),
        fields=fields,
        answers=dict(answers.custom),
    )
    asked = place.form.questions
    asks_more = asked is None or any(one.is_required and one.name != LAST_NAME for one in asked)
    return Candidate(
        row,
        registrant,
        may_go_in_batch=place.webinar["type"] == SINGLE
        and not row["must_go_alone"]
        and not asks_more
        and not fields
        and not answers.custom
        and row["email"] not in place.webinar["panelists"],
        notes=answers.notes,
    )
