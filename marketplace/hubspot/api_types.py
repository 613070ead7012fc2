"""Writes the TypeScript types of the API's answers that HubSpot's screens ask for.

``python marketplace/hubspot/api_types.py`` after a change of the API or of ``calls.ts``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

FOLDER = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path.insert(0, str(FOLDER.parents[1]))

from flask import Flask  # noqa: E402

from api import ApiParts, create_api  # noqa: E402

SHARED = FOLDER / "src" / "app" / "packages" / "shared"
TARGET = SHARED / "api-types.ts"

_CALL = re.compile(r"client\.(get|patch|post)<([^(]+)>\(\s*[\"`](/api/[^\"`]*)[\"`]", re.DOTALL)
_HEADER = (
    "// Made by marketplace/hubspot/api_types.py from the API's own description; not by hand.\n"
)
_SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


def calls() -> list[tuple[str, str, str]]:
    """Every call the screens make: method, answer's type, path with ``{}`` for its parameters."""
    text = (SHARED / "calls.ts").read_text()
    return [
        (method, answer, re.sub(r"\$\{.*?\}", "{}", path))
        for method, answer, path in _CALL.findall(text)
    ]


def described() -> dict[str, Any]:
    """The API's OpenAPI description, paths with ``{}`` for their parameters."""
    app = Flask("description")
    create_api(app, cast(ApiParts, None))  # describing needs none of what answering does
    answer = app.test_client().get("/api/openapi.json").get_json()
    paths = {re.sub(r"\{.*?\}", "{}", path): calls for path, calls in answer["paths"].items()}
    return {"paths": paths, "schemas": answer["components"]["schemas"]}


def write_types() -> str:
    """The text of the file: an interface for every schema the calls send or are answered with."""
    api = described()
    wanted: dict[str, None] = {}
    for method, _, path in calls():
        operation = api["paths"][path][method]
        succeeded = {code: one for code, one in operation["responses"].items() if code[0] == "2"}
        _collect(api["schemas"], [operation.get("requestBody"), succeeded], wanted)
    interfaces = [_interface(name, api["schemas"][name]) for name in wanted]
    return "\n".join([_HEADER, *interfaces])


def _collect(schemas: dict[str, Any], part: Any, wanted: dict[str, None]) -> None:
    for name in _references(part):
        if name not in wanted:
            if _is_own(name):
                wanted[name] = None
            _collect(schemas, schemas[name], wanted)


def _is_own(name: str) -> bool:
    # Pages are one type of the client's, whatever their rows are.
    return not name.startswith("_") and not name.endswith("Page")


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rsplit("/", 1)[1]
        part = list(part.values())
    if isinstance(part, list):
        for below in part:
            yield from _references(below)


def _interface(name: str, schema: dict[str, Any]) -> str:
    fields = "".join(f"  {key}: {_type(one)};\n" for key, one in schema["properties"].items())
    return f"export interface {name} {{\n{fields}}}\n"


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    kind = schema["type"]
    if isinstance(kind, list):
        return " | ".join(_type({**schema, "type": one}) for one in kind)
    if kind == "array":
        return (
            f"({_type(schema['items'])})[]"
            if "enum" in schema["items"]
            else (f"{_type(schema['items'])}[]")
        )
    if kind == "object":
        return f"Record<string, {_type(schema.get('additionalProperties') or {'type': 'any'})}>"
    return {"null": "null", "any": "unknown", **_SIMPLE}[kind]


if __name__ == "__main__":
    TARGET.write_text(write_types())
