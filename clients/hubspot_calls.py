"""HubSpot's call records, which carry a webinar's recording and transcript.

https://developers.hubspot.com/docs/api-reference/latest/crm/activities/calls/guide
"""

from __future__ import annotations

from collections.abc import Sequence

from clients.hubspot_routes import Routes
from clients.outcomes import BatchOutcome, require_batch, require_distinct, settle
from schemas import hubspot_calls as wire
from schemas.hubspot_calls import CallBody, Utterance

CALL_ASSOCIATION_BATCH = 2000
_CALLS = "/crm/objects/{v}/calls"
_CALLING = "/crm/extensions/calling/{v}"


class Calls(Routes):
    """The part of the API about call records."""

    def find_calls(self, external_id: str) -> tuple[str, ...]:
        """Return the ids of the call records of an external id, which HubSpot keeps no unique.

        The search index lags by seconds, tens of them at times.
        """
        body = wire.call_search_body(external_id)
        return wire.read_found_ids(
            self._call("POST", _CALLS + "/search", body=body, bucket="search", read=True)
        )

    def create_call(self, call: CallBody, contact_ids: Sequence[str] = ()) -> str:
        """Create a call record and return its id; not idempotent, so look for it first."""
        return wire.read_id(self._call("POST", _CALLS, body=wire.call_body(call, contact_ids)))

    def update_call(self, call_id: str, call: CallBody) -> None:
        """Replace what a call record says; without a recording's link it has none afterwards."""
        body = wire.call_changes_body(call)
        self._call("PATCH", _CALLS + "/{call}", {"call": call_id}, body=body)

    def remove_recording(self, call_id: str) -> None:
        """Take the recording's link and the text out of a call record."""
        body = wire.recording_removed_body()
        self._call("PATCH", _CALLS + "/{call}", {"call": call_id}, body=body)

    def archive_call(self, call_id: str) -> None:
        """Put a call record into HubSpot's bin."""
        self._call("DELETE", _CALLS + "/{call}", {"call": call_id})

    def associate_call(
        self, call_id: str, contact_ids: Sequence[str], *, permit: bool = True
    ) -> BatchOutcome:
        """Join a call record to contacts, at most ``CALL_ASSOCIATION_BATCH``; keyed by contact id.

        Repeating it changes nothing.
        """
        require_batch(contact_ids, CALL_ASSOCIATION_BATCH)
        require_distinct("contact", contact_ids)
        route = "/crm/associations/{v}/calls/contacts/batch/create"
        body = wire.association_body(call_id, contact_ids)
        answer = self._call("POST", route, body=body, permit=permit)
        joined, faults = wire.read_associations(answer)
        return settle(contact_ids, {one: one for one in contact_ids if one in joined}, faults)

    def dissociate_call(
        self, call_id: str, contact_ids: Sequence[str], *, permit: bool = True
    ) -> BatchOutcome:
        """Take contacts off a call record, at most ``CALL_ASSOCIATION_BATCH``; all or none.

        Repeating it changes nothing.
        https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
        """
        require_batch(contact_ids, CALL_ASSOCIATION_BATCH)
        require_distinct("contact", contact_ids)
        route = "/crm/associations/{v}/calls/contacts/batch/archive"
        body = wire.disassociation_body(call_id, contact_ids)
        self._call("POST", route, body=body, permit=permit)
        return BatchOutcome({one: one for one in contact_ids}, {}, ())

    def announce_recording(self, call_id: str) -> None:
        """Tell HubSpot that the recording of a call can be fetched from us.

        https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/calling-extensions/recordings-and-transcriptions
        """
        body = wire.recording_ready_body(call_id)
        self._call("POST", _CALLING + "/recordings/ready", body=body)

    def upload_transcript(self, call_id: str, utterances: Sequence[Utterance]) -> str:
        """Give a call record its transcript and return the transcript's id.

        https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/calling-extensions/third-party-transcripts
        """
        body = wire.transcript_body(call_id, utterances)
        return wire.read_id(self._call("POST", _CALLING + "/transcripts", body=body))

    def find_transcript(self, call_id: str) -> str | None:
        """Return the id of a call record's transcript ("" when only its presence is told), or None.

        The two properties are not in HubSpot's guide; its own call records carry them.
        """
        params = {"properties": ",".join(wire.TRANSCRIPT_PROPERTIES)}
        answer = self._call("GET", _CALLS + "/{call}", {"call": call_id}, params=params)
        return wire.read_transcript_id(answer)

    def delete_transcript(self, transcript_id: str) -> None:
        """Take a transcript away."""
        parts = {"transcript": transcript_id}
        self._call("DELETE", _CALLING + "/transcripts/{transcript}", parts)
