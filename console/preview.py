"""A preview of a webinar: what a run would do, under the rules in force or under others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from api.plugin_list import get_plugins
from api.runs import sync_webinar
from api.settings import get_settings
from api.webinars import get_webinar
from console.asking import ask, load
from console.blueprint import done, new_blueprint
from console.rule_words import CONTACT_EXCLUSION, SECONDARY_EMAIL
from schemas.api_webinars import SyncRequest

pages = new_blueprint("preview")

_CHOICES = ("contact_exclusion", "secondary_email")
_DOMAINS = "excluded_contact_domains"


@pages.get("/webinars/<webinar_id>/preview")
def preview(webinar_id: str) -> str:
    """What a preview is, and the rules to try, filled in with those in force."""
    settings = ask(get_settings)
    plugins = ask(get_plugins)["results"]
    values: MultiDict[str, str] = MultiDict({name: settings[name] for name in _CHOICES})
    values[_DOMAINS] = "\n".join(settings[_DOMAINS])
    values.setlist("plugins", [one["name"] for one in plugins if one["enabled"]])
    return _show(webinar_id, plugins, values, [])


@pages.post("/webinars/<webinar_id>/preview")
def start(webinar_id: str) -> Any:
    """Start the dry run; what is wrong with the rules is said beside them."""
    plugins = ask(get_plugins)["results"]
    patch = read_patch(request.form, ask(get_settings), plugins)
    wanted: dict[str, Any] = {"dry_run": True}
    wanted |= {"occurrence": request.form["occurrence"]} if request.form.get("occurrence") else {}
    wanted |= {"settings": patch} if patch else {}
    try:
        started = ask(sync_webinar, load(SyncRequest, wanted), webinar_id=webinar_id)
    except HTTPException as error:
        errors: list[str] = (getattr(error, "data", None) or {}).get("errors", [])
        if error.code != 400 or not errors:
            raise
        return Response(_show(webinar_id, plugins, request.form, errors), 400)
    return done(
        "Looking at what would change. Nothing is written.",
        url_for("console_runs.run", run_id=started["run_id"]),
    )


def read_patch(
    form: MultiDict[str, str], settings: Mapping[str, Any], plugins: list[dict[str, Any]]
) -> dict[str, Any]:
    """The rules of the form that differ from those in force, as a patch of the settings."""
    patch: dict[str, Any] = {
        name: form[name] for name in _CHOICES if form.get(name, settings[name]) != settings[name]
    }
    domains = form.get(_DOMAINS, "").replace(",", " ").split()
    if _DOMAINS in form and sorted(domains) != sorted(settings[_DOMAINS]):
        patch[_DOMAINS] = domains
    if "has_plugins" in form:
        on = set(form.getlist("plugins"))
        switched = {one["name"]: one["name"] in on for one in plugins}
        changed = {
            one["name"]: {"enabled": switched[one["name"]]}
            for one in plugins
            if switched[one["name"]] is not one["enabled"]
        }
        patch |= {"plugins": changed} if changed else {}
    return patch


def _show(
    webinar_id: str,
    plugins: list[dict[str, Any]],
    values: MultiDict[str, str],
    errors: list[str],
) -> str:
    return render_template(
        "preview.html",
        webinar=ask(get_webinar, webinar_id=webinar_id),
        plugins=plugins,
        values=values,
        on=values.getlist("plugins"),
        errors=errors,
        domain_errors=[
            one.partition(": ")[2] for one in errors if one.startswith(f"settings.{_DOMAINS}")
        ],
        CONTACT_EXCLUSION=CONTACT_EXCLUSION,
        SECONDARY_EMAIL=SECONDARY_EMAIL,
    )
