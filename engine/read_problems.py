"""Why what Zoom says does not count yet, as people are told: "Zoom could not be read: …"."""

from __future__ import annotations

NOT_STARTED = "it knows of no session of this webinar yet"
LIVE = "the webinar is still on"
NOT_READY = "its attendance report is not ready yet"
NOT_PROCESSED = "its attendance report is still being worked out"
INCOMPLETE = "its attendance report did not come whole"
SHRUNK = "its attendance report has fewer rows than before; a second read has to confirm that"
REFUSED = "it refused the attendance report"
NO_RIGHT = (
    "whoever connected it may not see attendance at all; connect Zoom again as somebody who may"
)
WEBINAR_GONE = "it no longer has this webinar"
LIST_INCOMPLETE = "a list of registrants did not come whole"
LIST_REFUSED = "it refused a list of registrants"

PASSING = frozenset({NOT_READY, NOT_PROCESSED})
"""Ends by itself: the report is read again when it is due."""
DOUBTFUL = frozenset({INCOMPLETE, SHRUNK})
"""The report came, and its data contradict themselves."""
ABOUT_REPORTS = PASSING | DOUBTFUL | {NOT_STARTED, REFUSED, NO_RIGHT}
ABOUT_LISTS = frozenset({LIST_INCOMPLETE, LIST_REFUSED})
