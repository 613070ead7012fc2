"""Zoom's numbers for kinds of webinars and of registration.

https://developers.zoom.us/docs/api/meetings/#tag/webinars
"""

from __future__ import annotations

SINGLE = 5
WITHOUT_FIXED_TIME = 6
"""A series that takes place whenever its host starts it."""
RECURRING = 9

APPROVED_BY_HAND = 1
NO_REGISTRATION = 2
"""``approval_type`` of a webinar people join without registering."""

ONCE_FOR_ALL = 1
"""``registration_type``: one registration covers every date of a series."""
