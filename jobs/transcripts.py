"""Transcripts on call records: Zoom's text is fetched, uploaded and forgotten; taken back when due.

https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/calling-extensions/third-party-transcripts
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import RowMapping

from clients.errors import NotFound, PermissionMissing, Rejected, Unconfirmed
from engine.write_warnings import TRANSCRIPT_NOT_FOUND
from jobs.call_records import (
    A_WHILE,
    NOT_NOW,
    conclude_doubt,
    doubt,
    hubspot_of,
    in_doubt,
    put_back,
    refuse,
    settle,
)
from jobs.slices import Slice
from schemas.hubspot_calls import Utterance
from schemas.webvtt import read_transcript
from store.database import reading
from store.ledger import Sent, sendable_calls, start_sending
from store.recording_facts import find_by_external_id
from store.webinar_facts import find_occurrence, find_webinar

UNTIL_GRANTED = timedelta(days=1)
"""How often a transcript that a missing permission stops is tried again."""


def confirm_transcripts(slice_: Slice) -> None:
    """Ask the call records of transcripts in doubt whether they have one."""
    for row in in_doubt(slice_, "transcript"):
        slice_.keep()
        # Taking a transcript away may be repeated; giving one may not.
        transcript_id = _find_transcript(slice_, row) if row["wanted"]["file"] else None
        sent = Sent(row["id"], row["kind"], row["wanted"], row["wanted_hash"])
        conclude_doubt(slice_, row, sent, transcript_id)


def _find_transcript(slice_: Slice, row: RowMapping) -> str | None:
    with suppress(NotFound):
        return hubspot_of(slice_).find_transcript(row["wanted"]["call"])
    return None


def send_transcripts(slice_: Slice) -> None:
    """Give, replace or take away the transcripts of the occurrence's call records."""
    with reading(slice_.runtime.database) as connection:
        now = slice_.runtime.clock()
        rows = sendable_calls(connection, slice_.run["occurrence_pk"], "transcript", now)
    for row in rows:
        slice_.keep()
        _send(slice_, row)


def _send(slice_: Slice, row: RowMapping) -> None:
    utterances: Sequence[Utterance] = ()
    if row["wanted"]["file"] and slice_.run["is_replay"]:
        # Its words are only at Zoom, which a replay does not ask.
        put_back(slice_, row, after=A_WHILE)
        return
    try:
        if row["wanted"]["file"]:
            utterances = _read_from_zoom(slice_, row)
            if not utterances:
                refuse(slice_, row, "Zoom's transcript holds no words")
                return
        with slice_.writing() as connection:
            start_sending(connection, slice_.lease, "", {row["id"]: row["remote_id"]})
        transcript_id = _write(slice_, row, utterances)
    except Rejected as refusal:
        refuse(slice_, row, str(refusal))
    except PermissionMissing as missing:
        # Nothing else depends on it, so the run goes on.
        put_back(slice_, row, after=UNTIL_GRANTED, error=str(missing))
    except Unconfirmed:
        doubt(slice_, row)
    except NOT_NOW as error:
        put_back(slice_, row, after=A_WHILE, error=str(error))
    except Exception:
        put_back(slice_, row)
        raise
    else:
        settle(slice_, row, transcript_id)


def _write(slice_: Slice, row: RowMapping, utterances: Sequence[Utterance]) -> str:
    """Take away what was there, give what is wanted; the transcript's id, "" for none."""
    hubspot = hubspot_of(slice_)
    if row["applied_hash"] and row["remote_id"]:
        with suppress(NotFound):
            hubspot.delete_transcript(row["remote_id"])
    if not utterances:
        return ""
    return hubspot.upload_transcript(row["wanted"]["call"], utterances)


def _read_from_zoom(slice_: Slice, row: RowMapping) -> list[Utterance]:
    """The words of the transcript. Raises NotFound, saying so, when Zoom has it no more."""
    try:
        return _find_words(slice_, row)
    except NotFound as error:
        raise NotFound(f"{TRANSCRIPT_NOT_FOUND}: {error}") from error


def _find_words(slice_: Slice, row: RowMapping) -> list[Utterance]:
    run = slice_.run
    with reading(slice_.runtime.database) as connection:
        place = find_occurrence(connection, run["occurrence_pk"])
        webinar = find_webinar(connection, place["webinar_pk"])
        stored = find_by_external_id(connection, run["portal_id"], row["wanted"]["recording"])
    if stored is None:
        raise NotFound("the recording is not known any more")
    zoom = slice_.runtime.platforms.zoom(run["portal_id"], webinar["account_id"], run["pool"])
    for file in zoom.recordings(stored["uuid"]).files:
        if file.file_id == row["wanted"]["file"]:
            return read_transcript(zoom.download_text(file.download_url))
    raise NotFound("Zoom does not list the transcript any more; it is looked for at the next read")
