"""Settings: defaults, patches, and every bad key named."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from schemas.plugin_forms import PluginForm
from schemas.tenant_settings import (
    Settings,
    apply_patch,
    dump_settings,
    list_problems,
    load_settings,
)


class Points(Schema):
    points = fields.Integer(required=True, validate=validate.Range(min=1))
    value = fields.String()


class Broken(Schema):
    def load(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a plugin's bug")


FORMS = {
    "loyalty": PluginForm(Points, {"points": 3}),
    "audit": PluginForm(),
    "broken": PluginForm(Broken),
}


def problems(patch: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        apply_patch({}, patch, FORMS)
    return list_problems(caught.value.messages)


def test_S07_a_fresh_install_syncs_nothing() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert (settings.webinar_sync, settings.recording_sync) == ("none", "none")


@pytest.mark.parametrize("scope", ["none", "all", "selected"])
def test_S07_the_scope_is_none_all_or_selected_users(scope: str) -> None:
    values = apply_patch({}, {"webinar_sync": scope, "webinar_sync_users": ["u1"]}, FORMS)
    settings = load_settings(values)
    assert (settings.webinar_sync, settings.webinar_sync_users) == (scope, ("u1",))


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("ACME.no", "acme.no"),
        (" acme.no ", "acme.no"),
        ("@acme.no", "acme.no"),
        ("*.Acme.no", "*.acme.no"),
        ("bücher.example", "bücher.example"),
        ("a.b.c.example", "a.b.c.example"),
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("excluded_host_domains", id="S08"),
        pytest.param("excluded_recording_domains", id="S09"),
        pytest.param("excluded_contact_domains", id="S10"),
    ],
)
def test_a_domain_is_kept_in_lower_case(name: str, entered: str, kept: str) -> None:
    assert apply_patch({}, {name: [entered, entered]}, FORMS)[name] == [kept]


@pytest.mark.parametrize(
    "entered",
    ["", "acme", "a b.no", "*.no.", "*", "**.acme.no", "jo@acme.no", "1.2.3.4", "-a.no", 7, None],
)
def test_what_is_no_domain_is_refused_by_its_place_in_the_list(entered: Any) -> None:
    found = problems({"excluded_contact_domains": ["acme.no", entered]})
    assert len(found) == 1
    assert found[0].startswith("excluded_contact_domains.1: ")


def test_every_unknown_key_and_bad_value_is_named_at_once() -> None:
    found = problems(
        {
            "bogus": 1,
            "webinar_sync": "some",
            "raw_retention_days": 0,
            "question_mapping": {"Role?": "Job Title", "last_name": "company", "": "city"},
            "question_answers": {"Role?": {"chef": "", "": "Chef"}, "Diet": "vegan"},
            "plugins": {
                "loyalty": {"settings": {"points": 0, "colour": "red"}},
                "audit": {"settings": {"x": 1}},
                "nobody": {"enabled": True},
                "broken": {"settings": {}},
            },
        }
    )
    assert {line.partition(":")[0] for line in found} == {
        "bogus",
        "webinar_sync",
        "raw_retention_days",
        "question_mapping.Role?",
        "question_mapping.last_name",
        "question_mapping.",
        "question_answers.Role?.chef",
        "question_answers.Role?.",
        "question_answers.Diet",
        "plugins.loyalty.settings.points",
        "plugins.loyalty.settings.colour",
        "plugins.audit.settings",
        "plugins.nobody",
        "plugins.broken.settings",
    }


def test_a_setting_called_value_keeps_its_name_in_the_complaint() -> None:
    found = problems({"plugins": {"loyalty": {"settings": {"value": 7}}}})
    assert found == ["plugins.loyalty.settings.value: Not a valid string."]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("excluded_contact_domains", [f"d{n}.example" for n in range(501)]),
        ("webinar_sync_users", ["u"] * 5001),
        ("plugins", {"loyalty": {"settings": {"value": "x" * 70_000}}}),
    ],
    ids=["domains", "users", "plugin settings"],
)
def test_nothing_grows_without_bound(name: str, value: Any) -> None:
    assert len(problems({name: value})) == 1


def test_a_patch_leaves_the_rest_as_it_was() -> None:
    first = apply_patch({}, {"webinar_sync": "all", "excluded_contact_domains": ["a.no"]}, FORMS)
    second = apply_patch(first, {"excluded_contact_domains": []}, FORMS)
    assert second == {**first, "excluded_contact_domains": []}


def test_a_plugin_is_patched_key_by_key_and_defaults_complete_its_form() -> None:
    first = apply_patch({}, {"plugins": {"loyalty": {"settings": {"value": "x"}}}}, FORMS)
    second = apply_patch(first, {"plugins": {"loyalty": {"enabled": False}}}, FORMS)
    assert second["plugins"]["loyalty"] == {
        "enabled": False,
        "order": None,
        "settings": {"value": "x"},
    }


def test_a_plugin_that_is_not_installed_any_more_can_be_switched_off() -> None:
    before = apply_patch({}, {"plugins": {"audit": {"enabled": True}}}, FORMS)
    after = apply_patch(before, {"plugins": {"audit": {"enabled": False}}}, {})
    assert load_settings(after).plugin_order(["exclusions"]) == ("exclusions",)


def test_plugins_are_asked_as_declared_unless_the_portal_says_otherwise() -> None:
    patch = {
        "plugins": {
            "loyalty": {"order": 0},
            "audit": {"enabled": False},
        }
    }
    settings = load_settings(apply_patch({}, patch, FORMS))
    assert settings.plugin_order(["exclusions", "audit", "loyalty"]) == ("exclusions", "loyalty")
    assert settings.plugin_order(["audit", "exclusions", "x"]) == ("loyalty", "exclusions", "x")


def test_settings_survive_storing() -> None:
    patch = {
        "webinar_sync": "selected",
        "webinar_sync_users": ["u1"],
        "question_mapping": {"Role?": "jobtitle"},
        "question_answers": {"Role?": {"chef_1": "Pastry chef"}},
        "plugins": {"loyalty": {"order": 2, "settings": {"points": 5}}},
    }
    values = apply_patch({}, patch, FORMS)
    assert dump_settings(load_settings(values)) == values


def test_what_a_later_version_stored_is_passed_over() -> None:
    stored = {"webinar_sync": "all", "later": 1, "plugins": {"audit": {"later": 1}}}
    assert load_settings(stored).webinar_sync == "all"
