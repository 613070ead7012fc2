"""The facts a webinar's warnings are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from engine.effective import why_recordings_not, why_webinar_not
from engine.recording_warnings import RecordingFacts
from engine.warnings import OccurrenceFacts, WebinarFacts
from schemas.tenant_settings import Settings
from store.form_facts import read_form_facts
from store.recording_facts import StoredRecording, recordings_of
from store.switches import webinars_with_hosts
from store.tables import effect
from store.webinars import count_people


def read_warning_facts(
    connection: Connection,
    webinar_row: RowMapping,
    occurrences: Sequence[RowMapping],
    settings: Settings,
    now: datetime,
) -> WebinarFacts:
    """What is stored about the webinar and these of its occurrences."""
    (hosted,) = webinars_with_hosts(connection, webinar_row["portal_id"], [webinar_row["id"]])
    switches = (
        settings,
        hosted["host_id"],
        hosted["host_email"],
        hosted["sync"],
        hosted["sync_new_webinars"],
    )
    keys = [row["id"] for row in occurrences]
    counts = count_people(connection, keys)
    rejected = _rejected_writes(connection, keys)
    recordings = recordings_of(connection, keys)
    return WebinarFacts(
        why_webinar_not(*switches),
        why_recordings_not(*switches, hosted["recordings"], hosted["sync_recordings"]),
        tuple(
            OccurrenceFacts(
                occurrence_id=row["occurrence_id"] or "0",
                is_series=row["is_series"],
                has_ended=row["ended_at"] is not None,
                is_read=_is_read_after_end(row),
                is_settled=row["settled_at"] is not None,
                counts=counts[row["id"]],
                zoom_people=row["zoom_people"],
                report_rows=row["report_rows"],
                read_problem=row["read_problem"],
                rejected_writes=rejected.get(row["id"], 0),
                recordings=_recording_facts(webinar_row, row, recordings[row["id"]]),
                is_reduced=row["is_reduced"],
            )
            for row in occurrences
        ),
        form=read_form_facts(connection, webinar_row, settings, now),
        is_zoom_events=webinar_row["is_zoom_events"],
    )


def _recording_facts(
    webinar_row: RowMapping, row: RowMapping, found: Sequence[StoredRecording]
) -> RecordingFacts:
    problems = [one.row["problem"] for one in found if one.state.state == "available"]
    is_due = row["next_read_at"] is not None or row["recordings_due_at"] is not None
    return RecordingFacts(
        is_expected=webinar_row["auto_recording"] == "cloud" and row["ended_at"] is not None,
        is_over=not is_due,
        states=Counter(one.state.state for one in found),
        transcripts=Counter(one.state.transcript_state for one in found),
        without_participants=problems.count("no_participants"),
        without_plugin=problems.count("plugin_failed"),
        problem=row["recordings_problem"],
    )


def _is_read_after_end(row: RowMapping) -> bool:
    return (
        row["read_at"] is not None
        and row["ended_at"] is not None
        and bool(row["read_at"] >= row["ended_at"])
    )


def _rejected_writes(connection: Connection, occurrence_pks: Sequence[int]) -> dict[int, int]:
    """Refused writes of each occurrence that belong to no single person."""
    rows = connection.execute(
        select(effect.c.occurrence_pk, func.count().label("writes"))
        .where(
            effect.c.occurrence_pk.in_(occurrence_pks),
            effect.c.state == "rejected",
            effect.c.occurrence_person_pk.is_(None),
        )
        .group_by(effect.c.occurrence_pk)
    )
    return {row.occurrence_pk: row.writes for row in rows}
