"""What every job is given: connections, clients, the guard, timing; made once per work-horse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from clients.alerts import AlertDoor
from clients.hubspot import HubSpot
from clients.zoom import Zoom
from jobs.guard import Guard
from oauth.access import Access
from oauth.disconnecting import disconnect_portal, disconnect_zoom
from plugins.registry import Registry
from schemas.recording_links import RecordingLinks
from store.runs import Pool
from store.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Timing:
    """When things happen by themselves; see the environment's ``ROLLCALL_*`` of the same names."""

    reconcile_after: tuple[timedelta, ...]
    confirm_after: timedelta
    coalesce: timedelta


class Platforms:
    """The clients of one job: one per portal or Zoom account and pool, made when first needed."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._hubspots: dict[tuple[str, Pool], HubSpot] = {}
        self._zooms: dict[tuple[str, str, Pool], Zoom] = {}

    def hubspot(self, portal_id: str, pool: Pool) -> HubSpot:
        """The portal's client. Raises ReconnectNeeded when the portal is not connected."""
        key = (portal_id, pool)
        if key not in self._hubspots:
            self._hubspots[key] = self._access.hubspot(portal_id, pool)
        return self._hubspots[key]

    def zoom(self, portal_id: str, account_id: str, pool: Pool) -> Zoom:
        """The account's client as this portal may use it. Raises ReconnectNeeded likewise."""
        key = (portal_id, account_id, pool)
        if key not in self._zooms:
            self._zooms[key] = self._access.zoom(portal_id, account_id, pool)
        return self._zooms[key]

    def disconnect_portal(self, portal_id: str) -> None:
        """Uninstall Rollcall from the portal and have its data erased."""
        disconnect_portal(self._access, portal_id)

    def disconnect_zoom(self, portal_id: str, account_id: str) -> None:
        """Take a Zoom account from the portal and have its data erased there."""
        disconnect_zoom(self._access, portal_id, account_id)

    def take_permit(self, portal_id: str, pool: Pool) -> None:
        """Wait for room for one HubSpot call. Raises BudgetExhausted, NotAnswering."""
        self.hubspot(portal_id, pool).take_permit()

    def try_permit(self, portal_id: str, pool: Pool) -> bool:
        """Take the permit of one more HubSpot call if there is room for it at this moment."""
        return self.hubspot(portal_id, pool).try_permit()


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything a job works with. ``app_events`` maps our event types to approved type names.

    ``alerts`` is None where nobody wants to be told. ``call`` wakes so many workers of a pool.
    """

    database: Engine
    sealer: Sealer
    registry: Registry
    guard: Guard
    platforms: Platforms
    timing: Timing
    app_events: Mapping[str, str]
    links: RecordingLinks
    owner: str
    clock: Callable[[], datetime]
    alerts: AlertDoor | None = None
    call: Callable[[Pool, int], None] = lambda pool, workers: None


RuntimeFactory = Callable[[], AbstractContextManager[Runtime]]

_factory: list[RuntimeFactory] = []


def set_runtime_factory(factory: RuntimeFactory) -> None:
    """Say how jobs of this process and of its forks get their runtime; a worker does so once."""
    _factory[:] = [factory]


@contextmanager
def runtime_of_this_process() -> Iterator[Runtime]:
    """A runtime made as the worker said, closed at the end of the job."""
    if not _factory:
        raise RuntimeError("jobs run in a worker started by `./run worker` or `./run serve`")
    with _factory[0]() as runtime:
        yield runtime
