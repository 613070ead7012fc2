"""Values in a form and back: what its fields show, and what was meant by what a browser sends."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas.forms import ABSENT, FormField

Sent = Mapping[str, Sequence[str]]
"""What a browser sends: texts by the name of the field."""

LONGEST_LIST = 100
"""Rows a page has room for; what is longer is entered as JSON."""
REMOVE = "!remove"
"""Ends the name of the box that takes a row away."""
KNOWN = "!rows"
"""Ends the name of the field that says how many rows were there before."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A field with its value. ``name`` is the page's, ``path`` where complaints are filed.

    ``text`` is what a field of one value holds, ``chosen`` what is ticked. ``rows`` are those of a
    list, the last an empty one to fill in; a group has one.
    """

    field: FormField
    name: str
    path: str
    text: str = ""
    chosen: tuple[str, ...] = ()
    rows: tuple[tuple[Shown, ...], ...] = ()


def lay_out(
    fields: Sequence[FormField], values: Mapping[str, Any], name: str = "f", path: str = ""
) -> tuple[Shown, ...]:
    """The fields with these values, defaults where there is none."""
    return tuple(
        _show(one, values.get(one.key, ABSENT), f"{name}.{one.key}", _within(path, one.key))
        for one in fields
    )


def _within(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _show(one: FormField, given: Any, name: str, path: str) -> Shown:
    value = one.default if given is ABSENT else given
    value = None if value is ABSENT else value
    if one.kind == "checkbox":
        return Shown(one, name, path, chosen=("on",) if _is_true(value) else ())
    if one.kind in ("choice", "choices"):
        values = [value] if one.kind == "choice" else _as_list(value)
        return Shown(one, name, path, chosen=tuple(_text(each) for each in values))
    if one.kind == "lines":
        return Shown(one, name, path, text="\n".join(_text(each) for each in _as_list(value)))
    if one.kind == "json":
        return Shown(one, name, path, text="" if value is None else _json_text(value))
    if one.kind in ("rows", "pairs") and _is_too_long(value):
        whole = replace(one, kind="json", hint=f"{one.hint} Entered as JSON.".strip())
        return Shown(whole, name, path, text=_json_text(value))
    if one.kind in ("group", "tuple", "rows", "pairs"):
        return Shown(one, name, path, rows=_ROWS[one.kind](one, value, name, path))
    return Shown(one, name, path, text=_text(value))


def _is_too_long(value: Any) -> bool:
    return isinstance(value, (list, Mapping)) and len(value) > LONGEST_LIST


def _group_rows(one: FormField, value: Any, name: str, path: str) -> tuple[tuple[Shown, ...], ...]:
    inner = value if isinstance(value, Mapping) else {}
    return (lay_out(one.fields, inner, name, path),)


def _tuple_rows(one: FormField, value: Any, name: str, path: str) -> tuple[tuple[Shown, ...], ...]:
    parts = {str(place): each for place, each in enumerate(_as_list(value))}
    return (lay_out(one.fields, parts, name, path),)


def _list_rows(one: FormField, value: Any, name: str, path: str) -> tuple[tuple[Shown, ...], ...]:
    (element,) = one.fields
    values = [*_as_list(value), ABSENT]
    return tuple(
        (_show(element, each, f"{name}.{place}", f"{path}.{place}"),)
        for place, each in enumerate(values)
    )


def _pair_rows(one: FormField, value: Any, name: str, path: str) -> tuple[tuple[Shown, ...], ...]:
    key_field, value_field = one.fields
    pairs = list(value.items()) if isinstance(value, Mapping) else []
    return tuple(
        (
            _show(key_field, key, f"{name}.{place}.key", f"{path}.{key}.key"),
            _show(value_field, each, f"{name}.{place}.value", f"{path}.{key}.value"),
        )
        for place, (key, each) in enumerate([*pairs, (ABSENT, ABSENT)])
    )


_ROWS: Mapping[str, Callable[[FormField, Any, str, str], tuple[tuple[Shown, ...], ...]]] = {
    "group": _group_rows,
    "tuple": _tuple_rows,
    "rows": _list_rows,
    "pairs": _pair_rows,
}


def _as_list(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _text(value: Any) -> str:
    if value is None or value is ABSENT:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _json_text(value: Any) -> str:
    """JSON; what was entered and is none stays as it was entered."""
    if isinstance(value, str) and _parse(value) is ABSENT:
        return value
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _is_true(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in ("true", "on", "yes", "1")


# --- back ---------------------------------------------------------------------------------------


def read_form(fields: Sequence[FormField], sent: Sent, name: str = "f") -> dict[str, Any]:
    """What was meant, as JSON values for the schema; fields left empty are not in it.

    Text that is not what a field takes is kept as it is, for the schema to complain of.
    """
    read = {one.key: _read(one, sent, f"{name}.{one.key}") for one in fields}
    return {key: value for key, value in read.items() if value is not ABSENT}


def _read(one: FormField, sent: Sent, name: str) -> Any:
    if one.kind == "checkbox":
        return bool(sent.get(name))
    if one.kind == "choices":
        return _or_empty(one, [_chosen(one, text) for text in sent.get(name, ()) if text])
    if one.kind == "lines":
        texts = [line.strip() for line in _first(sent, name).splitlines() if line.strip()]
        return _or_empty(one, [_cast(one.fields[0], text) for text in texts])
    if one.kind in ("rows", "pairs") and name in sent:
        return _cast(replace(one, kind="json"), _first(sent, name))
    if one.kind == "rows":
        return _or_empty(one, [values[0] for values in _read_rows(one, sent, name)])
    if one.kind == "pairs":
        pairs = list(_read_rows(one, sent, name))
        return _or_empty(one, {_text(key): (None if v is ABSENT else v) for key, v in pairs})
    if one.kind in ("group", "tuple"):
        return _read_group(one, sent, name)
    text = _first(sent, name)
    if not text.strip():
        return _read_empty(one)
    return _chosen(one, text) if one.kind == "choice" else _cast(one, text)


def _read_empty(one: FormField) -> Any:
    """What an empty field means: nothing where that is a value, else that nobody said."""
    if one.is_nullable:
        return None
    return ABSENT if one.default is ABSENT else ""


def _or_empty(one: FormField, values: Any) -> Any:
    """A list as it is; an empty one only where that says something."""
    if values or one.is_required or one.default not in (ABSENT, None):
        return values
    return None if one.is_nullable else ABSENT


def _read_group(one: FormField, sent: Sent, name: str) -> Any:
    values: Any = read_form(one.fields, sent, name)
    is_untouched = values == _untouched(one.fields)
    if is_untouched and not one.is_required and one.default in (ABSENT, None):
        return None if one.is_nullable else ABSENT
    if one.kind == "tuple":
        return [values.get(part.key) for part in one.fields]
    return values


def _read_rows(one: FormField, sent: Sent, name: str) -> Iterator[list[Any]]:
    """The rows that were not taken away; of those beyond the ones known, the filled in ones."""
    known = _first(sent, f"{name}{KNOWN}")
    before = int(known) if known.isascii() and known.isdigit() and len(known) < 6 else 0
    untouched = _untouched(one.fields)
    before = min(before, LONGEST_LIST)
    for place in range(before + 1):
        where = f"{name}.{place}" if one.kind == "pairs" else name
        parts = one.fields if one.kind == "pairs" else (replace(one.fields[0], key=str(place)),)
        read = read_form(parts, sent, where)
        values = [read.get(part.key, ABSENT) for part in parts]
        was_there = place < before and not sent.get(f"{name}.{place}{REMOVE}")
        is_new = place == before and values != [untouched.get(p.key, ABSENT) for p in one.fields]
        if was_there or is_new:
            yield [None if value is ABSENT else value for value in values]


def _untouched(fields: Sequence[FormField]) -> dict[str, Any]:
    """What is read of the fields when nobody touched them."""
    return read_form(fields, sent_by(lay_out(fields, {})))


def sent_by(shown: Sequence[Shown]) -> dict[str, list[str]]:
    """What a browser sends of fields as they are shown."""
    sent: dict[str, list[str]] = {}
    for one in shown:
        if one.rows:
            sent[f"{one.name}{KNOWN}"] = [str(len(one.rows) - 1)]
            for row in one.rows:
                sent |= sent_by(row)
        elif one.chosen or one.field.kind in ("checkbox", "choices"):
            sent[one.name] = list(one.chosen)
        else:
            sent[one.name] = [one.text]
    return sent


def _chosen(one: FormField, text: str) -> Any:
    return next((option.value for option in one.options if option.text == text), text)


def _cast(one: FormField, text: str) -> Any:
    if one.kind in ("integer", "number"):
        number = _parse(text.strip())
        is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
        is_finite = is_number and math.isfinite(number)
        is_fit = is_finite and (one.kind == "number" or isinstance(number, int))
        return number if is_fit else text.strip()
    if one.kind == "json":
        value = _parse(text)
        return text if value is ABSENT else value
    return text.strip() if one.kind in ("email", "url") else text.replace("\r\n", "\n")


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return ABSENT


def _first(sent: Sent, name: str) -> str:
    texts = sent.get(name, ())
    return texts[0] if texts else ""
