"""What every call of the JSON API shares: errors, pages and the query of a list."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, validate
from marshmallow import fields as ma

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class ErrorSchema(Schema):
    """Why a call was refused."""

    message = ma.String(metadata={"description": "What is wrong, in a sentence for people."})
    category = ma.String(metadata={"description": "What kind of error, for programs."})
    errors = ma.List(ma.String(), metadata={"description": "Each bad key: `path: complaint`."})


class _NextSchema(Schema):
    after = ma.String(metadata={"description": "Give it as `after` to get the next page."})


class _PagingSchema(Schema):
    next = ma.Nested(_NextSchema, metadata={"description": "Absent on the last page."})


class PageQuery(Schema):
    """The query every list takes."""

    class Meta:
        unknown = EXCLUDE

    limit = ma.Integer(
        load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT), strict=False
    )
    after = ma.String(metadata={"description": "The cursor the page before ended with."})


def page_of(row: type[Schema]) -> type[Schema]:
    """The schema of a page of such rows."""
    return Schema.from_dict(
        {"results": ma.List(ma.Nested(row)), "paging": ma.Nested(_PagingSchema)},
        name=row.__name__.removesuffix("Schema") + "Page",
    )
