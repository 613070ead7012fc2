"""Global settings, and the Zoom users with their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from api.settings import current_settings
from api.users import get_user, get_users, patch_user
from console.asking import ask, load, read_query
from console.blueprint import done, new_blueprint, render_panel
from console.complaints import NONE, Complaints, attempt
from console.setting_pages import may_change, render_settings, save, try_on_last_webinar
from console.setting_words import SECTIONS
from schemas.api_webinars import UserPatch, UserQuery

pages = new_blueprint("settings")

MOST_FOUND = 20
MOST_NAMED = 200
SCOPES = ("webinar_sync", "recording_sync")
_CHOICES = tuple(choice for _, choices in SECTIONS for choice in choices)


@pages.get("/settings")
def settings() -> str:
    """Everything that holds for the whole portal, and the list of Zoom users."""
    return _show(current_settings(), NONE)


@pages.post("/settings")
def change() -> str | Response | tuple[str, int]:
    """Save, try out, or look for users to select: what was entered is never lost on the way."""
    now = current_settings()
    entered = _read(request.form, now)
    deed = request.form.get("do", "save")
    if deed == "find":
        return _show({**now, **entered}, NONE)
    patch = {name: value for name, value in entered.items() if name != "version"}
    version = {"version": entered["version"]} if deed == "save" else {}
    answer: list[Response] = []

    def carry_out() -> None:
        if deed == "preview":
            answer.append(try_on_last_webinar(patch))
        else:
            save(patch | version)

    complaints = attempt(carry_out, under="settings" if deed == "preview" else "")
    if complaints:
        # What is in force by now is what the next attempt builds on.
        latest = {"version": current_settings()["version"]}
        return _show({**now, **entered, **latest}, complaints), 400
    return answer[0] if answer else done("Saved.", url_for("console_settings.settings"))


@pages.post("/settings/begin")
def begin() -> Response:
    """The first choice after installing: sync everybody's webinars, or choose whose."""
    save({"webinar_sync": "all"})
    return done(
        "Rollcall syncs the webinars of every Zoom user from now on.",
        url_for("console_settings.settings"),
    )


@pages.post("/settings/find/<name>")
def find(name: str) -> str:
    """Who is ticked for the setting of that name, and whom is looked for: part of the page."""
    if name not in SCOPES:
        abort(404)
    finder = _finder(name, {f"{name}_users": request.form.getlist(f"{name}_users")})
    return render_template("parts/choose_users.html", finder=finder, name=f"{name}_users")


@pages.get("/settings/users/<user_id>")
def user(user_id: str) -> str:
    """The switches of one Zoom user's webinars."""
    found = ask(get_user, user_id=user_id)
    title = found["name"] or found["email"] or found["id"]
    return render_panel("parts/user_settings.html", title, user=found, may_change=may_change())


@pages.post("/settings/users/<user_id>")
def change_user(user_id: str) -> Response:
    """Save the switches; back to the list, at this user."""
    wanted = {name: name in request.form for name in ("sync_new_webinars", "sync_recordings")}
    changed = ask(patch_user, load(UserPatch, wanted), user_id=user_id)
    known_as = changed["email"] or changed["name"]
    path = url_for("console_settings.settings", search=known_as, _anchor="users")
    return done(f"Saved for {known_as or user_id}.", path)


def _show(values: Mapping[str, Any], complaints: Complaints) -> str:
    users = ask(get_users, read_query(UserQuery))
    finders = {name: _finder(name, values) for name in SCOPES}
    known = [*(choice.name for choice in _CHOICES), *(f"{name}_users" for name in SCOPES)]
    return render_settings(
        "settings.html",
        sections=SECTIONS,
        values={**values, "recreate_deleted": "yes" if values["recreate_deleted"] else "no"},
        finders=finders,
        is_nothing_synced=current_settings()["webinar_sync"] == "none",
        users=users["results"],
        paging=users["paging"],
        search=request.args.get("search", ""),
        complaints=complaints,
        elsewhere=complaints.apart_from([*known, "raw_retention_days"]),
    )


def _finder(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Who is selected, by name as far as they fit, and who might be."""
    chosen = list(dict.fromkeys(values[f"{name}_users"]))
    named = _users(ids=",".join(chosen[:MOST_NAMED])) if chosen else []
    by_id = {one["id"]: one for one in named}
    sought = request.form.get(f"find_{name}", "")
    return {
        "chosen": [by_id.get(one, {"id": one, "name": "", "email": ""}) for one in chosen],
        "search": sought,
        "found": _find(sought, chosen),
    }


def _find(text: str, chosen: list[str]) -> list[dict[str, Any]]:
    """Users who may be ticked as well: of that name or address, or just the first ones."""
    found = _users(
        search=text.strip(), limit=MOST_FOUND + min(len(chosen), MOST_NAMED - MOST_FOUND)
    )
    return [one for one in found if one["id"] not in set(chosen)][:MOST_FOUND]


def _users(**query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(get_users, load(UserQuery, {"limit": MOST_NAMED} | query))[
        "results"
    ]
    return found


def _read(form: MultiDict[str, str], now: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says, as the API takes it; what it does not hold stays as it is."""
    entered: dict[str, Any] = {"version": _number(form.get("version", ""), now["version"])}
    for choice in _CHOICES:
        entered[choice.name] = form.get(choice.name, now[choice.name])
        if choice.users:
            entered[choice.users] = list(dict.fromkeys(form.getlist(choice.users)))
    entered["recreate_deleted"] = form.get("recreate_deleted") == "yes"
    days = form.get("raw_retention_days", "")
    entered["raw_retention_days"] = _number(days, days)
    return entered


def _number(text: str, otherwise: Any) -> Any:
    """The whole number somebody entered; what the API will complain of when it is none."""
    return int(text) if text.isascii() and text.strip().isdigit() and len(text) < 9 else otherwise
