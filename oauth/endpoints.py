"""The platforms' token endpoints: refresh, revoke, introspect; one call each, no repetition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from marshmallow import ValidationError

from clients.errors import ReconnectNeeded, Unavailable
from rollcall.errors import NeedsAttention
from schemas.oauth_answers import Introspection, TokenAnswer, read_introspection, read_tokens
from store.connections import Platform

T = TypeVar("T")

TIMEOUT = (3.05, 8.0)
"""Seconds for connecting and for the answer: two calls fit into one lease on the refresh."""

NAMES = {"hubspot": "HubSpot", "zoom": "Zoom"}
OUR_FAULTS = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})
"""Refusals no customer can mend: our app's own credentials or registration are wrong."""
_PASSING = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


class HubSpotApp(Protocol):
    """The HubSpot app as configured; :class:`config.HubSpot` is one."""

    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    @property
    def api_url(self) -> str: ...
    @property
    def app_url(self) -> str: ...
    @property
    def api_version(self) -> str: ...
    @property
    def app_events(self) -> Mapping[str, str]: ...


class ZoomApp(Protocol):
    """The Zoom app as configured; :class:`config.Zoom` is one."""

    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    @property
    def api_url(self) -> str: ...
    @property
    def oauth_url(self) -> str: ...


class PlainSession(OAuth2Session):  # type: ignore[misc]
    """Authlib's session without surprises: no ``.netrc``, no redirects, always a timeout."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, default_timeout=TIMEOUT, **kwargs)
        self.trust_env = False
        for kind in ("access_token_response", "refresh_token_response"):
            self.register_compliance_hook(kind, _refuse_passing_faults)

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """Send one request."""
        return super().request(method, url, **(kwargs | {"allow_redirects": False}))


def _refuse_passing_faults(response: Any) -> Any:
    status = int(response.status_code)
    if status >= 500 or status in (408, 425, 429) or 300 <= status < 400:
        raise Unavailable(f"the token endpoint answered {status}; tried again later")
    return response


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """One platform's endpoints for tokens, and how our app proves itself there."""

    platform: Platform
    client_id: str
    client_secret: str = field(repr=False)
    auth_method: str
    token_url: str
    revoke_url: str
    introspect_url: str = ""

    def refresh(self, refresh_token: str) -> TokenAnswer:
        """Exchange a refresh token for new tokens.

        Raises Unavailable when no answer came that one could rely on (the exchange may have
        happened), ReconnectNeeded when the grant is dead, NeedsAttention when our own app is
        refused.
        """
        return self._ask(
            lambda session: read_tokens(
                session.refresh_token(self.token_url, refresh_token=refresh_token)
            )
        )

    def introspect(self, access_token: str) -> Introspection:
        """Say whose a token is (HubSpot). Raises as :meth:`refresh` does."""
        return self._ask(
            lambda session: read_introspection(
                _json(
                    session.introspect_token(
                        self.introspect_url, token=access_token, token_type_hint="access_token"
                    )
                )
            )
        )

    def revoke(self, token: str, hint: str = "") -> None:
        """Take a grant back; what is unknown there is as good as revoked. Raises Unavailable."""
        self._ask(
            lambda session: _refuse_passing_faults(
                session.revoke_token(self.revoke_url, token=token, token_type_hint=hint or None)
            )
        )

    def _ask(self, call: Callable[[OAuth2Session], T]) -> T:
        name = NAMES[self.platform]
        try:
            with PlainSession(
                self.client_id,
                self.client_secret,
                token_endpoint_auth_method=self.auth_method,
                revocation_endpoint_auth_method=self.auth_method,
            ) as session:
                return call(session)
        except OAuthError as error:
            raise judge_refusal(self.platform, error) from error
        except ValidationError as error:
            raise Unavailable(f"{name} gave no tokens in its answer; tried again later") from error
        except (OSError, ValueError) as error:
            # requests' errors descend from OSError, unreadable JSON is a ValueError.
            kind = type(error).__name__
            raise Unavailable(f"{name}'s token endpoint: {kind}; tried again later") from error


def judge_refusal(platform: Platform, error: OAuthError) -> Exception:
    """The error that a token endpoint's refusal amounts to."""
    name, code = NAMES[platform], str(error.error or "")
    if code in _PASSING:
        return Unavailable(f"{name}'s token endpoint is busy; tried again later")
    if code in OUR_FAULTS:
        prefix = platform.upper()
        return NeedsAttention(
            f"{name} refuses this app ({code}): check {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET"
        )
    return ReconnectNeeded(f"{name} says the grant has ended ({code or 'no reason given'})")


def _json(response: Any) -> Any:
    return _refuse_passing_faults(response).json()


def hubspot_endpoint(app: HubSpotApp) -> TokenEndpoint:
    """HubSpot's endpoints.

    https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
    """
    root = f"{app.api_url}/oauth/{app.api_version}/token"
    return TokenEndpoint(
        "hubspot",
        app.client_id,
        app.client_secret,
        "client_secret_post",
        token_url=root,
        revoke_url=f"{root}/revoke",
        introspect_url=f"{root}/introspect",
    )


def zoom_endpoint(app: ZoomApp) -> TokenEndpoint:
    """Zoom's endpoints. https://developers.zoom.us/docs/integrations/oauth/"""
    return TokenEndpoint(
        "zoom",
        app.client_id,
        app.client_secret,
        "client_secret_basic",
        token_url=f"{app.oauth_url}/token",
        revoke_url=f"{app.oauth_url}/revoke",
    )
