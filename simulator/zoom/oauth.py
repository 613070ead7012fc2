"""Consent page, token endpoint and revocation.

https://developers.zoom.us/docs/integrations/oauth/
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template_string, request
from werkzeug.wrappers import Response as BaseResponse

from simulator.zoom.calls import json_answer
from simulator.zoom.errors import ZoomError
from simulator.zoom.grants import GrantError

if TYPE_CHECKING:
    from simulator.world import World

CONSENT_PAGE = """<!doctype html>
<html lang="en"><head><title>Zoom (simulated): authorize</title></head><body>
<h1>This app wants to use your Zoom account</h1>
<form method="post">
<label>Account <select name="account_id">
{% for account in accounts %}<option>{{ account.id }}</option>{% endfor %}
</select></label>
<label>You are <select name="user_id">
{% for account in accounts %}{% for user in account.users.values() %}
<option value="{{ user.id }}">{{ user.display_name }} ({{ user.email }})</option>
{% endfor %}{% endfor %}
</select></label>
<p>It asks for:</p><ul>{% for scope in scopes %}<li>{{ scope }}</li>{% endfor %}</ul>
<button name="decision" value="approve">Allow</button>
<button name="decision" value="deny">Decline</button>
</form></body></html>"""


def add_routes(blue: Blueprint, world: World) -> None:
    """Add the OAuth routes to the platform's blueprint."""

    @blue.get("/oauth/authorize")
    def ask_consent() -> BaseResponse:
        problem = _wrong_request(world)
        if problem:
            return Response(problem, 400, mimetype="text/plain")
        with world.lock:
            accounts = list(world.zoom.accounts.values())
            scopes = list(world.zoom.grants.app_scopes)
        return Response(render_template_string(CONSENT_PAGE, accounts=accounts, scopes=scopes))

    @blue.post("/oauth/authorize")
    def take_decision() -> BaseResponse:
        problem = _wrong_request(world)
        if problem:
            return Response(problem, 400, mimetype="text/plain")
        back = {"state": request.args["state"]} if request.args.get("state") else {}
        target = request.args["redirect_uri"]
        if request.form.get("decision") != "approve":
            return _send_back(target, {"error": "access_denied"} | back)
        try:
            code = _make_code(world)
        except ZoomError as error:
            return Response(error.message, 400, mimetype="text/plain")
        return _send_back(target, {"code": code} | back)

    @blue.post("/oauth/token")
    def give_tokens() -> Response:
        if not _is_our_app(world):
            reason = "Invalid client_id or client_secret"
            return json_answer({"reason": reason, "error": "invalid_client"}, 401)
        form = request.form
        try:
            with world.lock:
                grants = world.zoom.grants
                if form.get("grant_type") == "refresh_token":
                    return json_answer(grants.refresh(form.get("refresh_token", "")))
                if form.get("grant_type") != "authorization_code":
                    raise GrantError("unsupported grant type", "unsupported_grant_type")
                return json_answer(
                    grants.exchange(
                        form.get("code", ""),
                        form.get("redirect_uri", ""),
                        form.get("code_verifier", ""),
                    )
                )
        except GrantError as error:
            return json_answer({"reason": error.reason, "error": error.error}, error.status)

    @blue.post("/oauth/revoke")
    def revoke() -> Response:
        if not _is_our_app(world):
            reason = "Invalid client_id or client_secret"
            return json_answer({"reason": reason, "error": "invalid_client"}, 401)
        with world.lock:
            known = world.zoom.grants.revoke(request.form.get("token", ""))
        if not known:
            return json_answer({"reason": "Invalid Token!", "error": "invalid_request"}, 400)
        return json_answer({"status": "success"})


def _make_code(world: World) -> str:
    """A code for the account and the person chosen; the first ones when none are."""
    with world.lock:
        state, args = world.zoom, request.args
        if not state.accounts:
            raise ZoomError(400, 2001, "There is no Zoom account yet.")
        account_id = request.form.get("account_id") or next(iter(state.accounts))
        account = state.find_account(account_id)
        user_id = request.form.get("user_id") or next(iter(account.users), "")
        scopes = request.form.getlist("scope") or None
        return state.grants.make_code(
            account_id,
            user_id,
            args["redirect_uri"],
            args.get("code_challenge", ""),
            args.get("code_challenge_method", "plain"),
            scopes,
        )


def _wrong_request(world: World) -> str:
    """Why the authorize call cannot be served, in Zoom's words; empty when it can."""
    if request.args.get("client_id") != world.apps.zoom_client_id:
        return "Invalid client_id: (4,702)"
    if request.args.get("response_type") != "code":
        return "Invalid response_type: (4,700)"
    allowed = [uri.strip() for uri in str(world.zoom.switch("redirect_uris")).split(",") if uri]
    redirect_uri = request.args.get("redirect_uri", "")
    if not redirect_uri or (allowed and redirect_uri not in allowed):
        return "Invalid redirect: (4,709)"
    return ""


def _send_back(target: str, answer: dict[str, str]) -> BaseResponse:
    return redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}")


def _is_our_app(world: World) -> bool:
    """Whether the Basic header holds the app's client id and secret."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(text) if scheme.lower() == "basic" else b""
    except binascii.Error:
        return False
    wanted = f"{world.apps.zoom_client_id}:{world.apps.zoom_client_secret}".encode()
    return hmac.compare_digest(given, wanted)
