"""Which webinar somebody means by what they typed, picked or stored in a contact property."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

_LABEL = re.compile(r"^(?:zoom\s+)?(?:webinar\s+)?id\s*[:#]?\s*|^#", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u00a0\u200b]+")
_NUMBER = re.compile(r"[0-9]{9,15}", re.ASCII)
_OPTION = re.compile(r"([0-9]{9,15})/([A-Za-z0-9_-]{1,64})", re.ASCII)
_TOKEN = re.compile(r"WN_[A-Za-z0-9_-]{8,64}", re.ASCII)
_ZOOM_HOSTS = ("zoom.us", "zoom.com", "zoomgov.com", "zoom.com.cn")


@dataclass(frozen=True, slots=True)
class WebinarChoice:
    """The webinar by its number, else by the token of its registration page (``WN_…``).

    ``occurrence_id`` is a chosen date of a series, "" when none was chosen.
    """

    webinar_id: str = ""
    occurrence_id: str = ""
    register_token: str = ""


def option_value(webinar_id: str, occurrence_id: str = "") -> str:
    """The value of an entry of the picker, which :func:`read_choice` understands."""
    return f"{webinar_id}/{occurrence_id}" if occurrence_id else webinar_id


def read_choice(text: str) -> WebinarChoice | None:
    """The webinar that is meant, None when the text names none.

    A number may hold spaces and hyphens as Zoom prints them, or end in ``.0`` as a number property
    does; of a link only Zoom's own count, whatever is behind the number in it.
    """
    given = text.strip()
    if option := _OPTION.fullmatch(given):
        return WebinarChoice(option[1], option[2])
    if "://" in given or given.lower().startswith(("www.", "zoom.us/")):
        return _read_link(given)
    if _TOKEN.fullmatch(given):
        return WebinarChoice(register_token=given)
    number = _SEPARATORS.sub("", _LABEL.sub("", given)).removesuffix(".0")
    return WebinarChoice(number) if _NUMBER.fullmatch(number) else None


def _read_link(text: str) -> WebinarChoice | None:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        return None
    if not any(host == known or host.endswith(f".{known}") for known in _ZOOM_HOSTS):
        return None
    for segment in parts.path.split("/"):
        if _NUMBER.fullmatch(segment):
            dates = parse_qs(parts.query).get("occurrence_id") or [""]
            return WebinarChoice(segment, dates[0][:64])
        if _TOKEN.fullmatch(segment):
            return WebinarChoice(register_token=segment)
    return None


@dataclass(frozen=True, slots=True)
class PlannedDate:
    """A date of a series; ``ends_at`` is its planned end."""

    occurrence_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class DateChoice:
    """The date to register for, or the ``outcome`` that says why there is none."""

    occurrence_id: str = ""
    outcome: str = ""


def choose_date(dates: Sequence[PlannedDate], wanted: str, now: datetime) -> DateChoice:
    """The wanted date of a series, or the next one when none was chosen."""
    if wanted:
        found = next((one for one in dates if one.occurrence_id == wanted), None)
        if found is None:
            return DateChoice(outcome="not_found")
        return DateChoice(wanted) if found.ends_at > now else DateChoice(outcome="over")
    coming = [one for one in dates if one.ends_at > now]
    if not coming:
        return DateChoice(outcome="over")
    return DateChoice(min(coming, key=lambda one: one.starts_at).occurrence_id)
