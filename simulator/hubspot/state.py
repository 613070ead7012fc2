"""Everything HubSpot remembers: the accounts, the app's grants and tokens."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulator.hubspot.executions import Executions
from simulator.hubspot.models import (
    AccessToken,
    AuthorizationCode,
    Grant,
    Owner,
    Record,
    User,
)
from simulator.hubspot.portal import Portal, PortalSettings
from simulator.hubspot.webhooks import WebhookSender

if TYPE_CHECKING:
    from simulator.world import World

CODE_LIFETIME = timedelta(minutes=1)

APP_EVENT_TYPES: dict[str, dict[str, str]] = {
    "registered": {
        "webinar_id": "string",
        "webinar_name": "string",
        "webinar_start": "datetime",
    },
    "attended": {
        "webinar_id": "string",
        "webinar_name": "string",
        "webinar_start": "datetime",
        "joined_at": "datetime",
        "left_at": "datetime",
        "duration_seconds": "number",
        "duration_percent": "number",
    },
    "recording": {
        "webinar_id": "string",
        "webinar_name": "string",
        "webinar_start": "datetime",
        "recording_url": "string",
    },
}


@dataclass(slots=True)
class AppState:
    """The app as HubSpot has it registered.

    `event_types` maps a type's short name to its declared properties and their types; a name sent
    may be the short one or one that ends in it.
    """

    access_token_seconds: int = 1800
    event_types: dict[str, dict[str, str]] = field(default_factory=dict)
    event_details_url: str = ""
    recording_url: str = ""
    webhook_url: str = ""


class HubspotState:
    """Accounts by id; codes, grants and access tokens by their secret text."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.portals: dict[int, Portal] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.grants: dict[str, Grant] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.executions = Executions()
        self.ready_recordings: list[str] = []
        self.app = AppState(event_types={k: dict(v) for k, v in APP_EVENT_TYPES.items()})
        self.webhooks = WebhookSender(world)
        self._portal_ids = itertools.count(4_700_001)

    def create_portal(self, portal_id: int | None = None, **settings: Any) -> Portal:
        """A new account, without people yet; `settings` are fields of PortalSettings."""
        portal_id = portal_id or next(self._portal_ids)
        settings.setdefault("name", f"Portal {portal_id}")
        portal = Portal(portal_id, PortalSettings(**settings), self.world.clock)
        self.portals[portal_id] = portal
        return portal

    def add_user(
        self, portal: Portal, email: str, *, user_id: int | None = None, **fields: Any
    ) -> User:
        """A person who can sign in; becomes an owner too."""
        user = User(user_id or portal.id % 100_000 * 100 + len(portal.users) + 1, email, **fields)
        portal.users[user.id] = user
        owner = Owner(str(user.id + 500_000), email, user.first_name, user.last_name, user.id)
        portal.owners[owner.id] = owner
        return user

    def grant_of(self, portal_id: int) -> Grant | None:
        """The live installation of the app in an account."""
        for grant in self.grants.values():
            if grant.portal_id == portal_id and not grant.revoked:
                return grant
        return None

    def issue_code(
        self,
        portal: Portal,
        user: User,
        scopes: tuple[str, ...],
        redirect_uri: str,
        code_challenge: str = "",
    ) -> AuthorizationCode:
        """A single-use code, good for a minute."""
        code = AuthorizationCode(
            code=f"code-{secrets.token_urlsafe(24)}",
            portal_id=portal.id,
            user_id=user.id,
            scopes=scopes,
            redirect_uri=redirect_uri,
            expires_at=self.world.clock() + CODE_LIFETIME,
            code_challenge=code_challenge,
        )
        self.codes[code.code] = code
        return code

    def install(self, portal_id: int, user_id: int, scopes: tuple[str, ...]) -> Grant:
        """Record an installation; one that is there gets the new scopes and keeps its token."""
        grant = self.grant_of(portal_id)
        if grant is None:
            grant = Grant(portal_id, user_id, scopes, f"refresh-{secrets.token_urlsafe(48)}")
            self.grants[grant.refresh_token] = grant
        grant.scopes, grant.user_id = scopes, user_id
        return grant

    def app_url(self, portal_id: int) -> str:
        """Where the app that was installed last in the portal lives; empty when none was."""
        used = [code for code in self.codes.values() if code.used and code.portal_id == portal_id]
        return used[-1].redirect_uri.partition("/oauth/")[0] if used else ""

    def rotate(self, grant: Grant) -> None:
        """Give a grant another refresh token; the old one stops working."""
        del self.grants[grant.refresh_token]
        grant.refresh_token = f"refresh-{secrets.token_urlsafe(48)}"
        self.grants[grant.refresh_token] = grant

    def issue_access_token(
        self, portal_id: int, user_id: int, scopes: tuple[str, ...]
    ) -> AccessToken:
        """A bearer token of the lifetime set for the app (seconds)."""
        lifetime = timedelta(seconds=self.app.access_token_seconds)
        token = AccessToken(
            token=f"access-{secrets.token_urlsafe(96)}",
            portal_id=portal_id,
            user_id=user_id,
            scopes=scopes,
            expires_at=self.world.clock() + lifetime,
        )
        self.access_tokens[token.token] = token
        self.world.tenants_by_token[token.token] = str(portal_id)
        return token

    def expire_access_tokens(self) -> int:
        """Let every access token end now; gives how many."""
        for token in self.access_tokens.values():
            token.expires_at = self.world.clock() - timedelta(seconds=1)
        return len(self.access_tokens)

    def uninstall(self, portal_id: int) -> bool:
        """End the app's installation: refresh and access tokens stop working."""
        grant = self.grant_of(portal_id)
        for token in [t for t in self.access_tokens.values() if t.portal_id == portal_id]:
            del self.access_tokens[token.token]
        if grant is None:
            return False
        grant.revoked = True
        return True

    def delete_contact(self, portal: Portal, contact: Record, source: str) -> None:
        """Archive a contact and tell the app."""
        portal.contacts.delete(contact, source)
        self._tell(portal, "contact.deletion", contact.id, source, changeFlag="DELETED")

    def restore_contact(self, portal: Portal, contact: Record, source: str) -> None:
        """Bring an archived contact back and tell the app; 409 when its address is taken."""
        portal.contacts.restore(contact, source)
        self._tell(portal, "contact.restore", contact.id, source, changeFlag="RESTORED")

    def change_contact(self, portal: Portal, contact: Record, values: dict[str, str]) -> None:
        """Change a contact as the customer does, and tell the app of another address."""
        before = contact.properties.get("email")
        portal.contacts.update(contact, values, "CRM_UI", 0.0)
        after = contact.properties.get("email")
        if after != before:
            change = {"propertyName": "email", "propertyValue": after or ""}
            self._tell(portal, "contact.propertyChange", contact.id, "CRM_UI", **change)

    def erase_contact(self, portal: Portal, contact: Record, source: str) -> None:
        """Privacy-delete a contact and tell the app, which also hears of an ordinary deletion."""
        portal.contacts.erase(contact)
        portal.forget_activity(contact.id)
        for subscription in ("contact.privacyDeletion", "contact.deletion"):
            self._tell(portal, subscription, contact.id, source, changeFlag="DELETED")

    def merge_contacts(self, portal: Portal, primary: Record, other: Record, source: str) -> Record:
        """Join two contacts, move what hangs on them to the survivor, and tell the app."""
        new_id = bool(self.world.switches["merge_makes_new_id"])
        survivor = portal.contacts.merge(primary, other, new_id=new_id, source=source)
        for record in (primary, other):
            if record is not survivor:
                portal.move_activity(record.id, survivor.id)
        self._tell(
            portal,
            "contact.merge",
            survivor.id,
            source,
            primaryObjectId=int(primary.id),
            mergedObjectIds=[int(other.id)],
            newObjectId=int(survivor.id),
            numberOfPropertiesMoved=0,
        )
        return survivor

    def _tell(
        self, portal: Portal, subscription: str, object_id: str, source: str, **more: Any
    ) -> None:
        if self.grant_of(portal.id) is None:
            return
        event = self.webhooks.event(portal.id, subscription, object_id, changeSource=source, **more)
        if source == "INTEGRATION":
            event["sourceId"] = self.world.apps.hubspot_app_id
        self.webhooks.send([event])
