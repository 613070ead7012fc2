"""A form for any marshmallow schema: which fields a page needs to enter what the schema loads.

Every kind of field and every validator that says what may be entered is mapped here, once. What
cannot be mapped is entered as JSON, so there is no schema without a form.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from marshmallow import Schema, missing, validate
from marshmallow import fields as ma

Kind = Literal[
    "text",
    "email",
    "url",
    "integer",
    "number",
    "date",
    "time",
    "datetime",
    "checkbox",
    "choice",
    "choices",
    "lines",
    "rows",
    "pairs",
    "group",
    "tuple",
    "json",
]
"""How a value is entered.

``choice`` is one of several, ``choices`` any of several, ``lines`` one value a line. ``rows`` are
values of the one field they have; ``pairs`` are rows of a key and a value; ``group`` and ``tuple``
hold their fields once, by name and by place.
"""

DEEPEST = 4
"""Schemas within schemas are shown so deep; what lies deeper is entered as JSON."""
ABSENT: Any = missing


@dataclass(frozen=True, slots=True)
class FormOption:
    """A value to choose: as JSON, as the page sends it, and its label."""

    value: Any
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a page. ``default`` is ABSENT where leaving the field empty sends nothing.

    ``limits`` are attributes for the page's field (`min`, `maxlength` ...), as text.
    """

    key: str
    kind: Kind
    label: str
    hint: str = ""
    is_required: bool = False
    is_nullable: bool = False
    default: Any = ABSENT
    options: tuple[FormOption, ...] = ()
    limits: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fields: tuple[FormField, ...] = ()

    @property
    def may_be_empty(self) -> bool:
        """Whether nothing at all can be meant by it, so a choice has to offer that too."""
        return self.is_nullable or self.default is ABSENT or self.default is None


@dataclass(frozen=True, slots=True)
class _Shape:
    kind: Kind
    options: tuple[FormOption, ...] = ()
    fields: tuple[FormField, ...] = ()


_ISO = (None, "iso", "iso8601")
_EMPTY: Mapping[str, Any] = MappingProxyType({})

# The first that fits: classes before those they are made from.
_SIMPLE: tuple[tuple[type[ma.Field[Any]], Kind], ...] = (
    (ma.Email, "email"),
    (ma.Url, "url"),
    (ma.String, "text"),
    (ma.UUID, "text"),
    (ma.Integer, "integer"),
    (ma.Decimal, "text"),
    (ma.Number, "number"),
    (ma.TimeDelta, "number"),
    (ma.Boolean, "checkbox"),
    (ma.Date, "date"),
    (ma.Time, "time"),
    (ma.NaiveDateTime, "datetime"),
    (ma.DateTime, "text"),
    (ma.IP, "text"),
    (ma.IPInterface, "text"),
)
_EXAMPLES: tuple[tuple[type[ma.Field[Any]], str], ...] = (
    (ma.AwareDateTime, "For example 2026-11-24T10:00:00+01:00."),
    (ma.Date, ""),
    (ma.Time, ""),
    (ma.NaiveDateTime, ""),
    (ma.DateTime, "For example 2026-11-24T10:00:00."),
)


def describe_form(
    schema: Schema | type[Schema], defaults: Mapping[str, Any] = _EMPTY, depth: int = 0
) -> tuple[FormField, ...]:
    """The fields of a page for what the schema loads, in its order.

    ``defaults`` fill in what is not sent, in place of the schema's own.
    """
    made = schema() if isinstance(schema, type) else schema
    return tuple(
        _describe(one.data_key or name, one, defaults.get(one.data_key or name, ABSENT), depth)
        for name, one in made.load_fields.items()
        if not isinstance(one, ma.Constant)
    )


def _describe(key: str, one: ma.Field[Any], default: Any = ABSENT, depth: int = 0) -> FormField:
    try:
        shape = _shape(one, depth)
    except Exception:  # the schema is a stranger's: what it does when looked at is not known
        shape = _Shape("json")
    own = _own_default(key, one) if default is ABSENT else default
    return FormField(
        key=key,
        kind=shape.kind,
        label=str(one.metadata.get("label") or one.metadata.get("title") or _spoken(key)),
        hint=" ".join(part for part in _hints(one, shape.kind) if part),
        is_required=one.required and own is ABSENT,
        is_nullable=bool(one.allow_none),
        default=own,
        options=shape.options,
        limits=MappingProxyType(_limits(one, shape.kind)),
        fields=shape.fields,
    )


def _shape(one: ma.Field[Any], depth: int) -> _Shape:
    options = _options(one)
    if options:
        return _Shape("choice", options)
    if depth > DEEPEST:
        return _Shape("json")
    if isinstance(one, ma.Nested):
        return _nested(one, depth)
    if isinstance(one, ma.List):
        return _list(one, one.inner, depth)
    if isinstance(one, ma.Tuple):
        parts = enumerate(one.tuple_fields)
        return _Shape(
            "tuple", fields=tuple(_describe(str(n), p, depth=depth + 1) for n, p in parts)
        )
    if isinstance(one, ma.Mapping):
        return _mapping(one, depth)
    kind: Kind = next((kind for type_, kind in _SIMPLE if isinstance(one, type_)), "json")
    is_iso = not isinstance(one, (ma.Date, ma.Time, ma.DateTime)) or one.format in _ISO
    if not is_iso:
        kind = "text"  # the page's own pickers send ISO 8601
    return _Shape(kind)


def _nested(one: ma.Nested, depth: int) -> _Shape:
    schema = one.schema
    if isinstance(one, ma.Pluck):
        inner = schema.fields[one.field_name]
        return _list(one, inner, depth) if one.many else _shape(inner, depth)
    group = describe_form(schema, depth=depth + 1)
    if one.many:
        return _Shape("rows", fields=(FormField("", "group", "", fields=group),))
    return _Shape("group", fields=group)


def _list(one: ma.Field[Any], inner: ma.Field[Any], depth: int) -> _Shape:
    only = [each for each in _validators(one) if isinstance(each, validate.ContainsOnly)]
    options = _options(inner) or tuple(o for each in only for o in _as_options(inner, each))
    if options:
        return _Shape("choices", options)
    element = _describe("", inner, depth=depth + 1)
    if element.kind in ("json", "rows", "pairs", "group", "tuple", "lines", "choices"):
        return _Shape("rows", fields=(element,))
    return _Shape("lines", fields=(element,))


def _mapping(one: ma.Mapping[Any], depth: int) -> _Shape:
    if one.value_field is None:
        return _Shape("json")
    key = _describe("key", one.key_field or ma.String(), depth=depth + 1)
    value = _describe("value", one.value_field, depth=depth + 1)
    named = (replace(key, label="Name"), replace(value, label="Value"))
    return _Shape("pairs", fields=named)


def _options(one: ma.Field[Any]) -> tuple[FormOption, ...]:
    """What may be chosen, where only certain values are accepted."""
    if isinstance(one, ma.Enum):
        members = one.enum.__members__
        return tuple(
            _option(one._serialize(each, "", None), _spoken(name)) for name, each in members.items()
        )
    if isinstance(one, ma.Boolean):
        both = (_option(True, "Yes"), _option(False, "No"))
        return both if one.allow_none else ()
    found = [each for each in _validators(one) if isinstance(each, validate.OneOf)]
    # ContainsOnly is a OneOf that is about the members of a list.
    found = [each for each in found if not isinstance(each, validate.ContainsOnly)]
    return tuple(_as_options(one, found[0])) if found else ()


def _as_options(one: ma.Field[Any], offer: validate.OneOf) -> Iterator[FormOption]:
    labels = list(offer.labels)
    for place, choice in enumerate(offer.choices):
        label = str(labels[place]) if place < len(labels) else str(choice)
        yield _option(one._serialize(choice, "", None), label)


def _option(value: Any, label: str) -> FormOption:
    return FormOption(value, value if isinstance(value, str) else json.dumps(value), label)


def _validators(one: ma.Field[Any]) -> Iterator[Any]:
    for each in one.validators:
        if isinstance(each, validate.And):
            yield from each.validators
        else:
            yield each


def _own_default(key: str, one: ma.Field[Any]) -> Any:
    """The schema's own default as it would be entered."""
    value = one.load_default
    if value is missing:
        return ABSENT
    try:
        return one._serialize(value() if callable(value) else value, key, None)
    except Exception:  # a stranger's code again
        return ABSENT


def _limits(one: ma.Field[Any], kind: Kind) -> dict[str, str]:
    """What validators say, as attributes of the page's field."""
    limits = {"number": {"step": "any"}, "integer": {"step": "1"}, "time": {"step": "1"}}.get(
        kind, {}
    )
    for each in _validators(one):
        if isinstance(each, validate.Range) and kind in ("integer", "number"):
            ends = {"min": each.min, "max": each.max}
        elif isinstance(each, validate.Length) and kind in ("text", "email", "url"):
            most, least = each.equal or each.max, each.equal or each.min
            ends = {"minlength": least, "maxlength": most}
        else:
            continue
        limits |= {name: str(end) for name, end in ends.items() if end is not None}
    return limits


def _hints(one: ma.Field[Any], kind: Kind) -> Iterator[str]:
    yield str(one.metadata.get("description", ""))
    for each in _validators(one):
        if isinstance(each, validate.Range):
            yield _between(each.min, each.max, "")
        elif isinstance(each, validate.Length):
            unit = "characters" if kind in ("text", "email", "url") else "entries"
            exact = f"Exactly {each.equal} {unit}." if each.equal else ""
            yield exact or _between(each.min, each.max, f" {unit}")
    yield next((text for type_, text in _EXAMPLES if isinstance(one, type_)), "")
    if kind == "json":
        yield "Entered as JSON."
    if kind == "lines":
        yield "One a line."


def _between(least: Any, most: Any, unit: str) -> str:
    if least is None and most is None:
        return ""
    if least is None:
        return f"At most {most}{unit}."
    return f"At least {least}{unit}." if most is None else f"From {least} to {most}{unit}."


def _spoken(key: str) -> str:
    """A name of code as people say it."""
    words = key.replace("_", " ").strip()
    return (
        (words[:1].upper() + words[1:].lower())
        if words.isupper()
        else words[:1].upper() + words[1:]
    )
