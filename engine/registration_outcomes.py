"""What can come of a workflow's wish to register a contact: a stable table.

Workflows branch on these names, so a name is never changed or used for something else. ``SUCCESS``
means that nobody has to do anything about the contact; ``FAIL_CONTINUE`` that it is not registered
and that somebody may want to act. Both let the contact go on in the workflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ExecutionState = Literal["SUCCESS", "FAIL_CONTINUE"]


@dataclass(frozen=True, slots=True)
class RegistrationOutcome:
    """One outcome: what HubSpot is told, a label for lists, and what happened and what to do.

    ``sentence`` may hold ``{detail}``. ``is_of_webinar`` says that everybody who wants into the
    same webinar now gets the same answer.
    """

    name: str
    state: ExecutionState
    label: str
    sentence: str
    is_of_webinar: bool = False


def _table(*outcomes: RegistrationOutcome) -> Mapping[str, RegistrationOutcome]:
    return MappingProxyType({one.name: one for one in outcomes})


OUTCOMES = _table(
    RegistrationOutcome(
        "registered",
        "SUCCESS",
        "Registered",
        "Zoom registered the contact for the webinar.",
    ),
    RegistrationOutcome(
        "already_registered",
        "SUCCESS",
        "Already registered",
        "The contact was registered for the webinar before; nothing was changed.",
    ),
    RegistrationOutcome(
        "pending_approval",
        "SUCCESS",
        "Waiting for the host's approval",
        "Zoom took the registration, and the host of the webinar has to approve it in Zoom.",
    ),
    RegistrationOutcome(
        "host",
        "SUCCESS",
        "Is a host of the webinar",
        "Webinar host can not register for the webinar: the contact is its host, an alternative"
        " host, or the Zoom user who connected Rollcall. They can join without registering.",
    ),
    RegistrationOutcome(
        "panelist",
        "SUCCESS",
        "Is a panelist of the webinar",
        "The contact is a panelist of the webinar and has an invitation from Zoom; panelists do not"
        " register.",
    ),
    RegistrationOutcome(
        "full",
        "FAIL_CONTINUE",
        "The webinar is full",
        "The webinar has no place left. Raise the limit of registrants or the capacity of the"
        " webinar's licence in Zoom, then enroll the contact again.",
        is_of_webinar=True,
    ),
    RegistrationOutcome(
        "over",
        "FAIL_CONTINUE",
        "The webinar is over",
        "The webinar, or the chosen date of it, is over. Choose one that is still to come.",
        is_of_webinar=True,
    ),
    RegistrationOutcome(
        "registration_off",
        "FAIL_CONTINUE",
        "Registration is off",
        "The webinar takes no registrations. Switch on registration for it in Zoom, then enroll the"
        " contact again.",
        is_of_webinar=True,
    ),
    RegistrationOutcome(
        "denied",
        "FAIL_CONTINUE",
        "The host denied it",
        "The host of the webinar denied the contact's registration in Zoom; only the host can"
        " change that.",
    ),
    RegistrationOutcome(
        "needs_field",
        "FAIL_CONTINUE",
        "A required answer is missing",
        "The webinar's registration form requires an answer the contact does not have: {detail}."
        " Map the question to a contact property in Rollcall, and fill that property.",
    ),
    RegistrationOutcome(
        "no_email",
        "FAIL_CONTINUE",
        "The contact has no e-mail address",
        "The contact has no e-mail address, without which Zoom registers nobody.",
    ),
    RegistrationOutcome(
        "invalid_email",
        "FAIL_CONTINUE",
        "The e-mail address is not valid",
        "The contact's e-mail address is not valid. Correct it, then enroll the contact again.",
    ),
    RegistrationOutcome(
        "email_rejected",
        "FAIL_CONTINUE",
        "Zoom does not accept the e-mail address",
        "The webinar takes certain e-mail addresses only (such as those of a company), and the"
        " contact's is none of them. Change the rule in Zoom or the address of the contact.",
    ),
    RegistrationOutcome(
        "privacy_deleted",
        "FAIL_CONTINUE",
        "Was erased",
        "The person with this e-mail address was erased on their own demand, so Rollcall passes"
        " nothing about them on to Zoom.",
    ),
    RegistrationOutcome(
        "invalid_webinar",
        "FAIL_CONTINUE",
        "Not a webinar ID",
        "What the action was given is no webinar ID. Choose a webinar from the list, or give its"
        " number, such as 950 1234 5678, or its link.",
    ),
    RegistrationOutcome(
        "not_found",
        "FAIL_CONTINUE",
        "No such webinar",
        "None of the connected Zoom accounts has such a webinar, or such a date of it. It may have"
        " been deleted: choose another one.",
        is_of_webinar=True,
    ),
    RegistrationOutcome(
        "wrong_account",
        "FAIL_CONTINUE",
        "The webinar belongs to another business unit",
        "The webinar belongs to a Zoom account of another business unit, and the contact was not"
        ' registered. To allow it, set "registration accounts" to "all" in Rollcall.',
        is_of_webinar=True,
    ),
    RegistrationOutcome(
        "unsupported",
        "FAIL_CONTINUE",
        "Zoom offers no way to register for it",
        "Nobody can be registered for this webinar from outside: it is {detail}.",
        is_of_webinar=True,
    ),
    RegistrationOutcome(
        "not_connected",
        "FAIL_CONTINUE",
        "Zoom is not connected",
        "Rollcall has no working connection to the Zoom account. Connect it (again) in Rollcall,"
        " then enroll the contact again.",
        is_of_webinar=True,
    ),
    RegistrationOutcome(
        "no_permission",
        "FAIL_CONTINUE",
        "Zoom does not allow it",
        "Zoom does not let the user who connected Rollcall register people for this webinar. An"
        " administrator of the Zoom account has to give that right, or connect Rollcall.",
        is_of_webinar=True,
    ),
    RegistrationOutcome(
        "daily_limit",
        "FAIL_CONTINUE",
        "Zoom's daily limit is reached",
        "Zoom accepts the registration of one person for a webinar three times a day. Enroll the"
        " contact again after 00:00 UTC.",
    ),
    RegistrationOutcome(
        "failed",
        "FAIL_CONTINUE",
        "Failed",
        "The contact could not be registered: {detail}. Enroll the contact again later.",
    ),
)


def describe(name: str, detail: str = "") -> str:
    """The sentence of an outcome."""
    return OUTCOMES[name].sentence.format(detail=detail)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Zoom's refusal means: an outcome, and what its sentence names."""

    outcome: str
    detail: str = ""


_BY_CODE = {"3027": "host", "3034": "email_rejected", "3035": "full", "3038": "over"}
_BY_CODE |= {"3043": "full", "3001": "not_found"}
_BY_WORDS = (
    ("panelist", "panelist"),
    ("reached the limit", "full"),
    ("maximum attendee capacity", "full"),
    ("paid registration", "unsupported"),
    ("registration", "registration_off"),
)
_INVALID = "300"


def judge_refusal(code: str, words: str, fields: tuple[str, ...] = ()) -> Refusal:
    """What Zoom's refusal of a registration means.

    ``code`` is Zoom's, of which 3000 and 300 have many meanings that only the words tell apart.
    https://developers.zoom.us/docs/api/meetings/#tag/webinars/post/webinars/{webinarId}/registrants
    """
    if outcome := _BY_CODE.get(code):
        return Refusal(outcome)
    said = words.lower()
    if code == _INVALID:
        return _judge_invalid(said, fields)
    if code == "3000":
        for phrase, outcome in _BY_WORDS:
            if phrase in said:
                detail = "a webinar people pay for" if outcome == "unsupported" else ""
                return Refusal(outcome, detail)
    return Refusal("failed", "Zoom refused it for a reason Rollcall does not know")


def _judge_invalid(said: str, fields: tuple[str, ...]) -> Refusal:
    if "webinar id" in said or "occurrence" in said:
        return Refusal("not_found")
    if fields == ("email",) or (not fields and "email" in said):
        return Refusal("invalid_email")
    if fields:
        others = [name for name in fields if name != "email"]
        return Refusal("needs_field", ", ".join(name.replace("_", " ") for name in others))
    return Refusal("failed", "Zoom calls the registration invalid")


def outcome_of_status(status: str, is_approved_by_hand: bool) -> str:
    """The outcome of a registration Zoom accepted.

    Zoom's answer says its ``status`` since September 2026; before that a webinar approved by hand
    meant a pending one. https://developers.zoom.us/changelog/
    """
    known = {"approved": "registered", "pending": "pending_approval", "denied": "denied"}
    if status in known:
        return known[status]
    return "pending_approval" if is_approved_by_hand else "registered"


def outcome_when_known(status: str) -> str | None:
    """The outcome for somebody whose registration is known; None: Zoom has to be asked."""
    return {"approved": "already_registered", "pending": "pending_approval"}.get(status)


def stand_in_name(email: str) -> str:
    """The first name of somebody without one, which Zoom requires: the address up to its ``@``."""
    return email.partition("@")[0][:64]
