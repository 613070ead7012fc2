"""The horizon bar: how far back Zoom reaches, as numbers a picture is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

WIDTH = 720
_MARGIN = 12
_FEWEST_PIXELS = 70


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the bar, with the words that belong there."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Horizon:
    """From the earliest day Zoom can be asked for until now; ``border`` is where reports begin.

    ``since`` is where the backfill begins, ``webinars`` where those found took place.
    """

    left: float
    right: float
    border: Mark
    since: Mark
    months: tuple[Mark, ...]
    webinars: tuple[float, ...]


def draw_horizon(
    *,
    earliest: datetime,
    reports_since: datetime,
    since: datetime,
    now: datetime,
    webinars: Iterable[datetime],
    zone: ZoneInfo,
) -> Horizon:
    """The bar for a backfill that begins at ``since``."""
    length = (now - earliest).total_seconds()

    def x(moment: datetime) -> float:
        share = min(1.0, max(0.0, (moment - earliest).total_seconds() / length))
        return round(_MARGIN + share * (WIDTH - 2 * _MARGIN), 1)

    return Horizon(
        left=x(earliest),
        right=x(now),
        border=Mark(x(reports_since), _day(reports_since, zone)),
        since=Mark(x(since), _day(since, zone)),
        months=tuple(_months(earliest, now, zone, x)),
        webinars=tuple(x(moment) for moment in webinars),
    )


def _months(
    earliest: datetime, now: datetime, zone: ZoneInfo, x: Callable[[datetime], float]
) -> Iterator[Mark]:
    local = earliest.astimezone(zone)
    year, month = local.year, local.month
    last = float(-_FEWEST_PIXELS)
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = datetime(year, month, 1, tzinfo=zone)
        if first >= now:
            return
        if (
            x(first) - last >= _FEWEST_PIXELS
            and _FEWEST_PIXELS / 2 < x(first) < WIDTH - _FEWEST_PIXELS / 2
        ):
            last = x(first)
            yield Mark(last, f"{first:%b %Y}")


def _day(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y}"
