"""Steering the simulated Zoom: accounts, people, grants; webinars and webhooks have own modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator.zoom import control_webhooks, control_webinars, events, truth
from simulator.zoom.calls import error_answer, json_answer
from simulator.zoom.errors import ZoomError
from simulator.zoom.limits import check_plan
from simulator.zoom.model import User

if TYPE_CHECKING:
    from simulator.world import World


def json_body() -> dict[str, Any]:
    """The request's JSON object, empty when there is no body."""
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def control_blueprint(world: World) -> Blueprint:
    """Routes under `/control/zoom`."""
    blue = Blueprint("zoom_control", __name__)
    blue.register_error_handler(ZoomError, error_answer)
    for kind in (TypeError, ValueError, KeyError, AttributeError):
        blue.register_error_handler(kind, _refuse)
    _add_accounts(blue, world)
    _add_users(blue, world)
    _add_grants(blue, world)
    control_webinars.add_routes(blue, world)
    control_webhooks.add_routes(blue, world)
    return blue


def _refuse(error: Exception) -> Response:
    return json_answer({"message": f"{type(error).__name__}: {error}"}, 400)


def _add_accounts(blue: Blueprint, world: World) -> None:
    @blue.route("/accounts", methods=["GET", "POST"])
    def accounts() -> Response:
        with world.lock:
            state, body = world.zoom, json_body()
            if request.method == "GET":
                shown = [truth.account(state, account) for account in state.accounts.values()]
                return json_answer({"accounts": shown})
            account = state.add_account(
                str(body.get("account_id", "")), str(body.get("plan", "pro")), body.get("users")
            )
            return json_answer(truth.account(state, account), 201)

    @blue.route("/accounts/<account_id>", methods=["GET", "PATCH", "DELETE"])
    def account(account_id: str) -> Response:
        with world.lock:
            state = world.zoom
            shown = state.find_account(account_id)
            if request.method == "DELETE":
                state.remove_account(account_id)
                return json_answer({"removed": account_id})
            for name, value in json_body().items():
                setattr(shown, name, check_plan(value) if name == "plan" else value)
            return json_answer(truth.account(state, shown))


def _add_users(blue: Blueprint, world: World) -> None:
    def change(
        account_id: str, user_id: str, act: Callable[[User, dict[str, Any]], None]
    ) -> Response:
        with world.lock:
            account = world.zoom.find_account(account_id)
            act(world.zoom.find_user(account, user_id), json_body())
            return json_answer(truth.account(world.zoom, account))

    @blue.post("/accounts/<account_id>/users")
    def add_user(account_id: str) -> Response:
        with world.lock:
            body = json_body()
            silent = bool(body.pop("silent", False))
            user = world.zoom.add_user(world.zoom.find_account(account_id), body)
            if not silent:
                events.user_changed(world.zoom, account_id, user, "created")
            return json_answer({"id": user.id, "email": user.email}, 201)

    @blue.patch("/accounts/<account_id>/users/<user_id>")
    def change_user(account_id: str, user_id: str) -> Response:
        def act(user: User, body: dict[str, Any]) -> None:
            silent = bool(body.pop("silent", False))
            old = {name: getattr(user, name) for name in body}
            for name, value in body.items():
                setattr(user, name, value)
            if not silent:
                events.user_changed(world.zoom, account_id, user, "updated", old)

        return change(account_id, user_id, act)

    @blue.post("/accounts/<account_id>/users/<user_id>/<event>")
    def end_user(account_id: str, user_id: str, event: str) -> Response:
        """`deactivated`, `activated`, `deleted` or `disassociated`."""

        def act(user: User, body: dict[str, Any]) -> None:
            if event in ("deleted", "disassociated"):
                del world.zoom.accounts[account_id].users[user.id]
            elif event in ("deactivated", "activated"):
                user.status = "inactive" if event == "deactivated" else "active"
            else:
                raise ValueError(f"nothing called {event} happens to a user")
            if not body.get("silent"):
                events.user_changed(world.zoom, account_id, user, event)

        return change(account_id, user_id, act)


def _add_grants(blue: Blueprint, world: World) -> None:
    @blue.post("/accounts/<account_id>/grants")
    def install(account_id: str) -> Response:
        """Tokens as if the person had consented: `{user_id?, scopes?}`."""
        with world.lock:
            state, body = world.zoom, json_body()
            account = state.find_account(account_id)
            reference = str(body.get("user_id") or next(iter(account.users), ""))
            user = state.find_user(account, reference)
            return json_answer(state.grants.install(account_id, user.id, body.get("scopes")), 201)

    @blue.post("/grants/expire")
    def expire() -> Response:
        with world.lock:
            count = world.zoom.grants.expire_access_tokens(str(json_body().get("account_id", "")))
            return json_answer({"expired": count})

    @blue.put("/app/scopes")
    def change_scopes() -> Response:
        """The scopes the app asks for from now on; living grants keep theirs."""
        with world.lock:
            world.zoom.grants.app_scopes = list(json_body()["scopes"])
            return json_answer({"scopes": world.zoom.grants.app_scopes})

    @blue.post("/deauthorize")
    def deauthorize() -> Response:
        """The customer removes the app: `{account_id, user_id?, silent?}`."""
        with world.lock:
            state, body = world.zoom, json_body()
            account = state.find_account(str(body["account_id"]))
            user_id = str(body.get("user_id", ""))
            removed = [
                grant.user_id
                for grant in state.grants.all()
                if grant.account_id == account.id and user_id in ("", grant.user_id)
            ]
            named = user_id or next(iter(removed or account.users), "")
            ended = state.grants.kill(account.id, user_id)
            if not body.get("silent"):
                events.app_deauthorized(state, account.id, named)
            account.is_subscribed = any(g.account_id == account.id for g in state.grants.all())
            return json_answer({"grants_ended": ended, "user_id": named})
