"""What Zoom accepts as an answer to a standard question of a registration form.

https://developers.zoom.us/docs/api/meetings/#tag/webinars/POST/webinars/{webinarId}/registrants
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.countries import find_country

COUNTRY = "country"
EMPLOYEES = "no_of_employees"

STANDARD_CHOICES: Mapping[str, tuple[str, ...]] = {
    EMPLOYEES: (
        "1-20",
        "21-50",
        "51-100",
        "101-500",
        "500-1,000",
        "1,001-5,000",
        "5,001-10,000",
        "More than 10,000",
    ),
    "purchasing_time_frame": (
        "Within a month",
        "1-3 months",
        "4-6 months",
        "More than 6 months",
        "No timeframe",
    ),
    "role_in_purchase_process": (
        "Decision Maker",
        "Evaluator/Recommender",
        "Influencer",
        "Not involved",
    ),
}
"""The only answers of the questions that have such a list; a country is a two-letter code."""

_LARGEST = (20, 50, 100, 500, 1_000, 5_000, 10_000)


def find_standard_answer(field: str, value: str) -> str | None:
    """Zoom's answer for a value that is none of its answers word for word; None when unknown.

    A country may be a name, a number of employees a plain number, or a range inside one of Zoom's.
    """
    if field == COUNTRY:
        return find_country(value)
    return _range_of(value) if field == EMPLOYEES else None


def _range_of(text: str) -> str | None:
    """The range of Zoom's that holds the number, or the whole of the range the text gives."""
    numbers = [_whole(part) for part in re.split(r"[-–]", text)]
    if len(numbers) > 2 or None in numbers:
        return None
    low, high = numbers[0] or 0, numbers[-1] or 0
    # A range begins behind its lower figure: `50-100` comes after `25-50` in many lists.
    places = {_place(low if len(numbers) == 1 else min(low + 1, high)), _place(high)}
    return STANDARD_CHOICES[EMPLOYEES][places.pop()] if len(places) == 1 else None


def _whole(text: str) -> int | None:
    """The whole number, thousands set apart or not; None for anything else."""
    if not re.fullmatch(r"\d{1,9}|\d{1,3}([,. ]\d{3}){1,2}", text.strip()):
        return None
    return int(re.sub(r"\D", "", text))


def _place(number: int) -> int:
    return next((at for at, most in enumerate(_LARGEST) if number <= most), len(_LARGEST))
