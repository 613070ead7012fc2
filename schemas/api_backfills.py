"""Backfills as the JSON API shows them."""

from __future__ import annotations

from marshmallow import Schema, validate
from marshmallow import fields as ma

from schemas.api_webinars import WritesSchema

STATES = ("finding", "checking", "syncing", "stopping", "done", "failed", "stopped")
WEBINAR_STATES = (
    "found",
    "waiting",
    "running",
    "done",
    "failed",
    "known",
    "left_out",
    "nothing",
)
KEPT = ("everything", "attendance_only", "registrants_only", "nothing")


class BackfillRequest(Schema):
    """How far back, and whether anything is to be written."""

    since = ma.Date(
        required=True, metadata={"description": "The first day to look at, in UTC; a year at most."}
    )
    webinars = ma.List(
        ma.String(validate=validate.Regexp(r"^[0-9]{9,15}$", error="Not a webinar id of Zoom's.")),
        load_default=list,
        validate=validate.Length(max=500),
        metadata={"description": "Only these, by Zoom's ids; they need not be known. Empty: all."},
    )
    dry_run = ma.Boolean(
        load_default=False,
        metadata={"description": "Only show what there is and what Zoom still has of it."},
    )
    quiet = ma.Boolean(
        load_default=True,
        metadata={
            "description": "Mark what is written to contacts as historical: with each write their "
            "property `rollcall_historical` becomes `true`; the next write of another webinar "
            "clears it."
        },
    )


class BackfillStarted(Schema):
    """The backfill that will do it, or that does just that already."""

    backfill_id = ma.String()


class HorizonSchema(Schema):
    """How far back Zoom reaches now."""

    reports_since = ma.AwareDateTime(
        metadata={"description": "Of webinars that ended before, nobody can tell who attended."}
    )
    earliest = ma.AwareDateTime(metadata={"description": "The earliest `since` there can be."})


class BackfillProgressSchema(Schema):
    """Of this state: lists of Zoom's history (`finding`), else webinars, of those there are."""

    done = ma.Integer()
    total = ma.Integer()


class BackfillCountsSchema(Schema):
    """How many webinars were found, what Zoom still has of them, and how far each is.

    `everything` to `nothing` add up to those asked about; the states add up to `found`.
    """

    found = ma.Integer()
    kept = ma.Dict(
        keys=ma.String(validate=validate.OneOf(KEPT)),
        values=ma.Integer(),
        metadata={"description": "By what Zoom still has of them."},
    )
    states = ma.Dict(
        keys=ma.String(validate=validate.OneOf(WEBINAR_STATES)),
        values=ma.Integer(),
        metadata={"description": "By how far they are."},
    )


class BackfillSchema(Schema):
    """A backfill, or the preview of one, and how far it is.

    First Zoom's history is read (`finding`), then Zoom is asked about each webinar (`checking`);
    there a preview ends. Then they are synced one after the other, the oldest first (`syncing`).
    """

    id = ma.String()
    state = ma.String(validate=validate.OneOf(STATES))
    dry_run = ma.Boolean()
    quiet = ma.Boolean()
    since = ma.Date()
    webinars = ma.List(ma.String(), metadata={"description": "As asked for; empty: all."})
    horizon = ma.Nested(HorizonSchema)
    progress = ma.Nested(BackfillProgressSchema)
    counts = ma.Nested(BackfillCountsSchema)
    writes = ma.Nested(WritesSchema)
    message = ma.String(metadata={"description": "Why it waits or failed; empty when all is well."})
    gaps = ma.String(
        metadata={"description": "Why some webinars may not be found; empty: Zoom lists them all."}
    )
    created_at = ma.AwareDateTime()
    finished_at = ma.AwareDateTime(allow_none=True)


class BackfillWebinarSchema(Schema):
    """A past webinar a backfill reaches."""

    webinar_id = ma.String()
    topic = ma.String()
    host = ma.String(metadata={"description": "The host's address, or user id until it is known."})
    start_time = ma.AwareDateTime(
        allow_none=True, metadata={"description": "Of its newest date that is over."}
    )
    kept = ma.String(
        allow_none=True,
        validate=validate.OneOf(KEPT),
        metadata={"description": "What Zoom still has of it; null until Zoom was asked."},
    )
    lost = ma.String(metadata={"description": "What Zoom no longer has, in words; empty: nothing."})
    known = ma.Boolean(metadata={"description": "Synced, or about to be, without a backfill."})
    left_out = ma.String(
        allow_none=True,
        metadata={
            "description": "The first switch that is off, as `why_not` of a webinar; or "
            "`zoom_events`, `not_over`, `before_since`."
        },
    )
    state = ma.String(validate=validate.OneOf(WEBINAR_STATES))
    message = ma.String()
