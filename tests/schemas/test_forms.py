"""B10: a form of every field and validator: shown, refused in the schema's words, and back."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, validate
from marshmallow import fields as ma

from schemas.form_values import KNOWN, REMOVE, Shown, lay_out, read_form, sent_by
from schemas.forms import FormField, describe_form


class Colour(enum.Enum):
    """Names and values that differ."""

    RED = "r"
    DARK_BLUE = "b"


class Weights(Schema):
    minutes = ma.Float(load_default=1.0, validate=validate.Range(0, 10))
    polls = ma.Integer(required=True)


class Rule(Schema):
    name = ma.String(required=True, validate=validate.Length(min=1))
    colour = ma.Enum(Colour, load_default=Colour.RED)


class Endless(Schema):
    below = ma.Nested(lambda: Endless())
    name = ma.String()


# Each: the field, the kind it is shown as, values that come back as they are, what a browser sends
# that is refused, and the schema's words for it.
FIELDS: dict[str, tuple[ma.Field[Any], str, list[Any], list[tuple[str, str]]]] = {
    "string": (ma.String(), "text", ["gold", " spaced ", "<b>&\"'", "5", "true"], []),
    "email": (ma.Email(), "email", ["a@b.no"], [("nobody", "Not a valid email address.")]),
    "url": (ma.Url(), "url", ["https://a.no/x?y=1"], [("a.no", "Not a valid URL.")]),
    "integer": (
        ma.Integer(),
        "integer",
        [0, -5, 10**12],
        [("1.5", "Not a valid integer."), ("x", "Not a valid integer.")],
    ),
    "strict integer": (ma.Integer(strict=True), "integer", [3], [("3.5", "Not a valid integer.")]),
    "float": (
        ma.Float(),
        "number",
        [0.5, -3, 1e20],
        [("x", "Not a valid number."), ("NaN", "Special numeric values"), ("1e999", "Special")],
    ),
    "decimal": (ma.Decimal(), "text", ["1.10"], [("x", "Not a valid number.")]),
    "boolean": (ma.Boolean(), "checkbox", [True, False], []),
    "boolean or nothing": (ma.Boolean(allow_none=True), "choice", [True, False, None], []),
    "one of": (
        ma.String(validate=validate.OneOf(("a", "b"), ("First", "Second"))),
        "choice",
        ["a", "b"],
        [("c", "Must be one of: a, b.")],
    ),
    "one of numbers": (
        ma.Integer(validate=validate.OneOf((1, 2))),
        "choice",
        [1, 2],
        [("3", "Must be one of: 1, 2.")],
    ),
    "enum by name": (ma.Enum(Colour), "choice", ["RED"], [("r", "Must be one of: RED, DARK_BLUE")]),
    "enum by value": (
        ma.Enum(Colour, by_value=True),
        "choice",
        ["b"],
        [("RED", "Must be one of: r, b.")],
    ),
    "date": (ma.Date(), "date", ["2026-11-24"], [("24.11.26", "Not a valid date.")]),
    "time": (ma.Time(), "time", ["10:30:00"], [("25:00", "Not a valid time.")]),
    "date and time": (
        ma.NaiveDateTime(),
        "datetime",
        ["2026-11-24T10:00"],
        [("soon", "Not a valid datetime.")],
    ),
    "date, time and zone": (
        ma.AwareDateTime(),
        "text",
        ["2026-11-24T10:00:00+01:00"],
        [("2026-11-24T10:00", "Not a valid aware datetime.")],
    ),
    "date in another form": (ma.Date(format="%d.%m.%Y"), "text", ["24.11.2026"], [("x", "Not a")]),
    "length of time": (ma.TimeDelta(), "number", [90], [("x", "Not a valid period of time.")]),
    "uuid": (
        ma.UUID(),
        "text",
        ["123e4567-e89b-12d3-a456-426614174000"],
        [("x", "Not a valid UUID.")],
    ),
    "network address": (ma.IP(), "text", ["10.0.0.1"], [("x", "Not a valid IP address.")]),
    "list of texts": (ma.List(ma.String()), "lines", [["a", "b c"], ["x"]], []),
    "list of numbers": (
        ma.List(ma.Integer()),
        "lines",
        [[1, 2, 3]],
        [("1\nx", "Not a valid integer.")],
    ),
    "list of choices": (
        ma.List(ma.String(validate=validate.OneOf(("a", "b", "c")))),
        "choices",
        [["a", "c"]],
        [("z", "Must be one of")],
    ),
    "list that contains only": (
        ma.List(ma.Integer(), validate=validate.ContainsOnly((1, 2))),
        "choices",
        [[1, 2]],
        [("3", "One or more of the choices you made was not in")],
    ),
    "anything": (ma.Raw(), "json", [{"a": [1, None]}, [1], "5", "text", True], []),
    "untyped mapping": (ma.Dict(), "json", [{"a": 1}], [("{x", "Not a valid mapping type.")]),
    "length": (
        ma.String(validate=validate.Length(min=2, max=3)),
        "text",
        ["ab", "abc"],
        [("a", "Length must be between 2 and 3."), ("abcd", "Length must be")],
    ),
    "range": (
        ma.Integer(validate=validate.Range(0, 100)),
        "integer",
        [0, 100],
        [("101", "Must be greater than or equal to 0 and less than or equal to 100.")],
    ),
    "pattern": (
        ma.String(validate=validate.Regexp("^[a-z_]+$", error="Small letters only.")),
        "text",
        ["a_b"],
        [("A", "Small letters only.")],
    ),
    "none of": (
        ma.String(validate=validate.NoneOf(("email",))),
        "text",
        ["name"],
        [("email", "Invalid input.")],
    ),
    "equal": (ma.String(validate=validate.Equal("x")), "text", ["x"], [("y", "Must be equal")]),
    "several validators": (
        ma.String(validate=validate.And(validate.Length(max=5), validate.OneOf(("a", "b")))),
        "choice",
        ["a"],
        [("c", "Must be one of")],
    ),
}
SAYING_SOMETHING_EMPTY = ("checkbox", "lines", "choices")


def good_values() -> list[Any]:
    return [pytest.param(one, kind, values, id=i) for i, (one, kind, values, _) in FIELDS.items()]


def bad_texts() -> list[Any]:
    return [
        pytest.param(field, kind, text, words, id=f"{name}: {text!r}")
        for name, (field, kind, _, refused) in FIELDS.items()
        for text, words in refused
    ]


def may_be_missing() -> list[Any]:
    return [
        pytest.param(field, id=name)
        for name, (field, kind, _, _) in FIELDS.items()
        if kind not in SAYING_SOMETHING_EMPTY and not field.allow_none
    ]


def schema_of(**fields: ma.Field[Any]) -> type[Schema]:
    return Schema.from_dict(dict(fields))


def one_field(field: ma.Field[Any]) -> tuple[type[Schema], tuple[FormField, ...]]:
    schema = schema_of(it=field)
    return schema, describe_form(schema)


def back(fields: tuple[FormField, ...], values: dict[str, Any]) -> dict[str, Any]:
    """What is read when the page shows these values and is sent as it is."""
    return read_form(fields, sent_by(lay_out(fields, values)))


def leaves(shown: tuple[Shown, ...]) -> list[Shown]:
    return [leaf for one in shown for leaf in ([one] if not one.rows else []) + deeper(one)]


def deeper(one: Shown) -> list[Shown]:
    return [leaf for row in one.rows for leaf in leaves(row)]


class TestEveryField:
    @pytest.mark.parametrize(("field", "kind", "values"), good_values())
    def test_B10_it_has_a_place_on_the_page_and_comes_back_as_it_was(
        self, field: ma.Field[Any], kind: str, values: list[Any]
    ) -> None:
        schema, fields = one_field(field)
        assert fields[0].kind == kind
        for value in values:
            assert back(fields, {"it": value}) == {"it": value}
            schema().load({"it": value})

    @pytest.mark.parametrize(("field", "kind", "text", "words"), bad_texts())
    def test_B10_bad_input_is_refused_in_the_schemas_words_and_still_shown(
        self, field: ma.Field[Any], kind: str, text: str, words: str
    ) -> None:
        schema, fields = one_field(field)
        read = read_form(fields, {"f.it": [text]})
        with pytest.raises(ValidationError) as caught:
            schema().load(read)
        assert words in str(caught.value.messages)
        (shown,) = lay_out(fields, read)
        assert text in (shown.text, *shown.chosen)

    @pytest.mark.parametrize("field", may_be_missing())
    def test_B10_what_is_required_and_empty_is_missing_in_the_schemas_words(
        self, field: ma.Field[Any]
    ) -> None:
        schema, fields = one_field(type(field)(**_again(field), required=True))
        assert fields[0].is_required
        with pytest.raises(ValidationError, match="Missing data for required field"):
            schema().load(read_form(fields, {"f.it": [""]}))


def _again(field: ma.Field[Any]) -> dict[str, Any]:
    """What the field was made with, as far as its kind depends on it."""
    made: dict[str, Any] = {"validate": list(field.validators), "allow_none": field.allow_none}
    for name in ("enum", "format"):
        if getattr(field, name, None) is not None:
            made[name] = getattr(field, name)
    if isinstance(field, ma.List):
        made["cls_or_instance"] = field.inner
    if isinstance(field, (ma.String, ma.Email, ma.Url)):
        made.pop("format", None)
    return made


class TestNestedFields:
    @pytest.mark.parametrize(
        ("field", "kind", "value"),
        [
            pytest.param(ma.Nested(Weights), "group", {"minutes": 2.5, "polls": 3}, id="nested"),
            pytest.param(
                ma.Nested(Rule, many=True),
                "rows",
                [{"name": "a", "colour": "RED"}, {"name": "b", "colour": "DARK_BLUE"}],
                id="nested many",
            ),
            pytest.param(
                ma.List(ma.Nested(Weights)),
                "rows",
                [{"minutes": 0, "polls": 1}],
                id="list of nested",
            ),
            pytest.param(ma.List(ma.List(ma.Integer())), "rows", [[1, 2], [3]], id="list of lists"),
            pytest.param(
                ma.Dict(ma.String(), ma.Integer()), "pairs", {"a": 1, "b.c": 2}, id="mapping"
            ),
            pytest.param(
                ma.Dict(values=ma.Nested(Weights)),
                "pairs",
                {"gold": {"minutes": 1, "polls": 0}},
                id="mapping of nested",
            ),
            pytest.param(
                ma.Tuple((ma.Integer(), ma.String())), "tuple", [5, "minutes"], id="tuple"
            ),
            pytest.param(ma.Pluck(Rule, "name"), "text", "a", id="one field of another"),
            pytest.param(
                ma.Nested(Endless), "group", {"below": {"below": {"name": "x"}}}, id="itself"
            ),
        ],
    )
    def test_B10_lists_mappings_and_schemas_within_come_back_as_they_were(
        self, field: ma.Field[Any], kind: str, value: Any
    ) -> None:
        schema, fields = one_field(field)
        assert fields[0].kind == kind
        assert back(fields, {"it": value}) == {"it": value}
        assert back(fields, {}) == {}, "nothing was entered"
        schema().load({"it": value})

    def test_B10_a_row_is_added_and_another_taken_away(self) -> None:
        _, fields = one_field(ma.Nested(Rule, many=True))
        sent = sent_by(lay_out(fields, {"it": [{"name": "a"}, {"name": "b"}]}))
        assert sent[f"f.it{KNOWN}"] == ["2"]
        sent |= {f"f.it.0{REMOVE}": ["on"], "f.it.2.name": ["c"], "f.it.2.colour": ["DARK_BLUE"]}
        assert read_form(fields, sent)["it"] == [
            {"name": "b", "colour": "RED"},
            {"name": "c", "colour": "DARK_BLUE"},
        ]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            (ma.Nested(Rule, many=True), [{"name": str(n), "colour": "RED"} for n in range(101)]),
            (ma.Dict(ma.String(), ma.Integer()), {str(n): n for n in range(101)}),
        ],
        ids=["rows", "pairs"],
    )
    def test_B10_what_is_too_long_for_rows_is_entered_as_json_and_loses_nothing(
        self, field: ma.Field[Any], value: Any
    ) -> None:
        _, fields = one_field(field)
        assert lay_out(fields, {"it": value})[0].field.kind == "json"
        assert back(fields, {"it": value}) == {"it": value}
        assert read_form(fields, {"f.it": ["{no json"]}) == {"it": "{no json"}

    def test_B10_complaints_have_a_field_they_belong_to(self) -> None:
        schema = schema_of(
            weights=ma.Nested(Weights),
            rules=ma.List(ma.Nested(Rule)),
            points=ma.Dict(ma.String(), ma.Integer()),
        )
        values = {
            "weights": {"minutes": 11, "polls": "x"},
            "rules": [{"name": "a"}, {"name": "", "colour": "PINK"}],
            "points": {"gold": "many"},
        }
        fields = describe_form(schema)
        assert back(fields, values)["weights"] == values["weights"]
        with pytest.raises(ValidationError) as caught:
            schema().load(back(fields, values))
        said = caught.value.messages_dict
        paths = {one.path for one in leaves(lay_out(fields, values))}
        assert set(said["weights"]) == {"minutes", "polls"}
        assert {"weights.minutes", "weights.polls", "rules.1.name", "rules.1.colour"} <= paths
        assert set(said["points"]["gold"]) == {"value"}
        assert "points.gold.value" in paths


class TestWhatIsSaidOfAField:
    @pytest.mark.parametrize(
        ("field", "default", "text"),
        [
            pytest.param(ma.Integer(load_default=5), 5, "5", id="number"),
            pytest.param(ma.String(load_default="x"), "x", "x", id="text"),
            pytest.param(
                ma.Date(load_default=date(2026, 1, 2)), "2026-01-02", "2026-01-02", id="d"
            ),
            pytest.param(ma.Time(load_default=time(9)), "09:00:00", "09:00:00", id="time"),
            pytest.param(
                ma.AwareDateTime(load_default=datetime(2026, 1, 2, tzinfo=UTC)),
                "2026-01-02T00:00:00+00:00",
                "2026-01-02T00:00:00+00:00",
                id="moment",
            ),
            pytest.param(ma.List(ma.String(), load_default=list), [], "", id="made when needed"),
        ],
    )
    def test_B10_defaults_of_the_schema_are_shown_as_they_would_be_entered(
        self, field: ma.Field[Any], default: Any, text: str
    ) -> None:
        schema, fields = one_field(field)
        assert fields[0].default == default
        assert lay_out(fields, {})[0].text == text
        schema().load(back(fields, {}))

    def test_B10_a_default_enum_is_chosen_and_the_plugins_own_defaults_win(self) -> None:
        fields = describe_form(Rule)
        assert lay_out(fields, {})[1].chosen == ("RED",)
        fields = describe_form(Rule, {"colour": "DARK_BLUE", "name": "n"})
        assert back(fields, {}) == {"name": "n", "colour": "DARK_BLUE"}
        assert not fields[0].is_required, "there is a default"

    @pytest.mark.parametrize(
        ("field", "read"),
        [
            pytest.param(ma.String(), {}, id="nobody said"),
            pytest.param(ma.String(allow_none=True), {"it": None}, id="nothing is a value"),
            pytest.param(ma.String(load_default="x"), {"it": ""}, id="against the default"),
            pytest.param(ma.Integer(allow_none=True, load_default=3), {"it": None}, id="number"),
            pytest.param(ma.List(ma.String(), load_default=["x"]), {"it": []}, id="emptied list"),
            pytest.param(ma.List(ma.String(), required=True), {"it": []}, id="required list"),
        ],
    )
    def test_B10_emptying_a_field_says_so(self, field: ma.Field[Any], read: dict[str, Any]) -> None:
        _, fields = one_field(field)
        assert read_form(fields, {"f.it": [""]}) == read

    def test_B10_label_words_and_limits_come_from_the_schema(self) -> None:
        schema = schema_of(
            threshold=ma.Integer(
                validate=validate.Range(0, 100),
                metadata={"label": "Points needed", "description": "For gold."},
            ),
            a_name=ma.String(validate=validate.Length(2, 40), data_key="aName"),
            many=ma.List(ma.String(), validate=validate.Length(max=3)),
        )
        threshold, name, many = describe_form(schema)
        assert (threshold.label, threshold.hint) == ("Points needed", "For gold. From 0 to 100.")
        assert threshold.limits == {"step": "1", "min": "0", "max": "100"}
        assert (name.key, name.label) == ("aName", "AName")
        assert name.limits == {"minlength": "2", "maxlength": "40"}
        assert name.hint == "From 2 to 40 characters."
        assert many.hint == "At most 3 entries. One a line."

    def test_B10_what_is_only_shown_or_fixed_is_no_field(self) -> None:
        schema = schema_of(a=ma.String(dump_only=True), b=ma.Constant(5), c=ma.String())
        assert [one.key for one in describe_form(schema)] == ["c"]

    def test_B10_a_schema_that_fails_when_looked_at_is_entered_as_json(self) -> None:
        def fail() -> Schema:
            raise RuntimeError("a stranger's code")

        (field,) = describe_form(schema_of(it=ma.Nested(fail)))
        assert field.kind == "json"
