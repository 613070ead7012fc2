"""What token endpoints answer: tokens, introspection, refusals.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
https://developers.zoom.us/docs/integrations/oauth/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from schemas.base import Flag, Text, ValueSchema, Whole, as_object

_ALIVE = validate.Range(min=1)


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """New tokens. ``refresh_token`` is "" when the one used stays; ``expires_in`` is in seconds.

    ``api_url`` is Zoom's root of the account's API, "" when it named none.
    """

    access_token: str
    refresh_token: str
    expires_in: int
    scopes: tuple[str, ...]
    api_url: str


@dataclass(frozen=True, slots=True)
class Introspection:
    """Whose a HubSpot token is, and what it may do."""

    is_active: bool
    portal_id: str
    user_id: str
    scopes: tuple[str, ...]


class _Scopes(fields.Field[Any]):
    """Names, as a list (HubSpot) or separated by spaces (Zoom)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        names = value.split() if isinstance(value, str) else value
        return tuple(str(name) for name in names) if isinstance(names, list) else ()


class _TokenSchema(ValueSchema):
    value = TokenAnswer
    access_token = Text(required=True)
    refresh_token = Text()
    expires_in = Whole(required=True, validate=_ALIVE)
    scopes = _Scopes(load_default=())
    api_url = Text()


class _IntrospectionSchema(ValueSchema):
    value = Introspection
    is_active = Flag(data_key="active")
    portal_id = Text(data_key="hub_id", required=True)
    user_id = Text(data_key="user_id")
    scopes = _Scopes(load_default=())


_TOKEN, _INTROSPECTION = _TokenSchema(), _IntrospectionSchema()


def read_tokens(body: Any) -> TokenAnswer:
    """Return the new tokens. Raises marshmallow.ValidationError when any is missing."""
    outer = as_object(body)
    # Zoom says "scope", HubSpot "scopes".
    answer: TokenAnswer = _TOKEN.load({"scopes": outer.get("scope") or [], **outer})
    return answer


def read_introspection(body: Any) -> Introspection:
    """Return whose a token is. Raises marshmallow.ValidationError without a portal id."""
    answer: Introspection = _INTROSPECTION.load(as_object(body))
    return answer
