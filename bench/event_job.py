"""The usual way to work off webhooks: a job an event, which reads its row, merges it and closes it.

SimpleWorker runs it in its own process, so neither a fork nor a connection is paid for a job.
"""

from __future__ import annotations

from sqlalchemy import select

from jobs.merging import merge_delivery
from jobs.runtime import Runtime
from store.database import reading, writing
from store.inbox_work import close_deliveries
from store.tables import inbox

RUNTIME: list[Runtime] = []
"""What the jobs of this process work with."""


def work_off(delivery_pk: int) -> None:
    """Merge one delivery, as Rollcall merges one that comes alone."""
    (runtime,) = RUNTIME
    with reading(runtime.database) as connection:
        found = connection.execute(select(inbox).where(inbox.c.id == delivery_pk))
        row = found.mappings().one()
    state = merge_delivery(runtime, row, runtime.clock())
    with writing(runtime.database) as connection:
        close_deliveries(connection, [delivery_pk], state=state)
