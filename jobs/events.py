"""The occurrence's marketing event: made, kept true, completed, cancelled; one call each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from clients.errors import Rejected, Unconfirmed
from engine.plan import WantedEffect, effect_key, marketing_event_id, to_milliseconds
from jobs.changes import withdrawn_change
from jobs.slices import Slice
from schemas.hubspot_marketing import MarketingEventBody
from store.database import reading
from store.ledger import (
    Sent,
    Wish,
    mark_applied,
    mark_planned,
    mark_rejected,
    mark_unconfirmed,
    record_wishes,
    start_sending,
)
from store.ledger_reading import OPEN, find_effect
from store.recording_facts import event_texts
from store.runs import add_changes, count_in_run
from store.settings import read_settings
from store.switches import why_webinar_off
from store.webinar_facts import find_occurrence, find_webinar, occurrences_of_webinar

EVENT_TYPE = "WEBINAR"
EVENT_KINDS = ("marketing_event", "complete")


@dataclass(frozen=True, slots=True)
class Target:
    """The marketing event that an occurrence's participations go to, by its external ids."""

    account_id: str
    external_id: str
    occurrence: RowMapping
    webinar: RowMapping


def target_of(slice_: Slice) -> Target | None:
    """The event of the run's occurrence; a series-wide registration goes to the next occurrence's.

    None for a series without any occurrence yet.
    """
    with reading(slice_.runtime.database) as connection:
        occurrence = find_occurrence(connection, slice_.run["occurrence_pk"])
        webinar = find_webinar(connection, occurrence["webinar_pk"])
        if occurrence["is_series"]:
            dates = occurrences_of_webinar(connection, webinar["id"])
            following = next_date(dates, slice_.runtime.clock())
            if following is None:
                return None
            occurrence = following
    return Target(
        webinar["account_id"],
        marketing_event_id(webinar["webinar_id"], occurrence["occurrence_id"]),
        occurrence,
        webinar,
    )


def next_date(rows: Sequence[RowMapping], now: datetime) -> RowMapping | None:
    """The series' next date, after the last one that; None while it has none."""
    dates = [
        row
        for row in rows
        if not row["is_series"] and row["status"] != "cancelled" and row["start_at"]
    ]
    upcoming = [row for row in dates if row["start_at"] >= now]
    return upcoming[0] if upcoming else dates[-1] if dates else None


def ensure_event(slice_: Slice, target: Target) -> bool:
    """Make the event hold what is known of the occurrence; False when HubSpot refused it."""
    start = target.occurrence["started_at"] or target.occurrence["start_at"]
    end = target.occurrence["ended_at"]
    if end is None and start is not None:
        end = start + timedelta(seconds=target.occurrence["duration_seconds"])
    payload: dict[str, Any] = {
        "name": target.webinar["topic"] or f"Zoom webinar {target.webinar['webinar_id']}",
        "organizer": target.webinar["host_email"] or target.webinar["host_id"],
        "url": target.webinar["public_url"],
        "starts_at": to_milliseconds(start) if start else None,
        "ends_at": to_milliseconds(end) if end else None,
    }
    description = _description(slice_, target)
    if description is not None:
        payload["description"] = description
    return _apply_once(slice_, target, "marketing_event", payload)


def _description(slice_: Slice, target: Target) -> str | None:
    """What the event says of recordings; None to leave alone what we never wrote."""
    with reading(slice_.runtime.database) as connection:
        texts = event_texts(connection, target.occurrence["id"])
        row = find_effect(connection, slice_.run["portal_id"], _key("marketing_event", target))
    if texts:
        return "\n".join(texts)
    is_ours = row is not None and "description" in (row["applied"] or {})
    return "" if is_ours else None


def complete_event(slice_: Slice, target: Target) -> bool:
    """Tell HubSpot that the occurrence is over, so that it can tell who did not come."""
    started_at, ended_at = target.occurrence["started_at"], target.occurrence["ended_at"]
    payload = {"started_at": to_milliseconds(started_at), "ended_at": to_milliseconds(ended_at)}
    return _apply_once(slice_, target, "complete", payload)


def cancel_event(slice_: Slice, target: Target) -> bool:
    """Cancel the event of an occurrence Zoom cancelled."""
    return _apply_once(slice_, target, "cancel_event", {"cancelled": True})


def restore_event(slice_: Slice, target: Target) -> bool:
    """Take back the cancellation of an event whose occurrence takes place after all.

    False for one that was withdrawn, or is to be, with a webinar that is still switched off.
    """
    portal_id = slice_.run["portal_id"]
    with reading(slice_.runtime.database) as connection:
        row = find_effect(connection, portal_id, _key("cancel_event", target))
        if row is None or row["state"] == "withdrawn":
            return True
        if is_off(connection, target.webinar):
            return False
    return _apply_once(slice_, target, "cancel_event", {"cancelled": False})


def withdraw_event(slice_: Slice, target: Target) -> None:
    """Cancel the event of a webinar that is switched off; once it is on, it is restored.

    If the run withdraws, or to end what one that did has left.
    """
    run, place = slice_.run, target.occurrence
    with reading(slice_.runtime.database) as connection:
        if place["id"] != run["occurrence_pk"] or not is_off(connection, target.webinar):
            return
        row = find_effect(connection, run["portal_id"], _key("cancel_event", target))
        is_left = row is not None and row["state"] in OPEN and row["wanted"]["cancelled"]
        if not run["is_withdrawal"] and not is_left:
            return
        if standing_event(connection, target.webinar, place) is None:
            return
    if cancel_event(slice_, target):
        with slice_.writing() as connection:
            line = withdrawn_change("", "marketing_event", target.external_id)
            add_changes(connection, run["id"], [line])
            count_in_run(connection, run["id"], withdrawn=1)


def standing_event(
    connection: Connection, webinar: RowMapping, occurrence: RowMapping
) -> str | None:
    """The external id of the occurrence's event if HubSpot has it, and not as cancelled by us."""
    external_id = marketing_event_id(webinar["webinar_id"], occurrence["occurrence_id"])
    target = Target(webinar["account_id"], external_id, occurrence, webinar)
    made, cancelled = (
        find_effect(connection, webinar["portal_id"], _key(kind, target))
        for kind in ("marketing_event", "cancel_event")
    )
    if made is None or not made["applied_hash"]:
        return None
    is_cancelled = cancelled is not None and bool((cancelled["applied"] or {}).get("cancelled"))
    return None if is_cancelled else external_id


def is_off(connection: Connection, webinar: RowMapping) -> bool:
    """Whether the webinar is not synced at all under the settings in force."""
    _, settings = read_settings(connection, webinar["portal_id"])
    return (
        bool(webinar["is_zoom_events"])
        or why_webinar_off(connection, webinar, settings) is not None
    )


def has_event(slice_: Slice, target: Target) -> bool:
    """Whether the event was ever made."""
    with reading(slice_.runtime.database) as connection:
        row = find_effect(connection, slice_.run["portal_id"], _key("marketing_event", target))
    return row is not None and bool(row["applied_hash"])


def _key(kind: str, target: Target) -> str:
    portal_id = target.webinar["portal_id"]
    return effect_key(kind, portal_id, target.account_id, target.external_id)


def _apply_once(slice_: Slice, target: Target, kind: str, payload: Mapping[str, Any]) -> bool:
    """Send a single repeatable call unless the ledger says that HubSpot holds just this."""
    runtime, run, now = slice_.runtime, slice_.run, slice_.runtime.clock()
    wanted = WantedEffect(_key(kind, target), kind, payload)
    with slice_.writing() as connection:
        known = find_effect(connection, run["portal_id"], wanted.key)
        # All these calls may be repeated, so one in doubt is simply sent again.
        in_doubt = known is not None and known["state"] in ("sending", "unconfirmed")
        wish = Wish(wanted, occurrence_pk=target.occurrence["id"], is_due=in_doubt)
        record_wishes(connection, run["portal_id"], [wish], run_id=run["id"], now=now)
        row = find_effect(connection, run["portal_id"], wanted.key)
    assert row is not None
    if row["state"] != "planned":
        return bool(row["state"] != "rejected")
    slice_.keep()
    runtime.platforms.take_permit(run["portal_id"], run["pool"])
    with slice_.writing() as connection:
        start_sending(connection, slice_.lease, "", {row["id"]: target.external_id})
    sent = Sent(row["id"], kind, payload, wanted.payload_hash)
    return _call(slice_, target, sent, is_new=not row["applied_hash"])


def _call(slice_: Slice, target: Target, sent: Sent, *, is_new: bool) -> bool:
    runtime, run, now = slice_.runtime, slice_.run, slice_.runtime.clock()
    hubspot = runtime.platforms.hubspot(run["portal_id"], run["pool"])
    try:
        if sent.kind == "marketing_event":
            hubspot.put_marketing_event(
                target.external_id, _event_body(target, sent.payload), permit=False
            )
        elif sent.kind == "complete":
            hubspot.complete_marketing_event(
                target.external_id,
                target.account_id,
                _moment(sent.payload["started_at"]),
                _moment(sent.payload["ended_at"]),
                permit=False,
            )
        elif sent.payload["cancelled"]:
            hubspot.cancel_marketing_event(target.external_id, target.account_id, permit=False)
        else:
            hubspot.restore_marketing_event(target.external_id, target.account_id, permit=False)
    except Rejected as refusal:
        with slice_.writing() as connection:
            mark_rejected(connection, [(sent.pk, str(refusal))])
            count_in_run(connection, run["id"], failed=1)
        return False
    except Unconfirmed:
        with slice_.writing() as connection:
            mark_unconfirmed(connection, [sent.pk], confirm_at=now)
        raise
    except Exception:
        with slice_.writing() as connection:
            mark_planned(connection, [sent.pk], not_before=None)
        raise
    with slice_.writing() as connection:
        mark_applied(connection, [(sent, target.external_id)], now=now)
        count_in_run(connection, run["id"], **{"created" if is_new else "updated": 1})
    return True


def _event_body(target: Target, payload: Mapping[str, Any]) -> MarketingEventBody:
    return MarketingEventBody(
        account=target.account_id,
        name=payload["name"],
        organizer=payload["organizer"],
        event_type=EVENT_TYPE,
        url=payload["url"],
        description=payload.get("description"),
        starts_at=_moment(payload["starts_at"]),
        ends_at=_moment(payload["ends_at"]),
    )


def _moment(milliseconds: int | None) -> Any:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
