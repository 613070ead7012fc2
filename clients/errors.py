"""What can go wrong on the way to a vendor, named by the remedy."""

from __future__ import annotations

from typing import Literal

from rollcall.errors import NeedsAttention, Permanent, Retryable

LimitPolicy = Literal["window", "daily", "registrant"]


class RateLimited(Retryable):
    """The vendor counted too many calls; nothing was applied.

    ``policy``: ``window`` (seconds), ``daily``, or ``registrant`` (Zoom's three additions of one
    person a day, which concerns that person alone).
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, policy: LimitPolicy = "window"
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.policy = policy


class BudgetExhausted(Retryable):
    """Our own limiter would have made the caller wait longer than it allowed; nothing was sent."""


class Unanswered(Retryable):
    """A call that met no proper answer.

    ``outage`` is there when it was one too many: nobody calls that account for a while.
    """

    outage: NotAnswering | None = None


class Unavailable(Unanswered):
    """The vendor is down or busy, and said so; nothing is known to have been applied."""


class NotAnswering(Unavailable):
    """The account did not answer lately and is left alone for ``retry_after`` seconds: not sent."""


class NotSent(Unanswered):
    """No connection came about, so nothing left."""


class Unconfirmed(Unanswered):
    """The request left and nothing tells whether it was applied: confirm before sending again."""


def outage_of(error: BaseException) -> NotAnswering | None:
    """The outage an error is part of; it is nobody's fault, so it counts as no attempt."""
    if isinstance(error, NotAnswering):
        return error
    return error.outage if isinstance(error, Unanswered) else None


class Unauthorized(Retryable):
    """The token was refused; one refresh and one repetition are worth it."""


class PageTokenExpired(Retryable):
    """Zoom's page token ran out (15 minutes): the list has to be read again from its first page."""


class ReconnectNeeded(NeedsAttention):
    """A fresh token is refused too, or the grant is dead: a person has to connect again."""


class PermissionMissing(NeedsAttention):
    """The account lacks a plan, a role or a right; the text is the vendor's."""


class ScopeMissing(PermissionMissing):
    """The grant lacks a scope: the feature is off until a person authorises it."""


class Rejected(Permanent):
    """The vendor refused this request and will refuse it again.

    ``code`` is Zoom's error code or HubSpot's sub-category, ``existing_id`` the record HubSpot
    names as already holding the address, ``fields`` the names of the fields it complains about.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        category: str = "",
        code: str = "",
        existing_id: str | None = None,
        fields: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.code = code
        self.existing_id = existing_id
        self.fields = fields


class NotFound(Rejected):
    """The vendor has no such object (Zoom also says so while something is not ready yet)."""
