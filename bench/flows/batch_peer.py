"""A hundred contacts a call, one call at a time: what Airbyte calls.

Source `airbyte-integrations/connectors/source-zoom/manifest.yaml` of airbytehq/airbyte pages by 30
rows; destination `airbyte-integrations/connectors/destination-hubspot/src/main/kotlin/
HubSpotLoader.kt` sends `batch/upsert` with 100 inputs, each batch after the last. It writes
contacts only: no marketing event, no timeline.

Kinder here than it is: both lists are read side by side, and somebody with two rows is one input,
where the loader would put both into a batch that HubSpot refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.flows.platforms import CONTACTS, Platforms
from bench.size import BATCH

PAGE_SIZE = 30


def run(platforms: Platforms) -> None:
    """Read both lists, then write who registered, then who came. Raises `TrialFailed`."""
    with ThreadPoolExecutor(2) as pool:
        registrants = pool.submit(lambda: list(platforms.registrants(PAGE_SIZE)))
        rows = pool.submit(lambda: list(platforms.participants(PAGE_SIZE)))
    write(platforms, [registrant["email"] for registrant in registrants.result()])
    write(platforms, [row["user_email"] for row in rows.result()])


def write(platforms: Platforms, emails: Iterable[str]) -> None:
    """Upsert each address once, a hundred a call."""
    inputs = [
        {"id": email, "idProperty": "email", "properties": {"email": email}}
        for email in dict.fromkeys(emails)
    ]
    for batch in _in_batches(inputs):
        platforms.hubspot("POST", f"{CONTACTS}/batch/upsert", {"inputs": batch})


def _in_batches(inputs: Sequence[Mapping[str, Any]]) -> Iterable[Sequence[Mapping[str, Any]]]:
    return (inputs[first : first + BATCH] for first in range(0, len(inputs), BATCH))
