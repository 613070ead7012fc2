"""The facts a webinar's warnings are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from engine.effective import why_recordings_not, why_webinar_not
from engine.recording_warnings import RecordingFacts, read_list_problem
from engine.timing import is_report_gone, scheduled_end
from engine.warnings import OccurrenceFacts, WebinarFacts
from schemas.tenant_settings import Settings
from store.form_facts import read_form_facts
from store.plugin_health import read_blamed
from store.recording_facts import StoredRecording, recordings_of
from store.refusals import refusals_of, run_problems
from store.resuming import find_connection_problem
from store.switches import webinars_with_hosts
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
    writes = refusals_of(connection, keys)
    problems = run_problems(connection, keys)
    recordings = recordings_of(connection, keys)
    blamed = read_blamed(connection, keys)
    return WebinarFacts(
        why_webinar_not(*switches),
        why_recordings_not(*switches, hosted["recordings"], hosted["sync_recordings"]),
        tuple(
            OccurrenceFacts(
                occurrence_id=row["occurrence_id"] or "0",
                is_series=row["is_series"],
                has_ended=_has_ended(row, now),
                is_read=_is_read_after_end(row),
                is_settled=row["settled_at"] is not None,
                counts=counts[row["id"]],
                zoom_people=row["zoom_people"],
                report_rows=row["report_rows"],
                read_problem=row["read_problem"],
                is_too_old=_is_too_old(row, now),
                run_problem=problems.get(row["id"], ""),
                is_disconnected=row["id"] in problems
                and bool(find_connection_problem(connection, row["id"])),
                writes=writes[row["id"]],
                recordings=_recording_facts(webinar_row, row, recordings[row["id"]], now),
                is_reduced=row["is_reduced"],
                blamed=blamed.get(row["id"], {}),
            )
            for row in occurrences
        ),
        form=read_form_facts(connection, webinar_row, settings, now),
        is_zoom_events=webinar_row["is_zoom_events"],
    )


def _recording_facts(
    webinar_row: RowMapping, row: RowMapping, found: Sequence[StoredRecording], now: datetime
) -> RecordingFacts:
    problem_kind, problem = read_list_problem(row["recordings_problem"])
    # Of a recording that is not there, nothing more is told than that.
    available = [one for one in found if one.state.state == "available"]
    problems = [one.row["problem"] for one in available]
    is_due = row["next_read_at"] is not None or row["recordings_due_at"] is not None
    return RecordingFacts(
        is_expected=webinar_row["auto_recording"] == "cloud" and row["ended_at"] is not None,
        is_over=not is_due,
        states=Counter(one.state.state for one in found),
        transcripts=Counter(one.state.transcript_state for one in available),
        without_participants=problems.count("no_participants"),
        without_plugin=problems.count("plugin_failed"),
        problem=problem,
        problem_kind=problem_kind,
        nobody_came=row["report_rows"] == 0,
        is_audience_lost=_is_too_old(row, now),
    )


def _ends_at(row: RowMapping) -> datetime | None:
    """The actual end, else the scheduled one."""
    return row["ended_at"] or scheduled_end(row["start_at"], row["duration_seconds"])


def _has_ended(row: RowMapping, now: datetime) -> bool:
    ends_at = _ends_at(row)
    return row["ended_at"] is not None or (ends_at is not None and ends_at < now)


def _is_too_old(row: RowMapping, now: datetime) -> bool:
    """Whether who came can no longer be read, and never was."""
    return row["settled_at"] is None and not row["is_series"] and is_report_gone(_ends_at(row), now)


def _is_read_after_end(row: RowMapping) -> bool:
    return (
        row["read_at"] is not None
        and row["ended_at"] is not None
        and bool(row["read_at"] >= row["ended_at"])
    )
