"""Property definitions and groups of contacts, calls and marketing events.

https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide
"""

from __future__ import annotations

import re
from typing import Any

from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints
from simulator.hubspot.errors import HubspotError, batch_entry, refuse
from simulator.hubspot.models import PropertyDefinition, PropertyGroup
from simulator.hubspot.properties import Schema
from simulator.hubspot.wire import batch_body, iso

READ = ("crm.schemas.contacts.read",)
WRITE = ("crm.schemas.contacts.write",)
BASE, OLD = "/crm/properties/{V}/<object_type>", "/crm/v3/properties/<object_type>"
NAME = re.compile(r"[a-z][a-z0-9_]*")
TYPES = {"string", "number", "bool", "enumeration", "date", "datetime", "phone_number"}
FIELD_TYPES = {
    "text", "textarea", "number", "booleancheckbox", "select", "radio", "checkbox", "date",
    "phonenumber", "html", "file",
}  # fmt: skip
MOST_UNIQUE = 10


def add_property_routes(endpoints: Endpoints) -> None:
    """Routes of properties, their groups and their limit."""
    add = endpoints.add
    for method, path, view in (
        ("GET", "", list_properties),
        ("GET", "/<name>", read),
        ("GET", "/groups", list_groups),
        ("GET", "/groups/<name>", read_group),
        ("POST", "/batch/read", batch_read),
    ):
        add(method, BASE + path, OLD + path, scopes=READ)(view)
    for method, path, view in (
        ("POST", "", create),
        ("PATCH", "/<name>", update),
        ("DELETE", "/<name>", archive),
        ("POST", "/groups", create_group),
        ("POST", "/batch/create", batch_create),
        ("POST", "/batch/archive", batch_archive),
    ):
        add(method, BASE + path, OLD + path, scopes=WRITE, write=True)(view)
    add("GET", "/crm/limits/{V}/custom-properties", scopes=READ)(read_limit)


def schema_of(call: ApiCall, object_type: str) -> Schema:
    """The schema of an object type named as in paths or by type id."""
    names = {"contact": "contacts", "0-1": "contacts", "call": "calls", "0-48": "calls"}
    names |= {"marketing_event": "marketing_events", "0-54": "marketing_events"}
    schema = call.portal.schemas.get(names.get(object_type, object_type))
    if schema is None:
        message = f"Unable to infer object type from: {object_type}"
        raise refuse(400, "VALIDATION_ERROR", message)
    return schema


def describe(call: ApiCall, item: PropertyDefinition) -> dict[str, Any]:
    """A definition in JSON."""
    moment = iso(call.world.clock())
    return {
        "name": item.name,
        "label": item.label,
        "type": item.type,
        "fieldType": item.field_type,
        "groupName": item.group_name,
        "description": item.description,
        "options": item.options,
        "displayOrder": item.display_order,
        "hasUniqueValue": item.has_unique_value,
        "formField": item.form_field,
        "hidden": item.hidden,
        "archived": item.archived,
        "hubspotDefined": not item.is_custom,
        "calculated": False,
        "externalOptions": False,
        "createdAt": moment,
        "updatedAt": moment,
    }


def list_properties(call: ApiCall, object_type: str) -> Answer:
    """Every live definition."""
    archived = call.flag("archived")
    items = schema_of(call, object_type).properties.values()
    return {"results": [describe(call, item) for item in items if item.archived == archived]}, 200


def read(call: ApiCall, object_type: str, name: str) -> Answer:
    """One definition."""
    return describe(call, _need(schema_of(call, object_type), name)), 200


def create(call: ApiCall, object_type: str) -> Answer:
    """One new definition."""
    return describe(call, _create(call, schema_of(call, object_type), call.body)), 201


def update(call: ApiCall, object_type: str, name: str) -> Answer:
    """Change label, group, options and the like; the options given replace those there."""
    item = _need(schema_of(call, object_type), name)
    if "options" in call.body:
        item.options = _checked_options(call.body["options"])
    item.label = call.body.get("label", item.label)
    item.description = call.body.get("description", item.description)
    item.group_name = call.body.get("groupName", item.group_name)
    item.field_type = call.body.get("fieldType", item.field_type)
    item.hidden = call.body.get("hidden", item.hidden)
    item.form_field = call.body.get("formField", item.form_field)
    item.display_order = call.body.get("displayOrder", item.display_order)
    return describe(call, item), 200


def archive(call: ApiCall, object_type: str, name: str) -> Answer:
    """Archive a definition; writes to it fail from now on."""
    item = schema_of(call, object_type).properties.get(name)
    if item is not None and item.is_custom:
        item.archived = True
    return None, 204


def batch_read(call: ApiCall, object_type: str) -> Answer:
    """Several definitions; one error entry names those not found."""
    for needed in ("archived", "dataSensitivity"):
        if call.version != "v3" and needed not in call.body:
            raise refuse(400, "VALIDATION_ERROR", f"Invalid input JSON: {needed} is required")
    schema, archived = schema_of(call, object_type), bool(call.body.get("archived"))
    found, missing = [], []
    for item in call.inputs():
        definition = schema.properties.get(str(item.get("name")))
        if definition is None or definition.archived != archived:
            missing.append(str(item.get("name")))
        else:
            found.append(describe(call, definition))
    errors = []
    if missing:
        not_found = refuse(404, "OBJECT_NOT_FOUND", "Some properties do not exist")
        errors = [batch_entry(not_found, {"name": missing})]
    return batch_body(call.world.clock(), found, errors), 207 if errors else 200


def batch_create(call: ApiCall, object_type: str) -> Answer:
    """Several new definitions, each by itself."""
    schema = schema_of(call, object_type)
    created, errors = [], []
    for item in call.inputs():
        try:
            created.append(describe(call, _create(call, schema, item)))
        except HubspotError as error:
            errors.append(batch_entry(error, {"name": [str(item.get("name"))]}))
    return batch_body(call.world.clock(), created, errors), 207 if errors else 201


def batch_archive(call: ApiCall, object_type: str) -> Answer:
    """Archive several definitions."""
    for item in call.inputs():
        archive(call, object_type, str(item.get("name")))
    return None, 204


def list_groups(call: ApiCall, object_type: str) -> Answer:
    """Every group."""
    groups = schema_of(call, object_type).groups.values()
    return {"results": [_describe_group(group) for group in groups]}, 200


def read_group(call: ApiCall, object_type: str, name: str) -> Answer:
    """One group."""
    group = schema_of(call, object_type).groups.get(name)
    if group is None:
        raise refuse(404, "OBJECT_NOT_FOUND", f"Property group {name} does not exist")
    return _describe_group(group), 200


def create_group(call: ApiCall, object_type: str) -> Answer:
    """A new group; 409 when the name is taken."""
    groups, name = schema_of(call, object_type).groups, str(call.body.get("name", ""))
    if not name or not call.body.get("label"):
        raise refuse(400, "VALIDATION_ERROR", "Invalid input JSON: name and label are required")
    if name in groups:
        message = f"A property group named {name} already exists."
        raise refuse(409, "OBJECT_ALREADY_EXISTS", message)
    order = int(call.body.get("displayOrder", -1))
    groups[name] = PropertyGroup(name, str(call.body["label"]), order)
    return _describe_group(groups[name]), 201


def read_limit(call: ApiCall) -> Answer:
    """How many custom properties each object type may still have."""
    limit = call.portal.settings.custom_property_limit
    used = call.portal.schemas["contacts"].custom_count()
    usage = {
        "objectTypeId": "0-1",
        "singularLabel": "Contact",
        "pluralLabel": "Contacts",
        "limit": limit,
        "usage": used,
        "percentage": round(100 * used / limit, 2) if limit else 100,
    }
    return {
        "overallLimit": limit,
        "overallUsage": used,
        "overallPercentage": usage["percentage"],
        "byObjectType": [usage],
    }, 200


def _describe_group(group: PropertyGroup) -> dict[str, Any]:
    return {
        "name": group.name,
        "label": group.label,
        "displayOrder": group.display_order,
        "archived": False,
    }


def _need(schema: Schema, name: str) -> PropertyDefinition:
    item = schema.properties.get(name)
    if item is None or item.archived:
        message = f"Property {name} of {schema.object_type} does not exist"
        raise refuse(404, "OBJECT_NOT_FOUND", message)
    return item


def _create(call: ApiCall, schema: Schema, body: dict[str, Any]) -> PropertyDefinition:
    name = str(body.get("name") or "")
    _check_definition(schema, name, body)
    existing = schema.properties.get(name)
    if existing is not None and not existing.archived:
        raise refuse(
            409,
            "OBJECT_ALREADY_EXISTS",
            f"A property named '{name}' already exists.",
            sub_category="Properties.PROPERTY_WITH_NAME_EXISTS",
        )
    if existing is not None:
        existing.archived = False
        return existing
    if schema.custom_count() >= call.portal.settings.custom_property_limit:
        message = "The limit of custom properties has been reached for this account."
        raise refuse(400, "VALIDATION_ERROR", message, sub_category="Properties.LIMIT_REACHED")
    item = PropertyDefinition(
        name=name,
        label=str(body["label"]),
        type=body["type"],
        field_type=body["fieldType"],
        group_name=body["groupName"],
        description=body.get("description") or "",
        options=_checked_options(body.get("options") or []),
        display_order=body.get("displayOrder") or -1,
        has_unique_value=bool(body.get("hasUniqueValue")),
        form_field=bool(body.get("formField")),
        hidden=bool(body.get("hidden")),
    )
    schema.properties[name] = item
    return item


def _check_definition(schema: Schema, name: str, body: dict[str, Any]) -> None:
    problems = []
    if not NAME.fullmatch(name):
        problems.append(f"Property name {name!r} must be lower case and start with a letter")
    if body.get("type") not in TYPES:
        problems.append(f"{body.get('type')} is not a property type")
    if body.get("fieldType") not in FIELD_TYPES:
        problems.append(f"{body.get('fieldType')} is not a field type")
    if not body.get("label"):
        problems.append("label is required")
    if body.get("groupName") not in schema.groups:
        problems.append(f"Property group {body.get('groupName')} does not exist")
    unique = sum(item.has_unique_value for item in schema.properties.values())
    if body.get("hasUniqueValue") and unique >= MOST_UNIQUE:
        problems.append(f"At most {MOST_UNIQUE} unique properties are allowed")
    if problems:
        raise refuse(400, "VALIDATION_ERROR", "; ".join(problems))


def _checked_options(options: Any) -> list[dict[str, Any]]:
    if not isinstance(options, list):
        raise refuse(400, "VALIDATION_ERROR", "Invalid input JSON: options must be a list")
    for option in options:
        missing = {"label", "value", "displayOrder", "hidden"} - set(option)
        if missing:
            names = ", ".join(sorted(missing))
            message = f"Invalid input JSON: an option lacks {names}"
            raise refuse(400, "VALIDATION_ERROR", message)
    return [dict(option) for option in options]
