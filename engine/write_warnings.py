"""What HubSpot does not hold although it is wanted: each refused write by what it was for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.causes import Cause, count_people

PersonRefusal = Literal["invalid_email", "contact_not_created", "contact_not_updated", "timeline"]
"""What of a failing person was refused; the first that holds, so that a person has one."""

TRANSCRIPT_NOT_FOUND = "transcript not found"
"""How the ledger's message begins when Zoom no longer had the text."""

_NAMES: Mapping[str, str] = {
    "marketing_event": "event",
    "complete": "event",
    "cancel_event": "event",
    "call": "call",
    "transcript": "transcript",
}
_RETRY_PEOPLE = (
    "The list shows HubSpot's message for each person. Mend its cause, then use Retry there, or"
    " Sync now for all of them."
)
FAILURES: Mapping[str, str] = {
    "rejected": "HubSpot refused data of {people}.",
    "not_confirmed": "HubSpot never confirmed what was written for {people}.",
}
"""Why HubSpot lacks what people should have there, as far as no more is known."""
_RETRY = "Mend the cause HubSpot names, then use Sync now: it is tried again."


@dataclass(frozen=True, slots=True)
class RefusedWrite:
    """A refused write that concerns no single person.

    ``is_new``: HubSpot never held it. ``error`` is HubSpot's or Zoom's message.
    """

    kind: str
    is_new: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True)
class WriteFacts:
    """What is stored of an occurrence's refused writes.

    ``people`` are failing people by what was refused; ``shared`` the writes of no single person.
    """

    people: Mapping[PersonRefusal, int] = field(default_factory=dict)
    shared: tuple[RefusedWrite, ...] = ()

    @property
    def has_no_event(self) -> bool:
        """Whether the marketing event itself was refused, so that all its participations wait."""
        return any(one.kind == "marketing_event" for one in self.shared)


def find_missing_records(facts: WriteFacts) -> Iterator[Cause]:
    """Contacts, marketing events and call records that were not made."""
    invalid = facts.people.get("invalid_email", 0)
    if invalid:
        yield _about_people(
            "contact_invalid_email",
            f"No contact was made for {count_people(invalid)}: HubSpot does not accept the e-mail"
            " address.",
            invalid,
        )
    refused = facts.people.get("contact_not_created", 0)
    if refused:
        yield _about_people(
            "contact_not_created",
            f"No contact was made for {count_people(refused)}: HubSpot refused what it should hold,"
            " by a rule or a property of the account.",
            refused,
        )
    yield from _told(
        facts, "event_not_created", "The marketing event was not made", kind="event", is_new=True
    )
    yield from _told(
        facts, "call_not_created", "A call record was not made", kind="call", is_new=True
    )


def find_write_errors(facts: WriteFacts) -> Iterator[Cause]:
    """What should have been added to records HubSpot has, and was not."""
    kept = facts.people.get("contact_not_updated", 0)
    if kept:
        yield _about_people(
            "contact_not_updated",
            f"The contact properties of {count_people(kept)} could not be updated.",
            kept,
        )
    timelines = facts.people.get("timeline", 0)
    if timelines:
        yield _about_people(
            "timeline_not_created",
            f"A timeline event could not be made for {count_people(timelines)}.",
            timelines,
        )
    yield from _told(
        facts,
        "event_not_updated",
        "The marketing event could not be updated",
        kind="event",
        is_new=False,
    )
    yield from _told(
        facts, "call_not_updated", "A call record could not be updated", kind="call", is_new=False
    )
    yield from _transcripts(facts)


def find_failures(facts: WriteFacts, failing: Mapping[str, int]) -> Iterator[Cause]:
    """Failing people by their reason, except those a refused write of theirs tells more about."""
    for reason, words in FAILURES.items():
        known = sum(facts.people.values()) if reason == "rejected" else 0
        count = failing.get(reason, 0) - known
        if count > 0:
            yield _about_people(reason, words.format(people=count_people(count)), count, reason)


def _about_people(reason: str, meaning: str, count: int, why: str = "rejected") -> Cause:
    filters = {"outcome": "failing", "reason": why}
    return Cause(reason, meaning, _RETRY_PEOPLE, count, "show_people", "Show what failed", filters)


def _told(
    facts: WriteFacts, reason: str, words: str, *, kind: str, is_new: bool
) -> Iterator[Cause]:
    # Completing or cancelling the event changes one that is there.
    found = [
        one
        for one in facts.shared
        if _NAMES.get(one.kind) == kind
        and (one.is_new and one.kind in ("marketing_event", "call")) is is_new
    ]
    if found:
        yield Cause(reason, _with_errors(words, found), _RETRY, len(found), "sync_now", "Sync now")


def _transcripts(facts: WriteFacts) -> Iterator[Cause]:
    refused = [one for one in facts.shared if one.kind == "transcript"]
    lost = [one for one in refused if one.error.startswith(TRANSCRIPT_NOT_FOUND)]
    if lost:
        yield Cause(
            "transcript_not_found",
            "A transcript was not found in Zoom when it was to be copied.",
            "Look whether Zoom still shows the recording's transcript, then use Sync now.",
            len(lost),
            "sync_now",
            "Sync now",
        )
    others = [one for one in refused if one not in lost]
    if others:
        yield Cause(
            "transcript_not_added",
            _with_errors("A transcript could not be added to its call record", others),
            _RETRY,
            len(others),
            "sync_now",
            "Sync now",
        )


def _with_errors(words: str, refused: list[RefusedWrite]) -> str:
    errors = dict.fromkeys(one.error.rstrip(".") for one in refused if one.error)
    return f"{words}: {'; '.join(errors)}." if errors else f"{words}."


def find_outage(waiting: int) -> Iterator[Cause]:
    """People whose data waits for a platform that did not answer lately."""
    if waiting:
        yield Cause(
            "not_answering",
            f"HubSpot or Zoom did not answer lately, so {count_people(waiting)} wait.",
            "Nothing has to be done: it is tried again by itself, after a quarter of an hour at the"
            " latest, and nothing is lost.",
            waiting,
            "show_people",
            "Show these people",
            {"outcome": "waiting", "reason": "retrying"},
        )
