"""What the demo tells of recordings: the call record, whom it is joined to, the transcript."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from commands.trial import Simulated


def show_recordings(screen: Console, simulated: Simulated, portal_id: str) -> None:
    """Print each call record that holds a recording."""
    for call in _call_records(simulated, portal_id):
        words = len(call["transcript"] or ())
        transcript = f"a transcript of {words} utterances" if words else "no transcript"
        screen.print(
            f"  call record       “{call['properties']['hs_call_title']}”: "
            f"{len(call['contacts'])} contacts, {transcript}",
            markup=False,
        )


def find_missing_recordings(
    simulated: Simulated, portal_id: str, played: dict[str, Any]
) -> list[str]:
    """What HubSpot lacks of the webinar's recording, a sentence each."""
    calls = _call_records(simulated, portal_id)
    if len(calls) != 1:
        return [f"the recording should have one call record, it has {len(calls)}", "its transcript"]
    (call,) = calls
    faults = []
    attended = played["expected"]["attended"]
    if "/rec/share/" not in call["properties"].get("hs_call_body", ""):
        faults.append("the call record has no link to the recording")
    if len(call["contacts"]) != attended:
        faults.append(
            f"the call record should be joined to the {attended} contacts who came, "
            f"it is to {len(call['contacts'])}"
        )
    if not call["transcript"]:
        faults.append("the call record has no transcript")
    return faults


def _call_records(simulated: Simulated, portal_id: str) -> list[dict[str, Any]]:
    answer = simulated.call("GET", f"/hubspot/portals/{portal_id}/calls")
    return [call for call in answer["results"] if not call["archived"]]
