"""A machine whose clock is wrong is told of; work goes on, since leases run on the database's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Engine

from store.clock import LARGEST_SKEW_SECONDS, measure_skew

log = structlog.get_logger(__name__)


def tell_skew(database: Engine, clock: Callable[[], datetime]) -> None:
    """Log by how much ``clock`` differs from the database's, if it does by more than 30 seconds."""
    skew = measure_skew(database, clock)
    if abs(skew) > LARGEST_SKEW_SECONDS:
        log.warning("clock_is_wrong", seconds_ahead=round(skew))
