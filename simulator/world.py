"""Everything the simulator remembers, in one place and under one lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from simulator.faults import Faults
from simulator.hubspot import HubspotState
from simulator.journal import Journal
from simulator.limits import Limits
from simulator.zoom import ZoomState

DEFAULT_BASE_URL = "http://127.0.0.1:8100"

DEFAULT_SWITCHES: Mapping[str, object] = {
    "archived_read_resolves_email": True,
    "archived_read_resolves_secondary": False,
    "attendance_batch_limit": 100,
    "batch_upsert_stores_marketing_events": False,
    "cancelled_marketing_events_stay_so": False,
    "calls_tell_of_transcripts": True,
    "late_callback_spoils_batch": False,
    "participation_lag_seconds": 0.0,
    "pkce_required": False,
    "rotate_refresh_tokens": False,
    "search_lag_seconds": 0.0,
    "single_get_follows_merge": True,
    "merge_makes_new_id": True,
    "workflow_v3_signature": True,
}
"""Behaviour nobody has proved, or timing that varies; each value is one way it may be."""


@dataclass(slots=True)
class Apps:
    """The app as both platforms know it; a value can be set by its name in upper case."""

    hubspot_client_id: str = "sim-hubspot-app"
    hubspot_client_secret: str = "sim-hubspot-secret"
    hubspot_app_id: str = "1001"
    hubspot_redirect_uris: str = ""
    hubspot_required_scopes: str = "oauth"
    zoom_client_id: str = "sim-zoom-app"
    zoom_client_secret: str = "sim-zoom-secret"
    zoom_webhook_secret: str = "sim-zoom-webhook-secret"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Apps:
        """The defaults, overridden by variables such as HUBSPOT_CLIENT_ID."""
        names = [item.name for item in fields(cls)]
        return cls(
            **{name: environment[name.upper()] for name in names if environment.get(name.upper())}
        )


class World:
    """State of both platforms and of the machinery around them.

    `clock` gives the present as an aware UTC datetime. `lock` guards `hubspot` and `zoom`; routes
    hold it while they read or change state, never while they sleep or send. `tenants_by_token`
    maps a bearer token to its portal id or account id: a platform enters each access token it
    issues, so that faults and the journal know the caller. `closing` is set when the simulator
    stops; background threads are daemons that watch it.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        clock: Callable[[], datetime] | None = None,
        apps: Apps | None = None,
    ) -> None:
        self.base_url = base_url
        self.clock = clock or (lambda: datetime.now(UTC))
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self.apps = apps or Apps()
        self.journal = Journal()
        self.faults = Faults()
        self._start_empty()

    def _start_empty(self) -> None:
        self.limits = Limits()
        self.switches: dict[str, object] = dict(DEFAULT_SWITCHES)
        self.tenants_by_token: dict[str, str] = {}
        self.hubspot = HubspotState(self)
        self.zoom = ZoomState(self)

    def reset(self) -> None:
        """Empty both platforms, the journal and the faults; limits and switches go to defaults."""
        with self.lock:
            self.journal.clear()
            self.faults.clear()
            self.hubspot.webhooks.close()
            self._start_empty()
