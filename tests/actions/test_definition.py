"""The action's definition for HubSpot's project: it has to agree with what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hubspot.automation.actions import models

import actions.routes
from actions.parts import ActionParts
from engine.registration_outcomes import OUTCOMES
from schemas.hubspot_actions import CONTACT_PROPERTIES, OUTPUT_FIELDS, WEBINAR_FIELD

FOLDER = (
    Path(__file__).resolve().parents[2]
    / "marketplace"
    / "hubspot"
    / "src"
    / "app"
    / "workflow-actions"
)
FILE = FOLDER / "add-to-webinar-hsmeta.json"
ROOT = "${ROLLCALL_URL}"


@pytest.fixture(scope="module")
def definition() -> Any:
    return json.loads(FILE.read_text())


def names_of(model: Any) -> set[str]:
    """The keys HubSpot's own client knows of an object."""
    return set(model.attribute_map.values())


def field(listed: list[Any], name: str) -> Any:
    """The field of that name."""
    return next(one for one in listed if one["typeDefinition"]["name"] == name)


def test_it_is_a_component_of_a_project_S44(definition: Any) -> None:
    assert definition["type"] == "workflow-action"
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", definition["uid"])
    config = definition["config"]
    assert config["objectTypes"] == ["CONTACT"]
    assert config["supportedClients"] == [{"client": "WORKFLOWS"}]


def test_hubspots_client_knows_every_key(definition: Any) -> None:
    config = dict(definition["config"])
    # Two keys are of the project's file alone.
    assert {config.pop("isPublished"), bool(config.pop("supportedClients"))} == {True}
    assert set(config) <= names_of(models.PublicActionDefinitionEgg)
    for given in (*config["inputFields"], *config["outputFields"]):
        assert set(given) <= names_of(models.InputFieldDefinition)
        assert set(given["typeDefinition"]) <= names_of(models.FieldTypeDefinition)
    for rule in config["executionRules"]:
        assert set(rule) == names_of(models.PublicExecutionTranslationRule)
    assert set(config["labels"]["en"]) == names_of(models.PublicActionLabels)
    assert set(config["objectRequestOptions"]) == names_of(models.PublicObjectRequestOptions)


def test_its_addresses_are_routes_of_ours(definition: Any) -> None:
    app = Flask("test")
    parts = ActionParts(None, "secret", "https://rollcall.example", lambda pool: None)  # type: ignore[arg-type]
    app.register_blueprint(actions.routes.blueprint(parts))
    routes = {ROOT + str(rule) for rule in app.url_map.iter_rules()}
    config = definition["config"]
    webinar = field(config["inputFields"], WEBINAR_FIELD)
    assert {config["actionUrl"], webinar["typeDefinition"]["optionsUrl"]} <= routes


def test_the_webinar_is_chosen_from_the_list_or_a_property_S41_S46(definition: Any) -> None:
    config = definition["config"]
    assert [one["typeDefinition"]["name"] for one in config["inputFields"]] == [WEBINAR_FIELD]
    webinar = config["inputFields"][0]
    assert webinar["isRequired"]
    assert webinar["supportedValueTypes"] == ["STATIC_VALUE", "OBJECT_PROPERTY"]
    assert config["labels"]["en"]["actionName"] == "Add contact to Zoom webinar"
    assert config["objectRequestOptions"]["properties"] == list(CONTACT_PROPERTIES)


def test_a_workflow_can_branch_on_every_outcome_B13(definition: Any) -> None:
    config = definition["config"]
    assert [one["typeDefinition"]["name"] for one in config["outputFields"]] == list(OUTPUT_FIELDS)
    options = field(config["outputFields"], "outcome")["typeDefinition"]["options"]
    assert {one["value"]: one["label"] for one in options} == {
        name: one.label for name, one in OUTCOMES.items()
    }
    rules = {one["labelName"]: one["conditions"] for one in config["executionRules"]}
    assert rules == {name: {"outcome": name} for name in OUTCOMES}


def test_everything_has_a_label(definition: Any) -> None:
    config = definition["config"]
    labels = config["labels"]["en"]
    assert set(labels["inputFieldLabels"]) == {WEBINAR_FIELD}
    assert set(labels["outputFieldLabels"]) == set(OUTPUT_FIELDS)
    assert set(labels["executionRules"]) == set(OUTCOMES)
    assert f"{{{{{WEBINAR_FIELD}}}}}" in labels["actionCardContent"]


def test_the_how_to_names_every_outcome() -> None:
    how_to = (FOLDER.parents[4] / "docs" / "how-to" / "register-from-a-workflow.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", how_to, re.MULTILINE)) == set(OUTCOMES)
