"""Records of one object type in one portal: write, archive, search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from simulator.hubspot.models import HistoryEntry, Record
from simulator.hubspot.properties import LIFECYCLE_ORDER
from simulator.hubspot.wire import iso


class RecordStore:
    """Every record of one type, by id, with its history; `writes` counts what the app wrote."""

    def __init__(
        self, clock: Callable[[], datetime], next_id: Callable[[], str], modified_property: str
    ) -> None:
        self._clock = clock
        self._next_id = next_id
        self._modified_property = modified_property
        self.records: dict[str, Record] = {}
        self.writes: Counter[str] = Counter()

    def live(self) -> list[Record]:
        """Records an ordinary read finds, oldest first."""
        return [record for record in self.records.values() if record.is_live]

    def archived(self) -> list[Record]:
        """Deleted records that could still be restored."""
        return [record for record in self.records.values() if record.archived_at is not None]

    def add(self, values: Mapping[str, str], source: str) -> Record:
        """A new record with these values."""
        record = self._new(values, source)
        self._count("created", source)
        return record

    def _new(self, values: Mapping[str, str], source: str) -> Record:
        now = self._clock()
        record = Record(self._next_id(), {}, created_at=now, updated_at=now)
        record.properties["hs_object_id"] = record.id
        created = "createdate" if self._modified_property == "lastmodifieddate" else "hs_createdate"
        record.properties[created] = iso(now)
        record.properties[self._modified_property] = iso(now)
        self.records[record.id] = record
        record.history.append(HistoryEntry(now, "state", "created", None, source))
        self._apply(record, values, now, source)
        return record

    def _count(self, what: str, source: str) -> None:
        if source == "INTEGRATION":
            self.writes[what] += 1

    def change(
        self, record: Record, values: Mapping[str, str], source: str, lag_seconds: float
    ) -> bool:
        """Write values; True when anything became visibly different."""
        now = self._clock()
        self.refresh_index(record, now, lag_seconds)
        changed = self._apply(record, values, now, source)
        self._count("updated" if changed else "unchanged", source)
        if changed:
            record.updated_at = now
            record.properties[self._modified_property] = iso(now)
        return changed

    def _apply(self, record: Record, values: Mapping[str, str], now: datetime, source: str) -> bool:
        changed = False
        for name, value in values.items():
            before = record.properties.get(name, "")
            value = _next_value(name, before, value)
            if value == before:
                continue
            changed = True
            if value:
                record.properties[name] = value
            else:
                record.properties.pop(name, None)
            record.history.append(HistoryEntry(now, "property", name, value, source))
        return changed

    def archive(self, record: Record, source: str) -> None:
        """Delete a record so that it can be restored."""
        record.archived_at = self._clock()
        record.history.append(HistoryEntry(record.archived_at, "state", "archived", None, source))
        self._count("archived", source)

    def refresh_index(self, record: Record, now: datetime, lag_seconds: float) -> None:
        """Let search see the record as it is, if its last change is older than the lag."""
        if record.updated_at <= now - timedelta(seconds=lag_seconds):
            record.indexed = dict(record.properties)

    def indexed(self, lag_seconds: float) -> Iterable[tuple[Record, dict[str, str]]]:
        """Live records with the values search knows of them."""
        now = self._clock()
        for record in self.live():
            self.refresh_index(record, now, lag_seconds)
            if record.indexed is not None:
                yield record, record.indexed


def _next_value(name: str, before: str, value: str) -> str:
    """What is stored: `;a` appends to a multiple choice, a lifecycle stage never goes back."""
    if name == "lifecyclestage" and before in LIFECYCLE_ORDER and value in LIFECYCLE_ORDER:
        return max(before, value, key=LIFECYCLE_ORDER.index)
    if value.startswith(";") and name not in ("hs_call_body", "hs_call_title"):
        parts = [part for part in before.split(";") if part]
        return ";".join(dict.fromkeys(parts + [part for part in value.split(";") if part]))
    return value
