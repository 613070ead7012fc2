"""What a run changes, or a dry run would change: one line for each person and thing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jobs.gathering import Appearance

_SHOWN_KINDS = {
    "register": "registered",
    "attend": "attended",
    "cancel": "cancelled",
    "call_contact": "on the call record",
}

Change = dict[str, Any]


def decision_change(item: Appearance) -> list[Change]:
    """A line if the person is treated otherwise than before; nobody was before the first time."""
    before = _verdict_before(dict(item.row))
    after = _verdict_now(item)
    if before == after or item.row["decided_at"] is None:
        return []
    return [_change(item.row["email"], "decision", before=before, after=after)]


def _verdict_before(row: Mapping[str, Any]) -> str:
    if row["is_excluded"] or row["is_held"]:
        return f"{'excluded' if row['is_excluded'] else 'waiting'}: {row['reason']}"
    return "sync"


def _verdict_now(item: Appearance) -> str:
    if item.verdict is None:
        return "sync"
    return f"{'waiting' if item.verdict.hold else 'excluded'}: {item.verdict.reason}"


def contact_changes(person: Mapping[str, Any], changes: Mapping[str, str]) -> list[Change]:
    """A line for each property that is written to the person's contact."""
    held = person["contact"]
    return [
        _change(person["email"], "contact", name, before=held.get(name), after=value)
        for name, value in sorted(changes.items())
    ]


def effect_change(email: str, kind: str) -> Change:
    """The line about an effect on the person's timeline."""
    return _change(email, kind, after=_SHOWN_KINDS.get(kind, kind))


def withdrawn_change(email: str, kind: str, before: str = "") -> Change:
    """The line about something that is taken back; ``before`` in place of the kind's own words."""
    return _change(email, kind, before=before or _SHOWN_KINDS.get(kind, kind), after="withdrawn")


def kept_change(email: str, kind: str, applied: Mapping[str, Any]) -> Change:
    """The line about something HubSpot keeps, with the moments it holds."""
    names = ("joined_at", "left_at") if "joined_at" in applied else ("at",)
    moments = [
        datetime.fromtimestamp(applied[name] / 1000, UTC).isoformat(timespec="seconds")
        for name in names
        if name in applied
    ]
    before = f"{_SHOWN_KINDS.get(kind, kind)} {' to '.join(moments)}".strip()
    return _change(email, kind, before=before, after="cannot be withdrawn")


def restored_change(effect: str, name: str) -> Change:
    """The line about something that was removed in HubSpot and is made again."""
    return _change("", effect, name, before="removed in HubSpot", after="made again")


def _change(
    email: str,
    effect: str,
    property_name: str = "",
    *,
    before: str | None = None,
    after: str | None = None,
) -> Change:
    return {
        "email": email,
        "effect": effect,
        "property": property_name,
        "before": before,
        "after": after,
    }
