"""Everything about a webinar as it is, for judging what somebody else made of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simulator.zoom import attendance, taping, wire
from simulator.zoom.model import Account, Instance, ParticipantRow, Registrant, Webinar
from simulator.zoom.moments import stamp

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState


def account(state: ZoomState, shown: Account) -> dict[str, Any]:
    """An account with its users, webinars and living grants."""
    return {
        "account_id": shown.id,
        "plan": shown.plan,
        "plan_missing": shown.plan_missing,
        "is_subscribed": shown.is_subscribed,
        "users": [
            asdict(user) | {"created_at": stamp(user.created_at)} for user in shown.users.values()
        ],
        "webinars": [w.id for w in state.webinars.values() if w.account_id == shown.id],
        "grants": [
            {"user_id": grant.user_id, "scopes": list(grant.scopes)}
            for grant in state.grants.all()
            if grant.account_id == shown.id
        ],
    }


def webinar(state: ZoomState, shown: Webinar) -> dict[str, Any]:
    """A webinar with every registrant (cancelled ones too), session, row and recording."""
    recordings = [state.recordings[i.uuid] for i in shown.instances if i.uuid in state.recordings]
    return {
        "webinar_id": shown.id,
        "account_id": shown.account_id,
        "host_id": shown.host_id,
        "topic": shown.topic,
        "type": shown.type,
        "start_time": stamp(shown.start_time),
        "duration": shown.duration,
        "occurrences": [wire.occurrence(date) for date in shown.occurrences],
        "registration_url": wire.registration_url(state, shown),
        "questions": shown.questions,
        "custom_questions": shown.custom_questions,
        "registrants": [registrant(person) for person in shown.registrants.values()],
        "panelists": [asdict(person) for person in shown.panelists],
        "instances": [
            instance(entry, number) for number, entry in enumerate(shown.instances, start=1)
        ],
        "recordings": [taping.describe_recording(item, shown) for item in recordings],
    }


def registrant(person: Registrant) -> dict[str, Any]:
    """A registrant with the states of single dates."""
    return {
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "status": person.status,
        "occurrences": dict(person.occurrences),
        "answers": person.answers,
        "create_time": stamp(person.create_time),
    }


def instance(shown: Instance, number: int) -> dict[str, Any]:
    """A session; `number` counts from 1 and names it in control paths."""
    return {
        "number": number,
        "uuid": shown.uuid,
        "occurrence_id": shown.occurrence_id,
        "start_time": stamp(shown.start_time),
        "end_time": stamp(shown.end_time),
        "practice_session": shown.is_practice,
        "report": attendance.report_state(shown),
        "rows": [_row(row) for row in shown.rows],
    }


def _row(row: ParticipantRow) -> dict[str, Any]:
    return {
        "user_id": row.user_id,
        "person": row.person,
        "name": row.name,
        "user_email": row.user_email,
        "registrant_id": row.registrant_id,
        "role": row.role,
        "status": row.status,
        "join_time": stamp(row.join_time),
        "leave_time": stamp(row.leave_time),
    }
