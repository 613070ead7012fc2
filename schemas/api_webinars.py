"""Zoom users, webinars, runs and warnings as the JSON API shows them."""

from __future__ import annotations

from marshmallow import Schema, validate
from marshmallow import fields as ma

from schemas.api import PageQuery

MAX_IDS_TEXT = 65 * 200
"""As many users as fit on a page, each with a comma."""
SWITCH = ("default", "on", "off")
RECORDING_STATES = ("processing", "available", "trashed", "deleted", "unavailable")
STATUSES = ("attention", "syncing", "waiting", "healthy", "planned", "off")
TRANSCRIPT_STATES = ("missing", "processing", "available", "gone")


class UserSchema(Schema):
    """A Zoom user and the switches for their webinars."""

    id = ma.String(metadata={"description": "Zoom's user id."})
    email = ma.String()
    name = ma.String()
    sync_new_webinars = ma.Boolean()
    sync_recordings = ma.Boolean()


class UserPatch(Schema):
    """The switches to change."""

    sync_new_webinars = ma.Boolean()
    sync_recordings = ma.Boolean()


class UserQuery(PageQuery):
    """Users whose name or address holds `search`."""

    search = ma.String(load_default="", validate=validate.Length(max=255))
    ids = ma.String(
        metadata={"description": "Only these users, by Zoom's user id, separated by commas."},
        validate=validate.Length(max=MAX_IDS_TEXT),
    )


class CountsSchema(Schema):
    """People by outcome."""

    in_sync = ma.Integer()
    excluded = ma.Integer()
    failing = ma.Integer()
    waiting = ma.Integer()


class RecordingSchema(Schema):
    """The recording of a session, as Zoom's notices and lists tell of it."""

    state = ma.String(validate=validate.OneOf(RECORDING_STATES))
    transcript = ma.String(validate=validate.OneOf(TRANSCRIPT_STATES))
    share_url = ma.String(metadata={"description": "Where people watch it, at Zoom's."})
    log = ma.List(ma.String(), metadata={"description": "What plugins said of it."})


class InstanceSchema(Schema):
    """One actual session in Zoom; `recording` is null where nobody told of one."""

    uuid = ma.String()
    start_time = ma.AwareDateTime(allow_none=True)
    end_time = ma.AwareDateTime(allow_none=True)
    recording = ma.Nested(RecordingSchema, allow_none=True)


class OccurrenceSchema(Schema):
    """One scheduled date; `zoom_people` is Zoom's own figure, null before it is known."""

    id = ma.String(metadata={"description": "Zoom's occurrence id; `0` for a single webinar."})
    instances = ma.List(ma.Nested(InstanceSchema))
    start_time = ma.AwareDateTime(allow_none=True)
    status = ma.String()
    counts = ma.Nested(CountsSchema)
    zoom_people = ma.Integer(allow_none=True)
    unexplained = ma.Integer(
        allow_none=True,
        metadata={"description": "`zoom_people` less the sum of `counts`; 0 is in balance."},
    )
    settled_at = ma.AwareDateTime(allow_none=True)
    final_at = ma.AwareDateTime(allow_none=True)
    next_read_at = ma.AwareDateTime(
        allow_none=True, metadata={"description": "When Zoom is read again by itself."}
    )
    overdue = ma.Boolean(
        metadata={"description": "Its numbers should be final, and Zoom's are not complete yet."}
    )
    reduced = ma.Boolean(
        metadata={"description": "Attendance was read without the right to see reports."}
    )
    read_problem = ma.String(
        metadata={"description": "Why Zoom's numbers do not count yet; empty when they do."}
    )


class RegistrationsSchema(Schema):
    """People registered for the whole series, balanced once."""

    counts = ma.Nested(CountsSchema)
    zoom_people = ma.Integer(allow_none=True)
    unexplained = ma.Integer(allow_none=True)


class EffectiveSchema(Schema):
    """What the switches come to; `why_not` names the first that is off, or `zoom_events`."""

    webinar = ma.Boolean()
    why_not = ma.String(allow_none=True)
    recordings = ma.Boolean()
    why_recordings_not = ma.String(allow_none=True)


class WebinarSchema(Schema):
    """A webinar, its switches and the balance of each of its dates."""

    id = ma.String(metadata={"description": "Zoom's webinar id."})
    topic = ma.String()
    host = ma.String(metadata={"description": "The host's address, or user id until it is known."})
    host_id = ma.String()
    start_time = ma.AwareDateTime(allow_none=True)
    status = ma.String()
    sync_status = ma.String(
        validate=validate.OneOf(STATUSES),
        metadata={"description": "How it stands, by the worst of its dates."},
    )
    zoom_events = ma.Boolean(
        metadata={"description": "Made by a Zoom Event: recognised, and not supported."}
    )
    sync = ma.String(validate=validate.OneOf(SWITCH))
    recordings = ma.String(validate=validate.OneOf(SWITCH))
    effective = ma.Nested(EffectiveSchema)
    registrations = ma.Nested(RegistrationsSchema, allow_none=True)
    occurrences = ma.List(ma.Nested(OccurrenceSchema))


class WebinarPatch(Schema):
    """The switches to change."""

    sync = ma.String(validate=validate.OneOf(SWITCH))
    recordings = ma.String(validate=validate.OneOf(SWITCH))


class WebinarQuery(PageQuery):
    """Webinars whose topic holds, or whose id begins with, `search`; of one host."""

    search = ma.String(load_default="", validate=validate.Length(max=255))
    host_id = ma.String(load_default="", validate=validate.Length(max=64))
    sync_status = ma.String(
        load_default="",
        validate=validate.OneOf(("", *STATUSES)),
        metadata={"description": "Those of the latest 500 that stand so."},
    )


class SyncRequest(Schema):
    """How to sync; nothing given: read Zoom and HubSpot again, and repair."""

    occurrence = ma.String(metadata={"description": "Only this date."})
    dry_run = ma.Boolean(load_default=False)
    settings = ma.Dict(
        keys=ma.String(),
        metadata={"description": "A patch of the settings to try out; with `dry_run` only."},
    )
    replay = ma.Boolean(
        load_default=False,
        metadata={"description": "Decide anew from what is stored; Zoom is asked nothing."},
    )
    withdraw = ma.Boolean(
        load_default=False,
        metadata={
            "description": "Take back what was written for people who are excluded now, as far as "
            "HubSpot can. Without `dry_run` it needs a super admin."
        },
    )


class SyncStarted(Schema):
    """The run that will do it."""

    run_id = ma.String()


class ProgressSchema(Schema):
    """People done, of all."""

    done = ma.Integer()
    total = ma.Integer()


class WritesSchema(Schema):
    """What became of the writes of a run, or would become of them."""

    created = ma.Integer()
    updated = ma.Integer()
    unchanged = ma.Integer()
    excluded = ma.Integer()
    failed = ma.Integer()
    withdrawn = ma.Integer()
    cannot_change = ma.Integer()
    unconfirmed = ma.Integer()


class RunSchema(Schema):
    """One run over one or more dates of a webinar."""

    id = ma.String()
    webinar_id = ma.String()
    occurrences = ma.List(ma.String())
    trigger = ma.String()
    state = ma.String(
        validate=validate.OneOf(("queued", "running", "done", "failed", "superseded"))
    )
    dry_run = ma.Boolean()
    replay = ma.Boolean()
    withdraw = ma.Boolean()
    message = ma.String()
    progress = ma.Nested(ProgressSchema)
    counts = ma.Nested(CountsSchema)
    writes = ma.Nested(WritesSchema)
    created_at = ma.AwareDateTime()
    started_at = ma.AwareDateTime(allow_none=True)
    finished_at = ma.AwareDateTime(allow_none=True)


class ChangeSchema(Schema):
    """One change a run made, or a dry run would make."""

    email = ma.String()
    effect = ma.String()
    property = ma.String(allow_none=True)
    before = ma.String(allow_none=True)
    after = ma.String(allow_none=True)


class AuditQuery(PageQuery):
    """Warnings of one date only, if given."""

    occurrence = ma.String()


class ActionSchema(Schema):
    """The button that mends it."""

    name = ma.String()
    label = ma.String()
    filters = ma.Dict(keys=ma.String(), values=ma.String())


class WarningSchema(Schema):
    """A warning: what it means and how to mend it."""

    code = ma.String()
    reason = ma.String(
        metadata={"description": "The fact: each has one code, whatever warning it is shown in."}
    )
    title = ma.String()
    meaning = ma.String()
    remedy = ma.String()
    count = ma.Integer()
    action = ma.Nested(ActionSchema)
    occurrence_id = ma.String(allow_none=True)
