"""B10: the plugins as cards, and their settings as forms made from their schemas."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from marshmallow import Schema, validate
from marshmallow import fields as ma

from api.parts import EXTENSION
from engine.offences import Offence
from plugins.registry import Registry, load_plugin
from rollcall import PluginDescription, hookimpl
from schemas.form_values import KNOWN
from store.database import writing
from store.plugin_health import OFFENCES, note_offences
from store.settings import save_settings
from tests.console.settings_support import Admin, Page, admin, as_member
from tests.console.test_pages import NASTY, add_webinar, assert_inert
from tests.oauth.support import PORTAL

__all__ = ["admin"]

PATH = "/console/settings/plugins"
SCORE = f"{PATH}/score"


class Weights(Schema):
    minutes = ma.Float(load_default=1.0, validate=validate.Range(0, 10))
    polls = ma.Integer(load_default=0)


class ScoreSettings(Schema):
    label = ma.String(required=True, validate=validate.Length(min=2, max=20))
    audience = ma.String(load_default="all", validate=validate.OneOf(("all", "some")))
    is_shown = ma.Boolean(load_default=True)
    weights = ma.Nested(Weights)
    domains = ma.List(ma.String(validate=validate.Regexp(r"^[a-z.]+$", error="No domain.")))
    points = ma.Dict(ma.String(), ma.Integer())


class Score:
    """A plugin whose settings once had `name` for what is `label` now."""

    @hookimpl
    def describe_plugin(self) -> PluginDescription:
        return PluginDescription(
            "score",
            f"Score {NASTY[:20]}",
            "2.0.0",
            settings_schema=ScoreSettings,
            settings_version=2,
            migrate_settings=self.migrate,
        )

    @hookimpl
    def on_registrant(self) -> list[Any]:
        return []

    def migrate(self, values: Mapping[str, Any], version: int) -> Mapping[str, Any]:
        assert version == 1
        return {"label" if name == "name" else name: value for name, value in values.items()}


@pytest.fixture(scope="module", autouse=True)
def score(admin: Admin) -> Iterator[None]:
    """The plugin beside the built-in ones."""
    extensions = admin.site.app.extensions
    before = extensions[EXTENSION]
    plugins = (*before.registry.plugins, load_plugin(Score()))
    extensions[EXTENSION] = replace(before, registry=Registry(plugins))
    yield
    extensions[EXTENSION] = before


def stored(admin: Admin) -> dict[str, Any]:
    values: dict[str, Any] = admin.settings()["plugins"]["score"]["settings"]
    return values


def store(admin: Admin, settings: Mapping[str, Any]) -> None:
    """Keep settings as an earlier version of the plugin would have."""
    with writing(admin.site.engine) as connection:
        now = admin.site.app.extensions[EXTENSION].clock()
        forms = admin.site.app.extensions[EXTENSION].plugin_forms()
        loose = {"score": replace(forms["score"], version=1, schema=_Loose)}
        patch = {"plugins": {"score": {"settings": settings}}}
        save_settings(connection, str(PORTAL), patch, "", now, loose)


class _Loose(Schema):
    class Meta:
        unknown = "include"


FORM = {
    "f.label": "Gold",
    "f.audience": "some",
    "f.weights.minutes": "2.5",
    "f.weights.polls": "3",
    "f.domains": "acme.no\r\nbeta.no",
    f"f.points{KNOWN}": "0",
    "f.points.0.key": "gold",
    "f.points.0.value": "5",
    "do": "save",
}
MEANT = {
    "label": "Gold",
    "audience": "some",
    "is_shown": False,
    "weights": {"minutes": 2.5, "polls": 3},
    "domains": ["acme.no", "beta.no"],
    "points": {"gold": 5},
}


class TestCards:
    def test_B10_each_plugin_says_what_it_is_and_how_it_fares(self, admin: Admin) -> None:
        page = admin.page(PATH)
        for words in ("Exclusions", "Recordings", "version 1.0.0", "should_exclude", "Healthy"):
            assert words in page.words
        assert f"{PATH}/recordings" in page.links()
        assert f"{PATH}/audit" not in page.links(), "it has nothing to set"
        assert "nothing to set" in admin.page(f"{PATH}/audit").words

    def test_B10_a_plugin_is_switched_off_and_on(self, admin: Admin) -> None:
        page = admin.done(f"{PATH}/audit/switch", on="no")
        assert "is switched off." in page.words
        assert admin.settings()["plugins"]["audit"]["enabled"] is False
        assert "is switched on." in admin.done(f"{PATH}/audit/switch", on="yes").words
        assert admin.settings()["plugins"]["audit"]["enabled"] is True

    def test_B10_the_order_is_changed_by_buttons(self, admin: Admin) -> None:
        def order() -> list[str]:
            listed = admin.browser.get("/api/plugins").json["results"]
            return [one["name"] for one in listed if one["enabled"]]

        before = order()
        name = before[2]
        page = admin.done(f"{PATH}/{name}/move", to="earlier")
        assert order() == [before[0], name, before[1], *before[3:]]
        assert f"as number 2 of {len(before)}" in page.words
        admin.done(f"{PATH}/{name}/move", to="later")
        assert order() == before
        admin.done(f"{PATH}/{before[0]}/move", to="earlier")
        assert order() == before, "the first stays the first"

    def test_P11_a_paused_plugin_says_what_it_did_and_is_tried_again(self, admin: Admin) -> None:
        with writing(admin.site.engine) as connection:
            now = admin.site.app.extensions[EXTENSION].clock()
            offence = Offence("score", "2.0.0", "in on_registrant: raised KeyError")
            note_offences(connection, str(PORTAL), [offence], now)
        assert "Last failure: in on_registrant: raised KeyError" in admin.page(PATH).words
        with writing(admin.site.engine) as connection:
            for _ in range(OFFENCES):
                note_offences(connection, str(PORTAL), [offence], now)
        words = admin.page(PATH).words
        assert "Paused" in words
        assert "failed 3 times in a row, last in on_registrant: raised KeyError" in words
        assert "What it means:" in words
        assert "How to fix it:" in words
        page = admin.done(f"{PATH}/score/retry")
        assert "is asked again about everybody" in page.words
        assert "Paused" not in page.words

    @pytest.mark.parametrize("deed", ["switch", "move", "retry", "import", ""])
    def test_a_plugin_nobody_has_is_not_there(self, admin: Admin, deed: str) -> None:
        assert admin.send(f"{PATH}/nobody/{deed}".rstrip("/")).status_code == 404

    @pytest.mark.parametrize("deed", ["switch", "move", "retry", ""])
    def test_only_who_may_changes_anything(self, admin: Admin, deed: str) -> None:
        before = admin.settings()
        with as_member(admin.site):
            assert "takes a super admin" in admin.page(PATH).words
            answer = admin.send(f"{PATH}/score/{deed}".rstrip("/"), **FORM)
            assert answer.status_code == 403
        assert admin.settings() == before

    def test_X11_what_plugins_say_of_themselves_stays_text(self, admin: Admin) -> None:
        for path in (PATH, SCORE):
            assert_inert(admin.browser.get(path).text)


class TestForm:
    def test_B10_what_is_entered_is_stored_and_shown_again(self, admin: Admin) -> None:
        page = admin.done(SCORE, **FORM)
        assert stored(admin) == MEANT | {"$version": 2}
        assert page.value("f.label") == "Gold"
        assert page.value("f.weights.minutes") == "2.5"
        assert "checked" not in page.fields("f.is_shown")[0]
        assert page.value("f.points.0.key") == "gold"
        assert page.value(f"f.points{KNOWN}") == "1"
        assert "acme.no" in page.words
        sent = FORM | {f"f.points{KNOWN}": "1", "f.is_shown": "on"}
        admin.done(SCORE, **sent)
        assert stored(admin) == MEANT | {"is_shown": True, "$version": 2}

    @pytest.mark.parametrize(
        ("name", "text", "words"),
        [
            ("f.label", "", "Missing data for required field."),
            ("f.label", "x", "Length must be between 2 and 20."),
            ("f.audience", "nobody", "Must be one of: all, some."),
            ("f.weights.minutes", "11", "Must be greater than or equal to 0 and less than"),
            ("f.weights.polls", "many", "Not a valid integer."),
            ("f.domains", "fine.no\nNO!", "Line 2: No domain."),
            ("f.points.0.value", "x", "Not a valid integer."),
        ],
    )
    def test_B10_the_schemas_words_are_beside_the_field_and_nothing_is_lost(
        self, admin: Admin, name: str, text: str, words: str
    ) -> None:
        before = admin.settings()
        answer = admin.send(SCORE, **FORM | {name: text})
        page = Page(answer.text)
        assert answer.status_code == 400
        assert words in page.words
        (field,) = page.fields(name)
        complaint = str(field["aria-describedby"]).split()[-1]
        assert field["aria-invalid"] == "true"
        assert page.by_id(complaint)["class"] == "complaint"
        if field.get("type"):
            assert field["value"] == text
        assert page.value("f.weights.polls") == FORM["f.weights.polls"] or "polls" in name
        assert admin.settings() == before

    def test_B3_unsaved_settings_are_tried_on_the_last_webinar(self, admin: Admin) -> None:
        before = admin.settings()
        add_webinar(admin.site, topic="Autumn release")
        page = admin.done(SCORE, **FORM | {"f.label": "Silver", "do": "try"})
        assert "Trying this on “Autumn release”" in page.words
        assert admin.settings() == before
        answer = admin.send(SCORE, **FORM | {"f.label": "x", "do": "try"})
        assert answer.status_code == 400
        assert "Length must be between 2 and 20." in Page(answer.text).words

    def test_what_another_person_saved_meanwhile_is_not_overwritten(self, admin: Admin) -> None:
        admin.done(SCORE, **FORM)
        version = str(admin.settings()["version"])
        admin.done(SCORE, **FORM | {"f.label": "Other"})
        answer = admin.send(SCORE, **FORM | {"f.label": "Mine", "version": version})
        assert answer.status_code == 400
        assert "Somebody else changed the settings meanwhile" in Page(answer.text).words
        assert stored(admin)["label"] == "Other"

    def test_zero_bytes_and_numbers_without_end_are_refused(self, admin: Admin) -> None:
        for text in ("a\x00b", "NaN"):
            answer = admin.send(SCORE, **FORM | {"f.label": text, "f.weights.minutes": text})
            assert answer.status_code == 400


class TestVersions:
    def test_B10_settings_of_version_1_are_shown_and_used_as_version_2(self, admin: Admin) -> None:
        store(admin, {"name": "Old gold", "audience": "some"})
        assert "$version" not in stored(admin)
        page = admin.page(SCORE)
        assert page.value("f.label") == "Old gold"
        assert "cannot be used" not in page.words
        plugin = admin.site.app.extensions[EXTENSION].registry.find("score")
        assert plugin.load_settings(stored(admin))["label"] == "Old gold"
        admin.done(SCORE, **FORM)
        assert stored(admin)["$version"] == 2

    def test_B10_settings_of_a_version_to_come_are_named_and_not_guessed(
        self, admin: Admin
    ) -> None:
        store(admin, {"label": "Gold"})
        with writing(admin.site.engine) as connection:
            forms = admin.site.app.extensions[EXTENSION].plugin_forms()
            later = {"score": replace(forms["score"], version=3, schema=_Loose)}
            patch = {"plugins": {"score": {"settings": {"label": "From later"}}}}
            now = admin.site.app.extensions[EXTENSION].clock()
            save_settings(connection, str(PORTAL), patch, "", now, later)
        words = "they are of version 3, and this plugin knows 2 at most"
        assert words in admin.page(PATH).words
        assert words in admin.page(SCORE).words
        admin.done(SCORE, **FORM)
        assert words not in admin.page(SCORE).words

    def test_B10_a_file_goes_out_and_comes_back(self, admin: Admin) -> None:
        admin.done(SCORE, **FORM)
        answer = admin.browser.get(f"{SCORE}/settings.json")
        assert "score.settings.json" in answer.headers["Content-Disposition"]
        told = answer.json
        assert told["settings"] == MEANT
        assert (told["plugin"], told["settings_version"]) == ("score", 2)
        admin.done(SCORE, **FORM | {"f.label": "Other"})
        page = send_file(admin, answer.data)
        assert "taken from the file" in page.words
        assert stored(admin) == MEANT | {"$version": 2}

    def test_B10_a_file_of_version_1_is_brought_up_to_date(self, admin: Admin) -> None:
        told = {"plugin": "score", "settings_version": 1, "settings": {"name": "Filed"}}
        assert "taken from the file" in send_file(admin, json.dumps(told).encode()).words
        assert stored(admin) == {"label": "Filed", "$version": 2}

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "Choose a file first."),
            (b"no json", "This is no file of a plugin's settings."),
            (b"[]", "This is no file of a plugin's settings."),
            (b'{"plugin": "audit", "settings": {}}', "settings of another plugin (audit)"),
            (b'{"plugin": "score", "settings": {"name": "x"}}', "Length must be between 2 and 20."),
            (
                b'{"plugin": "score", "settings_version": 9, "settings": {}}',
                "they are of version 9, and this plugin knows 2 at most",
            ),
            (b'{"plugin": "score", "settings": {"name": "ok", "odd": 1}}', "odd: Unknown field."),
        ],
    )
    def test_B10_a_file_that_does_not_fit_says_why(
        self, admin: Admin, body: bytes, words: str
    ) -> None:
        before = admin.settings()
        assert words in send_file(admin, body, status=400).words
        assert admin.settings() == before


def send_file(admin: Admin, body: bytes, status: int = 303) -> Page:
    """Import a file; the page that says what came of it."""
    form: dict[str, Any] = {"file": (io.BytesIO(body), "settings.json")}
    answer = admin.send(f"{SCORE}/import", **form)
    assert answer.status_code == status, Page(answer.text).words
    return admin.page(answer.headers["Location"]) if status == 303 else Page(answer.text)
