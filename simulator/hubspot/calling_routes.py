"""Recordings and transcripts of calls, and completing workflow actions.

https://developers.hubspot.com/docs/api-reference/latest/crm/extensions/calling-extensions/third-party-transcripts
https://developers.hubspot.com/docs/apps/developer-platform/add-features/custom-workflow-actions
"""

from __future__ import annotations

from typing import Any

from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints
from simulator.hubspot.errors import refuse
from simulator.hubspot.executions import FINAL_STATES
from simulator.hubspot.models import Transcript
from simulator.hubspot.record_wire import lag_of
from simulator.hubspot.wire import iso

CONTACTS = ("crm.objects.contacts.write",)
READ = ("crm.extensions_calling_transcripts.read",)
WRITE = ("crm.extensions_calling_transcripts.write",)
AUTOMATION = ("automation",)
CALLING, OLD_CALLING = "/crm/extensions/calling/{V}", "/crm/v3/extensions/calling"
CALLBACKS, OLD_CALLBACKS = "/automation/actions/callbacks/{V}", "/automation/v4/actions/callbacks"


def add_calling_routes(endpoints: Endpoints) -> None:
    """Routes of transcripts, recordings and callbacks."""
    add = endpoints.add
    path = "/transcripts"
    add("POST", CALLING + path, OLD_CALLING + path, scopes=WRITE, write=True)(create_transcript)
    path = "/transcripts/<transcript_id>"
    add("GET", CALLING + path, OLD_CALLING + path, scopes=READ)(read_transcript)
    add("DELETE", CALLING + path, OLD_CALLING + path, scopes=WRITE, write=True)(delete_transcript)
    path = "/recordings/ready"
    add("POST", CALLING + path, OLD_CALLING + path, scopes=CONTACTS, write=True)(mark_ready)
    path = "/<app_id>/settings/recording"
    for method in ("POST", "PATCH"):
        add(method, CALLING + path, OLD_CALLING + path, write=True)(write_recording_settings)
    add("GET", CALLING + path, OLD_CALLING + path)(read_recording_settings)
    path = "/<callback_id>/complete"
    add("POST", CALLBACKS + path, OLD_CALLBACKS + path, scopes=AUTOMATION, write=True)(complete)
    path = "/complete"
    add("POST", CALLBACKS + path, OLD_CALLBACKS + path, scopes=AUTOMATION, write=True)(
        complete_batch
    )


def create_transcript(call: ApiCall) -> Answer:
    """Keep the words of a call."""
    call_id = str(call.body.get("engagementId") or "")
    record = call.portal.calls.records.get(call_id)
    if record is None or not record.is_live:
        raise refuse(404, "OBJECT_NOT_FOUND", f"No call {call_id}")
    utterances = call.body.get("transcriptCreateUtterances")
    if not isinstance(utterances, list) or not utterances:
        raise refuse(400, "VALIDATION_ERROR", "transcriptCreateUtterances is required")
    for utterance in utterances:
        _check_utterance(utterance)
    transcript = Transcript(call.portal.next_id(), call_id, utterances, call.world.clock())
    call.portal.transcripts[transcript.id] = transcript
    call.portal.writes["transcripts"] += 1
    _tell(call, call_id, transcript.id)
    return {"id": transcript.id}, 200


def _tell(call: ApiCall, call_id: str, transcript_id: str) -> None:
    """Note on the call record which transcript it has, as HubSpot's own do."""
    record = call.portal.calls.records.get(call_id)
    if record is None or not call.world.switches["calls_tell_of_transcripts"]:
        return
    told = {
        "hs_call_has_transcript": "true" if transcript_id else "false",
        "hs_call_transcription_id": transcript_id,
    }
    call.portal.calls.change(record, told, "CALLING", lag_of(call))


def _check_utterance(utterance: dict[str, Any]) -> None:
    needed = {"speaker", "text", "startTimeMillis", "endTimeMillis"}
    missing = needed - set(utterance)
    if missing or not {"id", "name"} <= set(utterance.get("speaker") or {}):
        names = ", ".join(sorted(missing or {"speaker.id", "speaker.name"}))
        raise refuse(400, "VALIDATION_ERROR", f"An utterance lacks {names}")


def read_transcript(call: ApiCall, transcript_id: str) -> Answer:
    """The words of a call."""
    transcript = call.portal.transcripts.get(transcript_id)
    if transcript is None:
        raise refuse(404, "OBJECT_NOT_FOUND", f"No transcript {transcript_id}")
    utterances = [
        {"id": str(number), "languageCode": "en-US", **utterance}
        for number, utterance in enumerate(transcript.utterances)
    ]
    return {
        "id": transcript.id,
        "engagementId": transcript.call_id,
        "transcriptSource": "INTEGRATOR_GENERATED",
        "utterances": utterances,
        "transcriptUtterances": utterances,
        "createdAt": iso(transcript.created_at),
    }, 200


def delete_transcript(call: ApiCall, transcript_id: str) -> Answer:
    """Take the words away."""
    transcript = call.portal.transcripts.pop(transcript_id, None)
    if transcript is None:
        raise refuse(404, "OBJECT_NOT_FOUND", f"No transcript {transcript_id}")
    others = [
        one.id for one in call.portal.transcripts.values() if one.call_id == transcript.call_id
    ]
    _tell(call, transcript.call_id, others[-1] if others else "")
    return None, 204


def mark_ready(call: ApiCall) -> Answer:
    """A recording can be fetched from the app."""
    call_id = str(call.body.get("engagementId") or "")
    if call_id not in call.portal.calls.records:
        raise refuse(404, "OBJECT_NOT_FOUND", f"No call {call_id}")
    call.world.hubspot.ready_recordings.append(call_id)
    return None, 204


def write_recording_settings(call: ApiCall, app_id: str) -> Answer:
    """Set where recordings are fetched; the address holds `%s` for the external id."""
    url = str(call.body.get("urlToRetrieveAuthedRecording") or "")
    if "%s" not in url:
        raise refuse(400, "VALIDATION_ERROR", "urlToRetrieveAuthedRecording must contain %s")
    call.world.hubspot.app.recording_url = url
    return read_recording_settings(call, app_id)


def read_recording_settings(call: ApiCall, app_id: str) -> Answer:
    """Where recordings are fetched."""
    return {"urlToRetrieveAuthedRecording": call.world.hubspot.app.recording_url}, 200


def complete(call: ApiCall, callback_id: str) -> Answer:
    """Let a waiting workflow action go on; 404 where nobody waits."""
    outputs = _final_outputs(call, callback_id, call.body)
    executions = call.world.hubspot.executions
    if why := executions.why_refused(callback_id):
        executions.refuse(callback_id, call.portal.id, why)
        raise refuse(404, "OBJECT_NOT_FOUND", f"No waiting execution {callback_id}: {why}")
    executions.complete(callback_id, call.portal.id, outputs)
    return None, 204


def complete_batch(call: ApiCall) -> Answer:
    """Let several go on. Those nobody waits for are passed over, or spoil the batch: a switch."""
    executions = call.world.hubspot.executions
    inputs = [(str(item.get("callbackId") or ""), item) for item in call.inputs()]
    outputs = {name: _final_outputs(call, name, item) for name, item in inputs}
    refused = {name: why for name in outputs if (why := executions.why_refused(name))}
    for name, why in refused.items():
        executions.refuse(name, call.portal.id, why)
    if refused and call.world.switches["late_callback_spoils_batch"]:
        message = f"No waiting executions: {', '.join(refused)}"
        raise refuse(400, "VALIDATION_ERROR", message)
    for name, given in outputs.items():
        if name not in refused:
            executions.complete(name, call.portal.id, given)
    return None, 204


def _final_outputs(call: ApiCall, callback_id: str, body: dict[str, Any]) -> dict[str, Any]:
    outputs = body.get("outputFields")
    if not callback_id or not isinstance(outputs, dict):
        raise refuse(400, "VALIDATION_ERROR", "callbackId and outputFields are required")
    if call.version != "v3" and "typedOutputs" not in body:
        raise refuse(400, "VALIDATION_ERROR", "typedOutputs is required")
    state = outputs.get("hs_execution_state")
    if state not in FINAL_STATES:
        raise refuse(400, "VALIDATION_ERROR", f"{state} is not a final execution state")
    return outputs
