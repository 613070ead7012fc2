"""What became of each input of a batch: done, rejected or missing. A 2xx alone means nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.hubspot_api import NOT_FOUND_CATEGORY, BatchFault


@dataclass(frozen=True, slots=True)
class Rejection:
    """HubSpot's word on one input; ``existing_id`` is the record that holds the address already."""

    message: str
    category: str
    existing_id: str | None = None


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """The outcome of a batch by key (a trace id, or a contact id for attendance).

    ``done`` gives the record id. ``missing`` = sent - done - rejected, in the order sent: what
    HubSpot did not find, left out or did not mention, to be confirmed before it is sent again.
    """

    done: Mapping[str, str]
    rejected: Mapping[str, Rejection]
    missing: tuple[str, ...]


def settle(
    sent: Sequence[str],
    done: Mapping[str, str],
    faults: Sequence[BatchFault],
    *,
    aliases: Mapping[str, str] | None = None,
) -> BatchOutcome:
    """Return the outcome of each key of ``sent``.

    ``aliases`` translates what the error entries name (record ids) into keys. One error entry may
    name many inputs; with a single input an entry that names nobody means that one. "Not found" is
    no rejection: the same input succeeds once it is resolved anew.
    """
    rejected: dict[str, Rejection] = {}
    for fault in faults:
        if fault.category == NOT_FOUND_CATEGORY:
            continue
        named = [(aliases or {}).get(name, name) for name in fault.named]
        concerned = [key for key in sent if key in named]
        if not concerned and len(sent) == 1:
            concerned = list(sent)
        for key in concerned:
            if key not in done:
                rejected[key] = Rejection(fault.message, fault.category, fault.existing_id)
    missing = tuple(key for key in sent if key not in done and key not in rejected)
    return BatchOutcome(done=dict(done), rejected=rejected, missing=missing)


def require_batch(inputs: Sequence[object], limit: int) -> None:
    """Raise ValueError unless there are 1 to ``limit`` inputs."""
    if not 0 < len(inputs) <= limit:
        raise ValueError(f"a batch holds 1 to {limit} inputs, not {len(inputs)}")


def require_distinct(what: str, values: Sequence[str]) -> None:
    """Raise ValueError when a value comes twice; ``what`` it is called in the message."""
    if len(set(values)) != len(values):
        raise ValueError(f"a batch holds each {what} once")
