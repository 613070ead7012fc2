"""How long each person was there: sessions united, within the instances that took place.

A report holds one row per join, and every device and telephone has rows of its own. Row fields:
https://developers.zoom.us/docs/api/meetings/ (Reports: webinar participants).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Instance:
    """One actual session of the webinar; the host's restart makes another one."""

    uuid: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A row of the report. ``left_at`` and ``seconds`` are None where Zoom gave none."""

    identity: str
    instance_uuid: str
    joined_at: datetime
    left_at: datetime | None
    seconds: int | None = None
    in_waiting_room: bool = False


@dataclass(frozen=True, slots=True)
class Presence:
    """One identity in one occurrence.

    ``joins`` counts the rows outside waiting rooms. The moments lie inside the occurrence; they are
    None for somebody who was never there while it ran, whose ``seconds`` are 0.
    """

    identity: str
    seconds: int
    first_join_at: datetime | None
    last_leave_at: datetime | None
    joins: int


Span = tuple[datetime, datetime]


def unite(sessions: Iterable[Session], instances: Sequence[Instance]) -> Iterator[Presence]:
    """One presence per identity, from rows sorted by identity, by code points.

    Streams: one person's rows are held at a time. Rows of instances not given count for nothing.
    Raises ``ValueError`` when the rows are not sorted: somebody could be counted twice.
    """
    by_uuid = {instance.uuid: instance for instance in instances}
    before = ""
    for identity, rows in groupby(sessions, key=attrgetter("identity")):
        if identity < before:
            raise ValueError("sessions are not sorted by identity")
        before = identity
        yield _unite_one(identity, rows, by_uuid)


def total_seconds(instances: Iterable[Instance]) -> int:
    """The length of an occurrence: the sum of its instances' actual lengths."""
    lengths = (instance.ended_at - instance.started_at for instance in instances)
    return int(sum((max(length, timedelta()) for length in lengths), timedelta()).total_seconds())


def percent_attended(seconds: int, length_seconds: int) -> float:
    """Percent of the occurrence's length, 0 to 100; 0 of an occurrence that has no length yet."""
    if length_seconds <= 0:
        return 0.0
    return min(100.0, 100.0 * seconds / length_seconds)


def _unite_one(
    identity: str, rows: Iterable[Session], instances: Mapping[str, Instance]
) -> Presence:
    spans: list[Span] = []
    joins = 0
    for row in rows:
        instance = instances.get(row.instance_uuid)
        if instance is None or row.in_waiting_room:
            continue
        joins += 1
        span = _clip(row, instance)
        if span is not None:
            spans.append(span)
    united = _merge(spans)
    return Presence(
        identity,
        seconds=int(sum((end - start for start, end in united), timedelta()).total_seconds()),
        first_join_at=united[0][0] if united else None,
        last_leave_at=united[-1][1] if united else None,
        joins=joins,
    )


def _clip(row: Session, instance: Instance) -> Span | None:
    """The part of the session inside its instance; None when there is none."""
    left_at = row.left_at
    if left_at is None:
        length = timedelta(seconds=row.seconds) if row.seconds else None
        left_at = instance.ended_at if length is None else row.joined_at + length
    start = max(row.joined_at, instance.started_at)
    end = min(left_at, instance.ended_at)
    return (start, end) if start <= end else None


def _merge(spans: Iterable[Span]) -> list[Span]:
    """The spans in order of time, overlapping and touching ones joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
