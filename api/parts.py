"""What the API is handed when it is put together, and how a route gets at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from flask import current_app
from sqlalchemy import Engine

from clients.breaker import Outage
from clients.policy import Platform
from plugins.registry import Registry
from schemas.plugin_forms import PluginForm
from store.runs import Pool
from store.sealing import Sealer

EXTENSION = "rollcall_api"


@dataclass(frozen=True, slots=True)
class ApiParts:
    """The API's needs, given by the composition root.

    ``ring`` wakes the workers of a pool. ``public_url`` is the address the world calls us by, which
    HubSpot signs. ``disconnect_portal(portal_id)`` and ``disconnect_zoom(portal_id, account_id)``
    disconnect and erase. ``console_link(portal_id, user_id)`` gives a URL that signs in once and is
    good for 60 s. ``outage(platform, account)`` says since when an account does not answer,
    ``pause(platform, account)`` for how many seconds more it asked to be left alone.
    """

    engine: Engine
    sealer: Sealer
    registry: Registry
    hubspot_secret: str = field(repr=False)
    public_url: str
    reconcile_after: Sequence[timedelta]
    clock: Callable[[], datetime]
    ring: Callable[[Pool], None]
    disconnect_portal: Callable[[str], None]
    disconnect_zoom: Callable[[str, str], None]
    console_link: Callable[[str, str], str]
    outage: Callable[[Platform, str], Outage | None]
    pause: Callable[[Platform, str], float] = field(default=lambda _platform, _account: 0.0)

    def plugin_forms(self) -> dict[str, PluginForm]:
        """How the settings of each loaded plugin are checked."""
        return {plugin.name: PluginForm.of(plugin.description) for plugin in self.registry.plugins}


def parts() -> ApiParts:
    """The parts of the application that serves this request."""
    return cast(ApiParts, current_app.extensions[EXTENSION])
