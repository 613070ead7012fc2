"""Who installed the app: authorisation codes, access tokens, rotating refresh tokens.

https://developers.zoom.us/docs/integrations/oauth/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.zoom.scopes import APP_SCOPES

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState


class GrantError(Exception):
    """Zoom's token endpoint refuses; `reason` is its wording, `error` the OAuth code."""

    def __init__(self, reason: str, error: str = "invalid_grant", status: int = 400) -> None:
        super().__init__(reason)
        self.reason, self.error, self.status = reason, error, status


@dataclass(slots=True)
class Code:
    """A consent that is not yet exchanged."""

    account_id: str
    user_id: str
    redirect_uri: str
    challenge: str
    method: str
    expires_at: datetime
    scopes: tuple[str, ...]


@dataclass(slots=True)
class Grant:
    """One installation: an account, the person who installed, and what was granted."""

    account_id: str
    user_id: str
    scopes: tuple[str, ...]
    refresh_token: str = ""


@dataclass(slots=True)
class AccessToken:
    """A bearer token of a grant."""

    grant: Grant
    expires_at: datetime


class Grants:
    """All codes and tokens. One grant per account and person: a newer one ends the older."""

    def __init__(self, state: ZoomState) -> None:
        self._state = state
        self.app_scopes: list[str] = list(APP_SCOPES)
        self._codes: dict[str, Code] = {}
        self._by_person: dict[tuple[str, str], Grant] = {}
        self._by_access: dict[str, AccessToken] = {}
        self._by_refresh: dict[str, Grant] = {}

    def make_code(
        self,
        account_id: str,
        user_id: str,
        redirect_uri: str,
        challenge: str = "",
        method: str = "",
        scopes: Collection[str] | None = None,
    ) -> str:
        """Consent was given: a code for one exchange within five minutes."""
        user = self._state.find_user(self._state.find_account(account_id), user_id)
        granted = [name for name in self.app_scopes if scopes is None or name in scopes]
        if not user.role_report and self._state.switch("missing_report_role") == "scope_left_out":
            granted = [name for name in granted if not name.startswith("report:")]
        lifetime = timedelta(seconds=float(self._state.switch("code_seconds")))
        code = self._state.ids.secret()
        self._codes[code] = Code(
            account_id,
            user.id,
            redirect_uri,
            challenge,
            method,
            self._state.now() + lifetime,
            tuple(granted),
        )
        return code

    def exchange(self, code: str, redirect_uri: str, verifier: str = "") -> dict[str, Any]:
        """Tokens for a code, which is used up even when something else is wrong with the call."""
        consent = self._codes.pop(code, None)
        if consent is None:
            raise GrantError("Invalid authorization code")
        if self._state.now() > consent.expires_at:
            raise GrantError("Authorization code expired")
        if consent.redirect_uri != redirect_uri:
            raise GrantError("Redirect URI mismatch.", "invalid_request")
        if consent.challenge and not _proves(verifier, consent.challenge, consent.method):
            raise GrantError("Invalid code verifier")
        return self.install(consent.account_id, consent.user_id, consent.scopes)

    def install(
        self, account_id: str, user_id: str, scopes: Collection[str] | None = None
    ) -> dict[str, Any]:
        """Begin a grant and give its first tokens; the person's older grant ends."""
        everyone = bool(self._state.switch("second_install_kills_first"))
        self.kill(account_id, "" if everyone else user_id)
        granted = tuple(self.app_scopes if scopes is None else scopes)
        grant = Grant(account_id, user_id, granted)
        self._by_person[account_id, user_id] = grant
        self._state.accounts[account_id].is_subscribed = True
        return self._issue(grant)

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        """The next pair of tokens; the refresh token given here is dead from now on."""
        grant = self._by_refresh.get(refresh_token)
        if grant is None:
            raise GrantError("Invalid Token!")
        account = self._state.accounts.get(grant.account_id)
        user = account.users.get(grant.user_id) if account else None
        if user is None or user.status != "active":
            raise GrantError("The owner of the token does not exist. (4735)")
        if self._state.switch("refresh_kills_access_token"):
            self._forget_access_tokens(grant)
        return self._issue(grant)

    def revoke(self, token: str) -> bool:
        """End the grant a token belongs to; False when the token is unknown."""
        access = self._by_access.get(token)
        grant = access.grant if access else self._by_refresh.get(token)
        if grant is None:
            return False
        self.kill(grant.account_id, grant.user_id)
        return True

    def kill(self, account_id: str, user_id: str = "") -> int:
        """End the grants of an account, or of one person in it; gives how many."""
        ended = [
            grant
            for grant in self._by_person.values()
            if grant.account_id == account_id and user_id in ("", grant.user_id)
        ]
        for grant in ended:
            del self._by_person[grant.account_id, grant.user_id]
            self._by_refresh.pop(grant.refresh_token, None)
            self._forget_access_tokens(grant)
        return len(ended)

    def find_access(self, token: str) -> AccessToken | None:
        """The access token by its text, expired or not."""
        return self._by_access.get(token)

    def expire_access_tokens(self, account_id: str = "") -> int:
        """Let access tokens expire at once, of one account or of all; gives how many."""
        struck = [
            token
            for token in self._by_access.values()
            if account_id in ("", token.grant.account_id)
        ]
        for token in struck:
            token.expires_at = self._state.now() - timedelta(seconds=1)
        return len(struck)

    def all(self) -> list[Grant]:
        """The living grants."""
        return list(self._by_person.values())

    def _issue(self, grant: Grant) -> dict[str, Any]:
        self._by_refresh.pop(grant.refresh_token, None)
        seconds = float(self._state.switch("access_token_seconds"))
        access, grant.refresh_token = self._state.ids.secret(), self._state.ids.secret()
        self._by_refresh[grant.refresh_token] = grant
        expires_at = self._state.now() + timedelta(seconds=seconds)
        self._by_access[access] = AccessToken(grant, expires_at)
        self._state.world.tenants_by_token[access] = grant.account_id
        return {
            "access_token": access,
            "token_type": "bearer",
            "refresh_token": grant.refresh_token,
            "expires_in": max(1, round(seconds) - 1),
            "scope": " ".join(grant.scopes),
            "api_url": self._state.url(""),
        }

    def _forget_access_tokens(self, grant: Grant) -> None:
        for text in [text for text, token in self._by_access.items() if token.grant is grant]:
            del self._by_access[text]


def _proves(verifier: str, challenge: str, method: str) -> bool:
    """Whether the verifier belongs to the PKCE challenge (RFC 7636)."""
    if method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(verifier, challenge)
