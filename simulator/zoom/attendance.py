"""The rows a reader of the attendance report meets: not yet, half-made, or all of them."""

from __future__ import annotations

from simulator.zoom import paging
from simulator.zoom.calls import ZoomCall
from simulator.zoom.errors import no_such_session
from simulator.zoom.model import Instance, ParticipantRow


def readable_rows(call: ZoomCall, instance: Instance) -> tuple[list[ParticipantRow], bool]:
    """The rows and whether their durations are known; raises 404 / 3001 before they exist.

    Each read of a first page moves the instance's script one step on.
    """
    state = report_state(instance)
    if paging.is_first_page(call):
        move_on(instance)
    if state == "not_ready":
        raise no_such_session(instance.uuid)
    kept = len(instance.rows) - instance.dropped_rows
    return instance.rows[: max(kept, 0)] if instance.dropped_rows else instance.rows, (
        state == "full"
    )


def move_on(instance: Instance) -> None:
    """Somebody has read the report: the next read meets what the script says next."""
    if len(instance.report_script) > 1:
        instance.report_script.pop(0)


def report_state(instance: Instance) -> str:
    """What the next reader meets; a session that is still on, or a rehearsal, has no report."""
    if instance.end_time is None or instance.is_practice:
        return "not_ready"
    return instance.report_script[0]
