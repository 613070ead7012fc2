"""What all schemas of foreign JSON share: lenient fields, values out, rows that cannot sink a page.

Vendors add fields at will, send ids as numbers or text, and leave optional things out, null or
empty. So unknown fields are ignored, and an absent, null or empty value becomes the field's
default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, post_load

T = TypeVar("T")

_ADDRESS = re.compile(r"[^\s@<>\"'(),;:\[\]=]+@[^\s@<>\"'(),;:\[\]]+")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a vendor's list.

    ``total_records`` is the vendor's own count of the whole list, None when it gives none.
    ``next_token`` is "" on the last page. ``unreadable`` counts the rows that could not be read;
    ``reason`` says why the first of them could not, without any personal data.
    """

    rows: tuple[T, ...]
    total_records: int | None = None
    next_token: str = ""
    unreadable: int = 0
    reason: str = ""


class _Lenient(fields.Field[Any]):
    """A field for which null and "" mean absent."""

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        is_absent = value is missing or value is None or value == ""
        if is_absent or self.validators or self.pre_load or self.post_load:
            return super().deserialize(missing if is_absent else value, *args, **kwargs)
        # The same without its ceremonies, which cost as much as reading most values does.
        return self._deserialize(value, *(args or (None, None)), **kwargs)


class Text(_Lenient):
    """Text without surrounding blanks; a number becomes its digits. "" when absent."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("required"):
            kwargs.setdefault("load_default", "")
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if type(value) is not str:
            if isinstance(value, bool) or not isinstance(value, (str, int, float)):
                raise ValidationError("Not text.")
            value = str(value)
        return keepable(value).strip()


class Address(Text):
    """An e-mail address, lower-cased."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return super()._deserialize(value, attr, data, **kwargs).lower()


class Whole(_Lenient):
    """A whole number, also when sent as text. 0 when absent, unless another default is given."""

    def __init__(self, *, times: int = 1, **kwargs: Any) -> None:
        if not kwargs.get("required"):
            kwargs.setdefault("load_default", 0)
        super().__init__(**kwargs)
        self.times = times

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        try:
            return (
                int(float(value)) * self.times
                if isinstance(value, float)
                else int(value) * self.times
            )
        except (TypeError, ValueError, OverflowError) as error:
            raise ValidationError("Not a whole number.") from error


class Flag(_Lenient):
    """True or False, also when sent as text. False when absent."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("load_default", False)
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes")


class Moment(_Lenient):
    """A moment as aware UTC, from ISO 8601 text or from epoch milliseconds. None when absent."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("required"):
            kwargs.setdefault("load_default", None)
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            if isinstance(value, str) and not value.isdigit():
                moment = datetime.fromisoformat(value.strip())
            else:
                moment = datetime.fromtimestamp(int(value) / 1000, UTC)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (TypeError, ValueError, OverflowError, OSError) as error:
            raise ValidationError("Not a moment.") from error


class ValueSchema(Schema):
    """Loads into the frozen dataclass named by ``value``; a plain dict when that is None."""

    value: type[Any] | None = None

    class Meta:
        unknown = EXCLUDE

    def build(self, loaded: dict[str, Any]) -> Any:
        """The value the loaded fields make."""
        return loaded if self.value is None else self.value(**loaded)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: Any) -> Any:
        return self.build(loaded)

    def read(self, row: Any) -> Any:
        """As ``load``, for the many rows of a list: no more is done than its fields ask for.

        Raises ValidationError, with every complaint.
        """
        if not isinstance(row, dict):
            return self.load(row)
        loaded: dict[str, Any] = {}
        try:
            for name, field in self.load_fields.items():
                key = field.data_key or name
                value = field.deserialize(row.get(key, missing), key, row)
                if value is not missing:
                    loaded[name] = value
        except ValidationError:
            return self.load(row)
        return self.build(loaded)


class Inner(fields.Nested):
    """A nested object; null counts as absent."""

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return super().deserialize(missing if value is None else value, *args, **kwargs)


class Rows(fields.Field[Any]):
    """A nested list of values; null counts as empty, an unreadable entry is left out."""

    def __init__(self, schema: ValueSchema, **kwargs: Any) -> None:
        super().__init__(load_default=(), allow_none=True, **kwargs)
        self.schema = schema

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if value is missing or not isinstance(value, list):
            return ()
        return read_rows(self.schema, value).rows


def read_rows(
    schema: ValueSchema, rows: Any, *, total_records: int | None = None, next_token: str = ""
) -> Page[Any]:
    """Return the readable rows as a page that counts the unreadable ones."""
    read: list[Any] = []
    unreadable, reason = 0, ""
    for row in rows if isinstance(rows, list) else ():
        try:
            read.append(schema.read(row))
        except ValidationError as error:
            unreadable += 1
            reason = reason or describe_fault(error)
    return Page(tuple(read), total_records, next_token, unreadable, reason)


def describe_fault(error: ValidationError) -> str:
    """Return what a row lacked, as ``field: complaint`` pairs; never the values themselves."""
    messages = error.messages if isinstance(error.messages, Mapping) else {"row": error.messages}
    parts = []
    for name, complaint in sorted(messages.items(), key=lambda pair: str(pair[0])):
        first = complaint[0] if isinstance(complaint, list) and complaint else "unreadable"
        parts.append(f"{name}: {first}")
    return "; ".join(parts)


def without_addresses(text: Any, limit: int = 500) -> str:
    """Return a vendor's message fit for logs: e-mail addresses blanked, length capped."""
    return _ADDRESS.sub("(address)", str(text or ""))[:limit]


def keepable(text: str) -> str:
    """Return the text as every database takes it: no zero bytes, no halves of characters.

    Half a character is what a vendor leaves of an emoji when it cuts a name off.
    """
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def as_object(body: Any) -> dict[str, Any]:
    """Return the body when it is a JSON object, otherwise an empty one."""
    return body if isinstance(body, dict) else {}


def iso(moment: datetime) -> str:
    """Return ISO 8601 in UTC with milliseconds and ``Z``. Raises ValueError for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_ms(moment: datetime) -> int:
    """Return epoch milliseconds. Raises ValueError for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return round(moment.timestamp() * 1000)


def texts(values: Iterable[Any]) -> tuple[str, ...]:
    """Return the values as text, leaving out null and empty ones."""
    return tuple(keepable(str(value)) for value in values if value not in (None, ""))
