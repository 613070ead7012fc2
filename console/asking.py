"""The console shows what the JSON API answers and does what it does: it calls the API's functions.

So a page cannot say anything else than HubSpot's own screens do, and no rule is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import unwrap
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from api.errors import refuse
from schemas.tenant_settings import list_problems


def ask(call: Callable[..., Any], *given: Any, **path: Any) -> Any:
    """What a call of the API answers, as Python values: moments are datetimes.

    ``given`` are the call's arguments as its schema loads them. Raises HTTPException as the call
    does; its `data` has the message for people.
    """
    return unwrap(call)(*given, **path)


def read_query(schema: type[Schema], **fixed: Any) -> dict[str, Any]:
    """The request's query as the schema loads it; what does not fit is answered with 400."""
    return load(schema, {name: value for name, value in request.args.items() if value} | fixed)


def load(schema: type[Schema], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the schema loads them; what does not fit is answered with 400."""
    try:
        loaded: dict[str, Any] = schema().load(values)
    except ValidationError as error:
        refuse(400, "Some values are not as they should be.", list_problems(error.messages))
    return loaded
