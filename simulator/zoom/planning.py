"""Planning webinars: create, change and delete, announced unless asked to be silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING, Any

from simulator.zoom import events
from simulator.zoom.model import FIXED_TIMES, SINGLE, Occurrence, Panelist, Webinar
from simulator.zoom.moments import milliseconds, read_moment, stamp

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState

SETTING_NAMES = (
    "approval_type",
    "registration_type",
    "registrants_restrict_number",
    "auto_recording",
    "email_in_attendee_report",
    "alternative_hosts",
)
NOT_GIVEN = ("panelists", "occurrences", "start_time")
FORM_FIELDS = ("questions", "custom_questions")
DEFAULT_QUESTIONS = [{"field_name": "last_name", "required": False}]


def create_webinar(
    state: ZoomState, account_id: str, wanted: Mapping[str, Any], *, silent: bool = False
) -> Webinar:
    """Plan a webinar from its JSON form: any field of `Webinar`, `occurrences`, `panelists`.

    `start_time` is ISO or seconds from now; an occurrence is a start or `{start_time, duration,
    occurrence_id}`. Without `host_id` the account's first user is the host. Raises TypeError for an
    unknown field and ZoomError for an unknown account or host.
    """
    account = state.find_account(account_id)
    host = state.find_user(account, str(wanted.get("host_id") or next(iter(account.users), "")))
    given = {name: value for name, value in wanted.items() if name not in NOT_GIVEN}
    start = wanted.get("start_time")
    details: dict[str, Any] = {
        "id": _free_number(state),
        "uuid": state.ids.session_uuid(),
        "topic": "Webinar",
        "type": SINGLE,
        "duration": 60,
        "created_at": state.now(),
        "password": state.ids.digits(6),
        "register_token": f"WN_{state.ids.opaque()}",
        "questions": list(DEFAULT_QUESTIONS),
        **given,
        "account_id": account_id,
        "host_id": host.id,
        "start_time": read_moment(start, state.now()) if start is not None else None,
    }
    webinar = Webinar(**details)
    webinar.id = int(webinar.id)
    dates = [_read_date(state, webinar, date) for date in wanted.get("occurrences") or []]
    webinar.occurrences = dates
    if dates and webinar.start_time is None:
        webinar.start_time = dates[0].start_time
    for person in wanted.get("panelists") or []:
        webinar.panelists.append(Panelist(state.ids.opaque(), person["email"], person["name"]))
    state.webinars[webinar.id] = webinar
    if not silent:
        events.webinar_created(state, webinar)
    return webinar


def _free_number(state: ZoomState) -> int:
    while (number := state.ids.webinar_number()) in state.webinars:
        continue
    return number


def _read_date(state: ZoomState, webinar: Webinar, wanted: Any) -> Occurrence:
    date = wanted if isinstance(wanted, Mapping) else {"start_time": wanted}
    start = read_moment(date["start_time"], state.now())
    # The id looks like the first planned start in milliseconds, and stays when the start moves.
    occurrence_id = str(date.get("occurrence_id") or milliseconds(start))
    duration = int(date.get("duration", webinar.duration))
    return Occurrence(occurrence_id, start, duration, str(date.get("status", "available")))


def change_webinar(
    state: ZoomState, webinar: Webinar, wanted: Mapping[str, Any], *, silent: bool = False
) -> None:
    """Change any fields; the event carries what changed, settings under `settings`.

    Whether a change of the registration questions alone is announced is a switch; the event does
    not carry them: https://developers.zoom.us/docs/api/meetings/events/
    With `occurrence_id`, `start_time` and `duration` are those of that date. Raises TypeError for
    a field a webinar does not have.
    """
    changes = {name: value for name, value in wanted.items() if name != "silent"}
    occurrence_id = str(changes.pop("occurrence_id", ""))
    if occurrence_id:
        _change_date(state, webinar, occurrence_id, changes, silent=silent)
        return
    unknown = set(changes) - {item.name for item in fields_of(Webinar)}
    if unknown:
        raise TypeError(f"a webinar has no {', '.join(sorted(unknown))}")
    old = {name: getattr(webinar, name) for name in changes}
    if changes.get("start_time") is not None:
        changes["start_time"] = read_moment(changes["start_time"], state.now())
    if "occurrences" in changes:
        dates = [_read_date(state, webinar, date) for date in changes["occurrences"]]
        changes["occurrences"] = dates
    for name, value in changes.items():
        setattr(webinar, name, value)
    webinar.registrants_changed()
    told = {name: value for name, value in changes.items() if name not in FORM_FIELDS}
    if not silent and (told or state.switch("questions_announced")):
        events.webinar_updated(state, webinar, _shown(told), _shown({n: old[n] for n in told}))


def _change_date(
    state: ZoomState,
    webinar: Webinar,
    occurrence_id: str,
    changes: Mapping[str, Any],
    *,
    silent: bool,
) -> None:
    date = webinar.find_occurrence(occurrence_id)
    if date is None:
        raise TypeError(f"webinar {webinar.id} has no occurrence {occurrence_id}")
    old = _shown({"occurrences": [date]})
    if "start_time" in changes:
        date.start_time = read_moment(changes["start_time"], state.now())
    date.duration = int(changes.get("duration", date.duration))
    if not silent:
        new = _shown({"occurrences": [date]})
        events.webinar_updated(state, webinar, new, old, scope="single")


def _shown(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changed fields as `webinar.updated` shows them."""
    shown: dict[str, Any] = {}
    for name, value in changes.items():
        if name in SETTING_NAMES:
            text = ";".join(value) if name == "alternative_hosts" else value
            shown.setdefault("settings", {})[name] = text
        elif name == "start_time":
            shown[name] = stamp(value)
        elif name == "occurrences":
            shown[name] = [
                {
                    "occurrence_id": date.occurrence_id,
                    "start_time": stamp(date.start_time),
                    "duration": date.duration,
                }
                for date in value
            ]
        else:
            shown[name] = value
    return shown


def delete_webinar(
    state: ZoomState,
    webinar: Webinar,
    occurrence_ids: Sequence[str] = (),
    *,
    silent: bool = False,
) -> None:
    """Delete a webinar, or single dates of a series (they vanish from the detail call)."""
    if webinar.type == FIXED_TIMES and occurrence_ids:
        gone = [date for date in webinar.occurrences if date.occurrence_id in occurrence_ids]
        webinar.occurrences = [date for date in webinar.occurrences if date not in gone]
        for date in gone:
            date.status = "deleted"
        if not silent:
            events.webinar_deleted(state, webinar, gone)
        return
    if not silent:
        events.webinar_deleted(state, webinar)
    state.forget_webinar(webinar)
