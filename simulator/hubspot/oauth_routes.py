"""OAuth tokens: exchange, refresh, introspection, revocation.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, jsonify, request

from simulator.hubspot.errors import HubspotError
from simulator.hubspot.models import AccessToken, AuthorizationCode, Grant

if TYPE_CHECKING:
    from simulator.world import World

TOKEN_VERSIONS = ("2026-03", "2026-09", "v3", "v1")


def refuse_oauth(status: str, error: str, message: str) -> HubspotError:
    """A 400 of the token endpoints."""
    return HubspotError(
        400,
        {
            "status": status,
            "error": error,
            "error_description": message,
            "message": message,
            "correlationId": str(uuid.uuid4()),
        },
    )


def add_token_routes(routes: Blueprint, world: World) -> None:
    """Token, introspect and revoke under every version, and the older token look-ups."""

    def serve(action: Any) -> Any:
        def answer() -> Response:
            g.is_write = False
            try:
                with world.lock:
                    _check_client(world)
                    return jsonify(action(world))
            except HubspotError as error:
                failed = jsonify(error.body)
                failed.status_code = error.status
                return failed

        return answer

    actions = {"token": _exchange, "token/introspect": _introspect, "token/revoke": _revoke}
    for version in TOKEN_VERSIONS:
        for path, action in actions.items():
            rule = f"/oauth/{version}/{path}"
            routes.add_url_rule(rule, f"POST {rule}", serve(action), methods=["POST"])
    _add_older_routes(routes, world)


def _check_client(world: World) -> None:
    if request.form.get("client_id") != world.apps.hubspot_client_id:
        raise refuse_oauth("BAD_CLIENT_ID", "invalid_client", "missing or invalid client id")
    if request.form.get("client_secret") != world.apps.hubspot_client_secret:
        raise refuse_oauth(
            "BAD_CLIENT_SECRET", "invalid_client", "missing or invalid client secret"
        )


def _exchange(world: World) -> dict[str, Any]:
    grant_type = request.form.get("grant_type")
    if grant_type == "authorization_code":
        code = _take_code(world)
        grant = world.hubspot.install(code.portal_id, code.user_id, code.scopes)
        return _token_answer(world, grant)
    if grant_type == "refresh_token":
        known = world.hubspot.grants.get(request.form.get("refresh_token", ""))
        if known is None or known.revoked or known.portal_id not in world.hubspot.portals:
            message = "missing or invalid refresh token"
            raise refuse_oauth("BAD_REFRESH_TOKEN", "invalid_grant", message)
        if world.switches["rotate_refresh_tokens"]:
            world.hubspot.rotate(known)
        return _token_answer(world, known)
    if grant_type == "client_credentials":
        scopes = tuple(request.form.get("scope", "").split())
        token = world.hubspot.issue_access_token(0, 0, scopes)
        return {
            "token_type": "bearer",
            "access_token": token.token,
            "expires_in": world.hubspot.app.access_token_seconds,
            "scopes": list(scopes),
            "token_use": "client_credentials",
        }
    raise refuse_oauth("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type")


def _take_code(world: World) -> AuthorizationCode:
    code = world.hubspot.codes.get(request.form.get("code", ""))
    if code is None or code.used or code.expires_at <= world.clock():
        raise refuse_oauth("BAD_AUTH_CODE", "invalid_grant", "missing or invalid auth code")
    if request.form.get("redirect_uri") != code.redirect_uri:
        message = "redirect_uri does not match the one used to authorize"
        raise refuse_oauth("BAD_REDIRECT_URI", "invalid_grant", message)
    if code.code_challenge:
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.code_challenge:
            raise refuse_oauth("BAD_CODE_VERIFIER", "invalid_grant", "invalid code verifier")
    code.used = True
    return code


def _token_answer(world: World, grant: Grant) -> dict[str, Any]:
    g.tenant = str(grant.portal_id)
    token = world.hubspot.issue_access_token(grant.portal_id, grant.user_id, grant.scopes)
    return {
        "token_type": "bearer",
        "access_token": token.token,
        "refresh_token": grant.refresh_token,
        "expires_in": world.hubspot.app.access_token_seconds,
        "hub_id": grant.portal_id,
        "scopes": list(grant.scopes),
        "user_id": grant.user_id,
        "token_use": "access_token",
    }


def _introspect(world: World) -> dict[str, Any]:
    text = request.form.get("token", "")
    token = world.hubspot.access_tokens.get(text)
    if token is not None and token.portal_id:
        return _describe_access_token(world, token)
    grant = world.hubspot.grants.get(text)
    if grant is not None and not grant.revoked:
        return _describe_grant(world, grant) | {"token_type": "refresh_token"}
    return {"active": False, "token": text, "token_type": "bearer"}


def _describe_grant(world: World, grant: Grant) -> dict[str, Any]:
    user = world.hubspot.portals[grant.portal_id].users.get(grant.user_id)
    return {
        "active": True,
        "token": grant.refresh_token,
        "token_use": "refresh_token",
        "hub_id": grant.portal_id,
        "hub_domain": f"portal-{grant.portal_id}.example",
        "user_id": grant.user_id,
        "user": user.email if user else "",
        "app_id": int(world.apps.hubspot_app_id),
        "client_id": world.apps.hubspot_client_id,
        "scopes": list(grant.scopes),
        "is_private_distribution": False,
    }


def _describe_access_token(world: World, token: AccessToken) -> dict[str, Any]:
    grant = Grant(token.portal_id, token.user_id, token.scopes, token.token)
    left = int((token.expires_at - world.clock()).total_seconds())
    signed = {
        "expiresAt": int(token.expires_at.timestamp() * 1000),
        "scopes": " ".join(token.scopes),
        "hubId": token.portal_id,
        "userId": token.user_id,
        "appId": int(world.apps.hubspot_app_id),
        "signature": "simulated",
        "newSignature": "simulated",
        "hublet": "na1",
        "isUserLevel": False,
        "isServiceAccount": False,
        "isPrivateDistribution": False,
        "installingUserId": token.user_id,
        "scopeToScopeGroupPks": "",
        "trialScopes": "",
        "trialScopeToScopeGroupPks": "",
    }
    described = _describe_grant(world, grant)
    described |= {
        "token_type": "bearer",
        "token_use": "access_token",
        "signed_access_token": signed,
    }
    return described | {"active": left > 0, "expires_in": max(left, 0)}


def _revoke(world: World) -> dict[str, Any]:
    grant = world.hubspot.grants.get(request.form.get("token", ""))
    if grant is not None:
        grant.revoked = True
    return {}


def _add_older_routes(routes: Blueprint, world: World) -> None:
    def refuse_unknown() -> Response:
        answer = jsonify({"status": "error", "message": "token is expired or invalid"})
        answer.status_code = 404
        return answer

    @routes.get("/oauth/v1/access-tokens/<token>")
    def read_access_token(token: str) -> Response:
        g.is_write = False
        known = world.hubspot.access_tokens.get(token)
        if known is None or not known.portal_id or known.expires_at <= world.clock():
            return refuse_unknown()
        return jsonify(_describe_access_token(world, known) | {"token_type": "access"})

    @routes.route("/oauth/v1/refresh-tokens/<token>", methods=["GET", "DELETE"])
    def read_refresh_token(token: str) -> Response:
        g.is_write = False
        grant = world.hubspot.grants.get(token)
        if grant is None or grant.revoked:
            return refuse_unknown()
        if request.method == "DELETE":
            grant.revoked = True
            return Response(status=204)
        return jsonify(_describe_grant(world, grant) | {"token_type": "refresh"})
