"""The plugins as cards: switched, ordered and asked again; each one's settings as a form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, request, url_for
from werkzeug.wrappers import Response

from api.errors import refuse
from api.parts import parts
from api.plugin_list import change_plugins, get_plugins
from api.settings import current_settings
from console.asking import ask
from console.blueprint import done, new_blueprint
from console.complaints import NONE, Complaints, attempt
from console.setting_pages import render_settings, save, try_on_last_webinar
from rollcall.description import SETTINGS_VERSION
from schemas.form_values import Shown, lay_out, read_form
from schemas.forms import FormField, describe_form

pages = new_blueprint("plugins")

MAX_FILE_BYTES = 128 * 1024
_WHOLE = FormField("", "json", "Settings", "Entered as JSON.", default={})


@pages.get("/settings/plugins")
def plugins() -> str:
    """Every plugin in the order they are asked, and those that could not be loaded."""
    listed = ask(get_plugins)
    on = [one["name"] for one in listed["results"] if one["enabled"]]
    return render_settings(
        "plugins.html", plugins=listed["results"], problems=listed["problems"], on=on
    )


@pages.post("/settings/plugins/<name>/switch")
def switch(name: str) -> Response:
    """Switch the plugin on or off."""
    is_on = request.form.get("on") == "yes"
    title = _find(name)["title"]
    change_plugins({name: {"enabled": is_on}})
    return _done(f"{title} is switched {'on' if is_on else 'off'}.", name)


@pages.post("/settings/plugins/<name>/move")
def move(name: str) -> Response:
    """Have the plugin asked earlier or later, by one place."""
    listed = ask(get_plugins)["results"]
    order = [one["name"] for one in listed if one["enabled"]]
    if name not in order:
        abort(404)
    step = -1 if request.form.get("to") == "earlier" else 1
    before = order.index(name)
    after = min(max(before + step, 0), len(order) - 1)
    order.insert(after, order.pop(before))
    change_plugins({one: {"order": place} for place, one in enumerate(order)})
    return _done(f"{_find(name)['title']} is asked as number {after + 1} of {len(order)}.", name)


@pages.post("/settings/plugins/<name>/retry")
def retry(name: str) -> Response:
    """Ask a plugin again about everybody it failed for; that ends its pause."""
    title = _find(name)["title"]
    change_plugins({name: {"retry": True}})
    return _done(f"{title} is asked again about everybody it failed for.", name)


@pages.get("/settings/plugins/<name>")
def plugin_settings(name: str) -> str:
    """The form of the plugin's settings."""
    plugin = _find(name)
    return _show(plugin, plugin["settings"], current_settings()["version"], NONE)


@pages.post("/settings/plugins/<name>")
def change(name: str) -> str | Response | tuple[str, int]:
    """Save the settings, or try them on the last webinar."""
    plugin, fields = _find(name), _fields(name)
    sent = request.form.to_dict(flat=False)
    entered: dict[str, Any] = read_form(fields, sent)
    if fields == (_WHOLE,):
        entered = entered.get("", {})
    patch = {"plugins": {name: {"settings": entered}}}
    answer: list[Response] = []
    is_trial = request.form.get("do") == "try"
    text = request.form.get("version", "")
    version = {"version": int(text)} if text.isascii() and text.isdigit() else {}

    def carry_out() -> None:
        if is_trial:
            answer.append(try_on_last_webinar(patch))
        else:
            save(patch | version)

    under = f"{'settings.' if is_trial else ''}plugins.{name}.settings"
    complaints = attempt(carry_out, under)
    if complaints:
        return _show(plugin, entered, current_settings()["version"], complaints), 400
    path = url_for("console_plugins.plugin_settings", name=name)
    return answer[0] if answer else done(f"Settings of {plugin['title']} saved.", path)


@pages.get("/settings/plugins/<name>/settings.json")
def export(name: str) -> FlaskResponse:
    """The plugin's settings as a file."""
    plugin = _find(name)
    told = {
        "plugin": name,
        "plugin_version": plugin["version"],
        "settings_version": plugin["settings_version"],
        "settings": plugin["settings"],
    }
    answer = FlaskResponse(json.dumps(told, indent=2) + "\n", mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.settings.json")
    return answer


@pages.post("/settings/plugins/<name>/import")
def take_in(name: str) -> str | Response | tuple[str, int]:
    """Save the settings of a file made by `export`, of this version of the plugin or an earlier."""
    plugin = _find(name)
    read: dict[str, Any] = {}

    def carry_out() -> None:
        read.update(_read_file(name))
        save({"plugins": {name: {"settings": read}}})

    complaints = attempt(carry_out, under=f"plugins.{name}.settings")
    if complaints:
        shown = {key: value for key, value in read.items() if key != SETTINGS_VERSION}
        version = current_settings()["version"]
        return _show(plugin, shown or plugin["settings"], version, complaints), 400
    path = url_for("console_plugins.plugin_settings", name=name)
    return done(f"Settings of {plugin['title']} taken from the file.", path)


def _read_file(name: str) -> dict[str, Any]:
    """The settings in the file that was sent, marked with the version of their shape."""
    file = request.files.get("file")
    body = file.read(MAX_FILE_BYTES + 1) if file is not None else b""
    if not body:
        refuse(400, "Nothing was changed.", ["file: Choose a file first."])
    try:
        told = json.loads(body) if len(body) <= MAX_FILE_BYTES else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("settings"), dict):
        refuse(400, "Nothing was changed.", ["file: This is no file of a plugin's settings."])
    if told.get("plugin") != name:
        what = f"file: These are settings of another plugin ({told.get('plugin')})."
        refuse(400, "Nothing was changed.", [what])
    return {**told["settings"], SETTINGS_VERSION: told.get("settings_version", 1)}


def _done(text: str, name: str) -> Response:
    return done(text, url_for("console_plugins.plugins", _anchor=f"plugin-{name}"))


def _find(name: str) -> dict[str, Any]:
    """The plugin as the API shows it; 404 when there is none of this name."""
    listed: list[dict[str, Any]] = ask(get_plugins)["results"]
    return next((one for one in listed if one["name"] == name), None) or abort(404)


def _fields(name: str) -> tuple[FormField, ...]:
    """The plugin's form; one field for everything where its schema cannot even be looked at."""
    plugin = parts().registry.find(name)
    described = plugin.description if plugin is not None else None
    if described is None or described.settings_schema is None:
        return ()
    try:
        return describe_form(described.settings_schema, described.defaults)
    except Exception:  # the schema is a plugin's own code
        return (_WHOLE,)


def _show(
    plugin: Mapping[str, Any], values: Mapping[str, Any], version: int, complaints: Complaints
) -> str:
    fields = _fields(plugin["name"])
    shown = lay_out(fields, {"": values} if fields == (_WHOLE,) else values)
    everything = list(_walk(shown))
    return render_settings(
        "plugin_settings.html",
        plugin=plugin,
        shown=shown,
        version=version,
        complaints=complaints,
        elsewhere=complaints.apart_from(
            [one.path for one in everything if not one.rows] + ["file"],
            [one.path for one in everything if one.rows],
        ),
    )


def _walk(shown: Sequence[Shown]) -> Iterator[Shown]:
    for one in shown:
        yield one
        for row in one.rows:
            yield from _walk(row)
