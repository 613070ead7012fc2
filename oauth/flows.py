"""Authlib's part of an installation: both platforms' authorize pages and code exchanges."""

from __future__ import annotations

from typing import Any

from authlib.integrations.flask_client import FlaskIntegration, OAuth
from authlib.integrations.flask_client.apps import FlaskOAuth2App
from flask import Flask
from redis import Redis

from oauth.endpoints import HubSpotApp, PlainSession, ZoomApp, hubspot_endpoint, zoom_endpoint

STATE_SECONDS = 600

HUBSPOT_SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
)
"""Without these nothing works; every portal has them, whatever its plan."""
HUBSPOT_OPTIONAL_SCOPES = (
    "crm.objects.marketing_events.read",
    "crm.objects.marketing_events.write",
    "crm.objects.owners.read",
    "settings.users.read",
    "timeline",
    "automation",
    "crm.extensions_calling_transcripts.read",
    "crm.extensions_calling_transcripts.write",
    "business_units_view.read",
)
"""HubSpot leaves out the ones a portal's plan lacks; what depends on them is off there.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
"""


class StateCache:
    """What a started installation has to remember, in Redis and never in the cookie.

    Reading takes it out: a state is good for one callback, even if two arrive at once.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def get(self, key: str) -> str | None:
        """The value, once."""
        stored: Any = self._redis.getdel(f"rollcall:oauth:{key}")
        return None if stored is None else stored if isinstance(stored, str) else stored.decode()

    def set(self, key: str, value: str, timeout: int) -> None:
        """Keep a value for so many seconds."""
        self._redis.set(f"rollcall:oauth:{key}", value, ex=timeout)

    def delete(self, key: str) -> None:
        """Forget a value."""
        self._redis.delete(f"rollcall:oauth:{key}")


class _Integration(FlaskIntegration):  # type: ignore[misc]
    expires_in = STATE_SECONDS


class _App(FlaskOAuth2App):  # type: ignore[misc]
    client_cls = PlainSession


class _OAuth(OAuth):  # type: ignore[misc]
    oauth2_client_cls = _App
    framework_integration_cls = _Integration


class Flows:
    """Both platforms as Authlib clients of one Flask application."""

    def __init__(
        self, app: Flask, redis: Redis, hubspot_app: HubSpotApp, zoom_app: ZoomApp
    ) -> None:
        registry = _OAuth(app, cache=StateCache(redis))
        hubspot, zoom = hubspot_endpoint(hubspot_app), zoom_endpoint(zoom_app)
        self.hubspot = registry.register(
            "hubspot",
            client_id=hubspot.client_id,
            client_secret=hubspot.client_secret,
            authorize_url=f"{hubspot_app.app_url}/oauth/authorize",
            authorize_params={"optional_scope": " ".join(HUBSPOT_OPTIONAL_SCOPES)},
            access_token_url=hubspot.token_url,
            client_kwargs={
                "token_endpoint_auth_method": hubspot.auth_method,
                "scope": " ".join(HUBSPOT_SCOPES),
            },
        )
        # Zoom grants the scopes the app is registered with. https://developers.zoom.us/docs/integrations/oauth-scopes/
        self.zoom = registry.register(
            "zoom",
            client_id=zoom.client_id,
            client_secret=zoom.client_secret,
            authorize_url=f"{zoom_app.oauth_url}/authorize",
            access_token_url=zoom.token_url,
            client_kwargs={
                "token_endpoint_auth_method": zoom.auth_method,
                "code_challenge_method": "S256",
            },
        )
