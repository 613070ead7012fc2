"""Attendance in figures as the JSON API shows it: one date over time, and the year's dates."""

from __future__ import annotations

from marshmallow import Schema
from marshmallow import fields as ma


class AttendanceQuery(Schema):
    """Which date; without one the only, or else the latest that was read."""

    occurrence = ma.String(load_default=None)


class PresentSchema(Schema):
    """How many people were there at a moment."""

    at = ma.AwareDateTime()
    people = ma.Integer()


class RoomSchema(Schema):
    """One session in Zoom: people in it at evenly spaced moments, and how many at most."""

    uuid = ma.String()
    start_time = ma.AwareDateTime()
    end_time = ma.AwareDateTime()
    peak = ma.Integer()
    points = ma.List(ma.Nested(PresentSchema))


class TurnoutSchema(Schema):
    """How many registered, came and stayed."""

    registered = ma.Integer(
        metadata={"description": "Approved registrations, those for the whole series included."}
    )
    attended = ma.Integer()
    came_registered = ma.Integer(metadata={"description": "Those of them who had registered."})
    stayed = ma.Integer(
        metadata={"description": "There for at least `stayed_percent` of the webinar's length."}
    )
    stayed_percent = ma.Integer()


class AttendanceSchema(Schema):
    """Attendance of one date."""

    occurrence_id = ma.String()
    settled = ma.Boolean()
    rooms = ma.List(ma.Nested(RoomSchema))
    turnout = ma.Nested(TurnoutSchema)


class ShareSchema(Schema):
    """The share of those registered for a date who came; null where nobody had registered."""

    webinar_id = ma.String()
    topic = ma.String()
    occurrence_id = ma.String()
    start_time = ma.AwareDateTime(allow_none=True)
    settled = ma.Boolean()
    registered = ma.Integer()
    attended = ma.Integer()
    came_registered = ma.Integer()
    percent = ma.Float(allow_none=True)


class ShareListSchema(Schema):
    """The latest dates, the oldest of them first."""

    results = ma.List(ma.Nested(ShareSchema))


class StatusCountsSchema(Schema):
    """How many webinars have which status."""

    counts = ma.Dict(keys=ma.String(), values=ma.Integer())
    webinars = ma.Integer(metadata={"description": "So many of the latest were looked at."})
    more = ma.Boolean(metadata={"description": "There are older ones beyond them."})
