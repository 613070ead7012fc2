"""What every step of working on a portal's requests is given, and how a step is put off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import RowMapping

from clients.zoom import Zoom
from engine.registration_outcomes import describe
from jobs.slices import Turn
from schemas.tenant_settings import Settings
from store.database import writing
from store.registration_requests import Settled, put_back, settle_requests

MAX_ATTEMPTS = 12
GIVE_UP_AFTER = timedelta(hours=12)
LONGEST_PAUSE = 300.0
TOO_LONG = "Zoom or HubSpot could not be reached for a long time"

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class RequestWork(Turn):
    """One turn at one portal's requests, under its lease."""

    portal_id: str
    settings: Settings

    @property
    def now(self) -> datetime:
        """The present."""
        return self.runtime.clock()

    def zoom(self, account_id: str) -> Zoom:
        """The account's client. Raises ReconnectNeeded."""
        return self.runtime.platforms.zoom(self.portal_id, account_id, "live")

    def settle(self, rows: Sequence[RowMapping], outcome: str, detail: str = "") -> None:
        """Give these the same outcome, with nothing registered."""
        settled = [Settled(row["id"], outcome, describe(outcome, detail)) for row in rows]
        with writing(self.runtime.database) as connection:
            settle_requests(connection, settled, self.now)
        if settled:
            log.info("requests_settled", portal=self.portal_id, outcome=outcome, count=len(settled))

    def try_later(
        self,
        rows: Sequence[RowMapping],
        why: str,
        retry_after: float | None = None,
        *,
        in_doubt: bool,
        counts: bool = True,
        was_sent: bool = True,
        alone: bool = False,
    ) -> None:
        """Try these again after a pause that grows with their attempts; give up in the end."""
        kept: dict[float, list[int]] = {}
        lost = []
        for row in rows:
            if counts and row["attempts"] + 1 >= MAX_ATTEMPTS:
                lost.append(row)
                continue
            pause = retry_after
            if pause is None:
                pause = min(2.0 ** row["attempts"], LONGEST_PAUSE)
            kept.setdefault(pause, []).append(row["id"])
        with writing(self.runtime.database) as connection:
            for pause, pks in kept.items():
                put_back(
                    connection,
                    pks,
                    self.now + timedelta(seconds=pause),
                    in_doubt=in_doubt,
                    counts=counts,
                    was_sent=was_sent,
                    alone=alone,
                )
        log.warning("requests_put_back", portal=self.portal_id, count=len(rows), why=why)
        self.settle(lost, "failed", TOO_LONG)
