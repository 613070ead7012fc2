"""What Zoom did not show, or not whole: attendance, registrations, the webinar itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.causes import Cause, count_people
from engine.read_problems import (
    ABOUT_LISTS,
    ABOUT_REPORTS,
    DOUBTFUL,
    LIST_REFUSED,
    LIVE,
    NO_RIGHT,
    NOT_STARTED,
    PASSING,
    WEBINAR_GONE,
)

_AGAIN = "It is read again by itself; Sync now does so at once."


def find_attendance_causes(
    *,
    problem: str,
    nobody_joined: bool,
    is_over: bool,
    is_too_old: bool,
    people: int,
) -> Iterator[Cause]:
    """Why participants did not sync: nobody came, the data are wrong, or there is no report.

    ``problem`` is the read's (see `engine.read_problems`); ``nobody_joined``: a complete report is
    empty; ``is_over``: by Zoom's word or by its schedule; ``is_too_old``: it ended longer ago than
    Zoom keeps reports, and none was ever read whole; ``people`` are those who may have come.
    """
    if nobody_joined and not problem:
        yield Cause(
            "nobody_joined",
            "Zoom's report of this webinar is complete and lists nobody: either nobody joined, or"
            " there is an error in Zoom's data.",
            "Look at the webinar's attendance report in Zoom. If it lists people, use Sync now.",
            0,
            "open_zoom",
            "Open Zoom's report",
        )
    elif problem not in ABOUT_REPORTS or not is_over:
        return
    elif is_too_old:
        yield Cause(
            "report_expired",
            "The webinar ended more than six months ago, and Zoom keeps attendance reports no"
            f" longer than that: registrants only. Whether {count_people(people)} came, and for how"
            " long, is lost.",
            "Nothing brings the report back. Registrations are synced all the same.",
            people,
            "show_people",
            "Show the registrants",
        )
    else:
        yield _about_report(problem)


def _about_report(problem: str) -> Cause:
    if problem == NOT_STARTED:
        return Cause(
            "never_started",
            "The webinar's time is over, and Zoom knows of no session of it: nobody started it.",
            "If it did take place, look for it in Zoom, then use Sync now.",
            0,
            "sync_now",
            "Sync now",
        )
    if problem == NO_RIGHT:
        return Cause(
            "report_not_allowed",
            f"Zoom's attendance report cannot be read: {problem.partition(';')[0]}.",
            "Have it connected again by somebody whose Zoom role includes Usage Reports.",
            0,
            "reconnect",
            "Connect Zoom again",
        )
    if problem in PASSING:
        return Cause(
            "report_not_ready",
            f"Zoom has not finished: {problem}. Nobody counts as absent before it has.",
            _AGAIN,
            0,
            "sync_now",
            "Sync now",
        )
    if problem in DOUBTFUL:
        return Cause(
            "report_incomplete",
            f"There is an error in Zoom's data: {problem}. Nobody counts as absent because of it.",
            f"{_AGAIN} If it stays so, compare with the attendance report in Zoom.",
            0,
            "open_zoom",
            "Open Zoom's report",
        )
    return Cause(
        "report_refused",
        f"Zoom's attendance report cannot be read: {problem}.",
        f"Look whether Zoom itself shows the report. {_AGAIN}",
        0,
        "sync_now",
        "Sync now",
    )


def find_list_causes(problem: str, remainder: int, *, is_settled: bool) -> Iterator[Cause]:
    """Registrations that may be missing; ``remainder`` is Zoom's figure less ours."""
    count = abs(remainder)
    if problem in ABOUT_LISTS:
        yield Cause(
            "list_refused" if problem == LIST_REFUSED else "list_incomplete",
            f"Registrations may be missing. Of Zoom: {problem}.",
            _AGAIN,
            count,
            "sync_now",
            "Sync now",
        )
    elif is_settled and count:
        # Before the figures are settled Zoom may count people its lists do not show yet.
        yield Cause(
            "unexplained",
            f"Zoom's own figure differs from ours by {count_people(count)}.",
            "Use Sync now: it reads Zoom and HubSpot again and repairs what differs.",
            count,
            "sync_now",
            "Sync now",
        )


def find_read_errors(problem: str) -> Iterator[Cause]:
    """Data that was not found in the connected Zoom account, or could not be read there."""
    if problem == WEBINAR_GONE:
        yield Cause(
            "webinar_gone",
            "The webinar was not found in the connected Zoom account. What was read before stays"
            " as it is.",
            "If it was deleted on purpose, nothing has to be done. Otherwise recover it in Zoom, or"
            " connect the account it belongs to, then use Sync now.",
            0,
            "sync_now",
            "Sync now",
        )
    elif problem and problem != LIVE and problem not in ABOUT_REPORTS | ABOUT_LISTS:
        yield Cause(
            "read_failed",
            f"Zoom could not be read: {problem.rstrip('.')}.",
            "Check that the webinar still exists in Zoom, then use Sync now.",
            0,
            "sync_now",
            "Sync now",
        )
