"""Zoom's refusals: an HTTP status, Zoom's own code, and its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PLAN_MISSING = (
    "Webinar plan is missing. You must subscribe to the webinar plan and enable webinars for this "
    "user in order to perform this action."
)
REGISTRATION_OFF = "This webinar does not have registration as required: {}."
REGISTRATION_NOT_ENABLED = "Registration has not been enabled for this webinar: {}."
TOO_MANY_ATTENDEES = (
    "You have reached the limit for the number of attendees you can add. "
    "Contact Zoom Support for more information."
)
INVITED_AS_PANELIST = (
    "You have been invited as a panelist for the webinar, please check your email to find more "
    "information about this webinar."
)
PAID_WEBINAR = "The Zoom REST API does not support paid registration."
WORK_ADDRESS = "If you have been invited, please input your work email address."
WEBINAR_OVER = (
    "Webinar is over, you cannot register now. If you have any questions, contact the webinar host."
)
DAILY_ADDS = (
    "You have exceeded the daily rate limit of (3) for Add a webinar registrant API requests "
    "for the registrant ({})."
)


@dataclass(slots=True)
class ZoomError(Exception):
    """A refusal. `errors` names the fields of a failed validation.

    https://developers.zoom.us/docs/api/using-zoom-apis/
    """

    status: int
    code: int
    message: str
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, object]:
        """The JSON body."""
        body: dict[str, object] = {"code": self.code, "message": self.message}
        if self.errors:
            body["errors"] = list(self.errors)
        return body


def invalid(*errors: tuple[str, str]) -> ZoomError:
    """A failed validation of the named fields."""
    return ZoomError(
        400, 300, "Validation Failed.", [{"field": name, "message": text} for name, text in errors]
    )


def no_such_webinar(webinar_id: object) -> ZoomError:
    """The webinar is unknown, deleted or another account's."""
    return ZoomError(404, 3001, f"Webinar does not exist: {webinar_id}.")


def no_such_session(reference: object) -> ZoomError:
    """No ended session by that id or UUID, or its report is not made yet."""
    return ZoomError(404, 3001, f'Webinar "{reference}" not found or has expired')


def no_permission() -> ZoomError:
    """The installing person's role does not allow this."""
    return ZoomError(400, 200, "No permission.")


def unknown_endpoint(path: str) -> ZoomError:
    """A path Zoom does not have; often a UUID that was not encoded twice."""
    return ZoomError(404, 2300, f"This API endpoint is not recognized: {path}")
