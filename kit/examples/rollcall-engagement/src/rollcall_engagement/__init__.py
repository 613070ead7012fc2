"""Engagement score: one number from 0 to 100 for each contact, by weights that the portal sets.

The formula is open, and every person's audit log shows what it came to:

    score = (weight_percent * percent of this webinar
             + weight_average * average percent of all attended webinars
             + weight_turnout * 100 * attended / registered) / sum of the three weights

A part whose figure is not known is left out, with its weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from rollcall import (
    Attendance,
    AuditEntry,
    Context,
    Effect,
    PluginDescription,
    PropertyUpdate,
    Totals,
    hookimpl,
)

SCORE = "rollcall_engagement_score"


def _weight(title: str, description: str) -> fields.Integer:
    return fields.Integer(
        validate=validate.Range(min=0, max=100),
        metadata={"title": title, "description": description},
    )


class Settings(Schema):
    """The weights; only their proportions matter."""

    weight_percent = _weight("This webinar", "Weight of the percent of this webinar attended.")
    weight_average = _weight("Average", "Weight of the average percent of all webinars attended.")
    weight_turnout = _weight("Turnout", "Weight of webinars attended, out of those registered for.")


@hookimpl
def describe_plugin() -> PluginDescription:
    return PluginDescription(
        name="engagement",
        title="Engagement score",
        version="0.1.0",
        summary="Scores each contact from 0 to 100 by attendance, with weights of your own.",
        settings_schema=Settings,
        defaults={"weight_percent": 50, "weight_average": 25, "weight_turnout": 25},
    )


@hookimpl
def on_attendance(attendance: Attendance, context: Context) -> Iterable[Effect]:
    """The score, and how it came about; nothing when all weights that apply are 0."""
    parts = score_parts(attendance.percent, context.totals, context.settings)
    total = sum(weight for _, weight, _ in parts)
    if not total:
        return
    score = sum(weight * value for _, weight, value in parts) / total
    terms = " + ".join(f"{weight} x {name} {value:.1f}" for name, weight, value in parts)
    yield PropertyUpdate(SCORE, f"{score:.0f}")
    yield AuditEntry(f"engagement score {score:.0f} = ({terms}) / {total}")


def score_parts(
    percent: float, totals: Totals, weights: Mapping[str, Any]
) -> list[tuple[str, int, float]]:
    """Name, weight and value (0 to 100) of each part whose figure is known."""
    parts = [("this webinar", int(weights["weight_percent"]), percent)]
    if totals.average_percent is not None:
        parts.append(("average", int(weights["weight_average"]), totals.average_percent))
    if totals.registrations:
        # Whoever came without registering has attended more than they registered for.
        turnout = min(1.0, totals.attendances / totals.registrations)
        parts.append(("turnout", int(weights["weight_turnout"]), 100 * turnout))
    return parts
