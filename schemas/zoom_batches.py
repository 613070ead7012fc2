"""Several people registered in one call: Zoom's batch of registrants.

https://developers.zoom.us/docs/api/meetings/#tag/webinars/post/webinars/{webinarId}/batch_registrants
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from schemas.base import Address, Text, ValueSchema
from schemas.zoom_api import RegistrantInput, read_page, registrant_body


@dataclass(frozen=True, slots=True)
class BatchRegistration:
    """One of several people registered at once; ``join_url`` is personal."""

    registrant_id: str
    email: str
    join_url: str = field(repr=False)


class _BatchRegistrationSchema(ValueSchema):
    value = BatchRegistration
    registrant_id = Text(required=True)
    email = Address(required=True)
    join_url = Text()


_BATCH_REGISTRATION = _BatchRegistrationSchema()


def batch_registrants_body(registrants: Iterable[RegistrantInput]) -> dict[str, Any]:
    """Return the body that adds several people, who have no answers to questions there."""
    return {
        "auto_approve": False,
        "registrants": [
            registrant_body(RegistrantInput(one.email, one.first_name, one.last_name))
            for one in registrants
        ],
    }


def read_batch_registrations(body: Any) -> tuple[BatchRegistration, ...]:
    """Return those a batch registered; whoever it left out is simply missing."""
    return tuple(read_page(_BATCH_REGISTRATION, "registrants", body).rows)
