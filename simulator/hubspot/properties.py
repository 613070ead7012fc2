"""Property definitions of a portal, and what a written value must look like."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.hubspot.errors import HubspotError, refuse
from simulator.hubspot.models import PropertyDefinition, PropertyGroup
from simulator.hubspot.wire import parse_moment

EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s.,;<>\"()]{2,}")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
LONGEST_VALUE = 65_536
ENFORCING_VERSIONS = {"2026-09"}
LIFECYCLE_ORDER = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)

_STANDARD_CONTACT: tuple[tuple[str, str, str, str], ...] = (
    ("email", "Email", "string", "text"),
    ("hs_additional_emails", "Additional email addresses", "enumeration", "checkbox"),
    ("firstname", "First Name", "string", "text"),
    ("lastname", "Last Name", "string", "text"),
    ("phone", "Phone Number", "string", "phonenumber"),
    ("mobilephone", "Mobile Phone Number", "string", "phonenumber"),
    ("company", "Company Name", "string", "text"),
    ("jobtitle", "Job Title", "string", "text"),
    ("address", "Street Address", "string", "text"),
    ("city", "City", "string", "text"),
    ("state", "State/Region", "string", "text"),
    ("zip", "Postal Code", "string", "text"),
    ("country", "Country/Region", "string", "text"),
    ("industry", "Industry", "string", "text"),
    ("website", "Website URL", "string", "text"),
    ("numemployees", "Number of Employees", "string", "text"),
    ("hubspot_owner_id", "Contact owner", "enumeration", "select"),
    ("lifecyclestage", "Lifecycle Stage", "string", "text"),
    ("hs_lead_status", "Lead Status", "string", "text"),
    ("hs_object_id", "Record ID", "number", "number"),
    ("createdate", "Create Date", "datetime", "date"),
    ("lastmodifieddate", "Last Modified Date", "datetime", "date"),
    ("hs_object_source", "Record source", "string", "text"),
    ("hs_all_assigned_business_unit_ids", "Business units", "string", "text"),
)

_STANDARD_CALL: tuple[tuple[str, str, str, str], ...] = (
    ("hs_timestamp", "Activity date", "datetime", "date"),
    ("hs_call_title", "Call Title", "string", "text"),
    ("hs_call_body", "Call notes", "string", "html"),
    ("hs_call_duration", "Call duration", "number", "number"),
    ("hs_call_status", "Call status", "string", "text"),
    ("hs_call_direction", "Call direction", "string", "text"),
    ("hs_call_disposition", "Call outcome", "string", "text"),
    ("hs_call_recording_url", "Recording URL", "string", "text"),
    ("hs_call_source", "Call Source", "string", "text"),
    ("hs_call_app_id", "Integrator App ID", "number", "number"),
    ("hs_call_external_id", "External ID", "string", "text"),
    ("hs_call_external_account_id", "External Account ID", "string", "text"),
    ("hs_call_has_transcript", "Transcript Available", "string", "text"),
    ("hs_call_transcription_id", "Transcription ID", "string", "text"),
    ("hs_attachment_ids", "Attached files", "string", "text"),
    ("hubspot_owner_id", "Activity assigned to", "string", "text"),
    ("hs_object_id", "Record ID", "number", "number"),
    ("hs_createdate", "Create date", "datetime", "date"),
    ("hs_lastmodifieddate", "Last modified date", "datetime", "date"),
)

_STANDARD_MARKETING_EVENT = (("hs_event_name", "Event name", "string", "text"),)

READ_ONLY = {"hs_object_id", "createdate", "lastmodifieddate", "hs_object_source"}


def _standard(rows: tuple[tuple[str, str, str, str], ...]) -> dict[str, PropertyDefinition]:
    return {
        name: PropertyDefinition(name, label, type_, field_type, is_custom=False)
        for name, label, type_, field_type in rows
    }


@dataclass(slots=True)
class Schema:
    """Properties and groups of one object type.

    `required` names properties the customer demands on creation (enforced from 2026-09 on);
    `conditions`, rules `{"property", "value", "require": [...]}`, likewise, on any write;
    `rejections` maps a property to a regular expression: a value it matches is refused.
    """

    object_type: str
    properties: dict[str, PropertyDefinition]
    groups: dict[str, PropertyGroup] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    rejections: dict[str, str] = field(default_factory=dict)
    conditions: list[dict[str, Any]] = field(default_factory=list)

    def custom_count(self) -> int:
        """How many live properties are not HubSpot's own."""
        return sum(1 for item in self.properties.values() if item.is_custom and not item.archived)

    def check_values(
        self,
        values: Mapping[str, Any],
        portal_id: int,
        *,
        version: str,
        current: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """The values as stored text; raises 400 naming every property that is wrong.

        `current` are the values of the record to change, None for a new record.
        """
        problems: list[dict[str, Any]] = []
        stored: dict[str, str] = {}
        for name, value in values.items():
            text = _as_text(value)
            problem = self._problem(name, text)
            if problem:
                problems.append({**problem, "name": name, "portalId": portal_id})
            elif name not in READ_ONLY:
                stored[name] = text
        if problems:
            raise invalid_values(problems)
        if version in ENFORCING_VERSIONS:
            self._check_requirements({**(current or {}), **stored}, creating=current is None)
        return stored

    def _check_requirements(self, values: Mapping[str, str], *, creating: bool) -> None:
        # https://developers.hubspot.com/changelog/crm-api-write-validation-enforcement
        if creating and (missing := [name for name in self.required if not values.get(name)]):
            raise _refuse_missing("MISSING_REQUIRED_PROPERTY", missing)
        for rule in self.conditions:
            if values.get(rule["property"]) == rule["value"]:
                missing = [name for name in rule["require"] if not values.get(name)]
                if missing:
                    raise _refuse_missing("MISSING_CONDITIONAL_REQUIRED_PROPERTY", missing)

    def _problem(self, name: str, text: str) -> dict[str, Any] | None:
        definition = self.properties.get(name)
        if definition is None or definition.archived:
            return _invalid(f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST")
        if name in self.rejections and re.search(self.rejections[name], text):
            message = f"{text} does not satisfy the validation rule of {definition.label}"
            return _invalid(message, "PROPERTY_VALIDATION_RULE_VIOLATION")
        if not text:
            return None
        if name == "email" and not EMAIL.fullmatch(text.strip()):
            return _invalid(f"Email address {text} is invalid", "INVALID_EMAIL")
        if len(text) > LONGEST_VALUE:
            return _invalid(f"Value for {name} is too long", "VALUE_TOO_LONG")
        return _check_type(definition, text)


def _refuse_missing(code: str, missing: list[str]) -> HubspotError:
    message = f"Some required properties were not set: {', '.join(missing)}"
    detail = {"message": message, "code": code, "context": {"properties": missing}}
    return refuse(400, "VALIDATION_ERROR", message, errors=[detail])


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _invalid(message: str, code: str) -> dict[str, Any]:
    return {
        "isValid": False,
        "message": message,
        "error": code,
        "localizedErrorMessage": message,
    }


def _check_type(definition: PropertyDefinition, text: str) -> dict[str, Any] | None:
    if definition.type == "number" and not NUMBER.fullmatch(text):
        return _invalid(f"{text} was not a valid number.", "INVALID_DOUBLE")
    if definition.type == "bool" and text not in ("true", "false"):
        return _invalid(f"{text} was not a valid boolean.", "INVALID_BOOLEAN")
    if definition.type in ("date", "datetime"):
        try:
            parse_moment(text)
        except ValueError:
            return _invalid(f"{text} was not a valid {definition.type}.", "INVALID_DATE")
    if definition.type == "enumeration" and definition.options:
        allowed = {option.get("value") for option in definition.options}
        wrong = [part for part in text.split(";") if part and part not in allowed]
        if wrong:
            message = f"{text} was not one of the allowed options: {sorted(map(str, allowed))}"
            return _invalid(message, "INVALID_OPTION")
    return None


def invalid_values(problems: list[dict[str, Any]]) -> HubspotError:
    """The 400 of a write with bad property values, in HubSpot's doubly encoded form."""
    return refuse(
        400,
        "VALIDATION_ERROR",
        "Property values were not valid: " + json.dumps(problems),
        errors=[
            {
                "message": problem["message"],
                "code": problem["error"],
                "context": {"propertyName": [problem["name"]]},
            }
            for problem in problems
        ],
    )


def starting_schemas() -> dict[str, Schema]:
    """The object types of a fresh portal, by the names used in paths."""
    contact_group = PropertyGroup("contactinformation", "Contact information", 0)
    return {
        "contacts": Schema(
            "contacts", _standard(_STANDARD_CONTACT), {contact_group.name: contact_group}
        ),
        "calls": Schema("calls", _standard(_STANDARD_CALL)),
        "marketing_events": Schema("marketing_events", _standard(_STANDARD_MARKETING_EVENT)),
    }
