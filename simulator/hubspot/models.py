"""What a HubSpot account holds, as plain records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class User:
    """A person who can sign in to a portal."""

    id: int
    email: str
    first_name: str = ""
    last_name: str = ""
    super_admin: bool = False


@dataclass(slots=True)
class Owner:
    """Someone records can be assigned to; an archived owner has no user."""

    id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One visible change of a contact; `kind` is property, app_event, marketing_event, call, state.

    `name` says which property, event type or state; `value` what it became; `source` who did it
    (`INTEGRATION` for the app, `CRM_UI` for the customer).
    """

    at: datetime
    kind: str
    name: str
    value: str | None
    source: str


@dataclass(slots=True)
class Record:
    """A CRM object: a contact or a call. Property values are strings, as in HubSpot's JSON.

    `indexed` is what search knows, None while search has not heard of the record.
    `associations` maps an object type to the ids of the records joined to this one.
    """

    id: str
    properties: dict[str, str]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    merged_into: str | None = None
    history: list[HistoryEntry] = field(default_factory=list)
    indexed: dict[str, str] | None = None
    associations: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        """Whether an ordinary read finds it."""
        return self.archived_at is None and self.merged_into is None


@dataclass(slots=True)
class PropertyDefinition:
    """A property of an object type."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    group_name: str = "contactinformation"
    description: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)
    display_order: int = -1
    has_unique_value: bool = False
    form_field: bool = False
    hidden: bool = False
    archived: bool = False
    is_custom: bool = True


@dataclass(slots=True)
class PropertyGroup:
    """A named group of properties."""

    name: str
    label: str
    display_order: int = -1


@dataclass(frozen=True, slots=True)
class Interaction:
    """One recorded change of a participation: `verb` is register, attend or cancel.

    `occurred_at` is what the app said, `recorded_at` when HubSpot heard it.
    """

    verb: str
    occurred_at: datetime
    recorded_at: datetime
    joined_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(slots=True)
class Participation:
    """One contact in one marketing event, as the interactions recorded for it."""

    id: str
    contact_id: str
    created_at: datetime
    interactions: list[Interaction] = field(default_factory=list)


@dataclass(slots=True)
class MarketingEvent:
    """A marketing event, keyed by external account and external event id."""

    object_id: str
    external_account_id: str
    external_event_id: str
    created_at: datetime
    updated_at: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    custom_properties: dict[str, str] = field(default_factory=dict)
    participations: dict[str, Participation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AppEvent:
    """An immutable entry on a contact's timeline."""

    id: str
    type_name: str
    contact_id: str
    properties: dict[str, str]
    timestamp: datetime
    created_at: datetime
    extra_data: Any = None


@dataclass(slots=True)
class Transcript:
    """The words of a call."""

    id: str
    call_id: str
    utterances: list[dict[str, Any]]
    created_at: datetime


@dataclass(slots=True)
class Grant:
    """One installation of the app in a portal: its refresh token and what it may do."""

    portal_id: int
    user_id: int
    scopes: tuple[str, ...]
    refresh_token: str
    revoked: bool = False


@dataclass(slots=True)
class AccessToken:
    """A bearer token and when it ends; `portal_id` is 0 for an app-level token."""

    token: str
    portal_id: int
    user_id: int
    scopes: tuple[str, ...]
    expires_at: datetime


@dataclass(slots=True)
class AuthorizationCode:
    """A single-use code from the consent page."""

    code: str
    portal_id: int
    user_id: int
    scopes: tuple[str, ...]
    redirect_uri: str
    expires_at: datetime
    code_challenge: str = ""
    used: bool = False
