"""How an answer differs from what the OpenAPI document says of it."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema


def closed(schema: Any) -> Any:
    """The same schema; an object may have no field it does not name."""
    if isinstance(schema, dict):
        found = {name: closed(value) for name, value in schema.items()}
        return found | {"additionalProperties": False} if "properties" in found else found
    return [closed(item) for item in schema] if isinstance(schema, list) else schema


def complaints(document: dict[str, Any], method: str, path: str, status: int, body: object) -> list[str]:
    """How an answer differs from what the document says of it."""
    responses = document["paths"][path][method.lower()]["responses"]
    response = responses.get(str(status), responses["default"])
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    schema = response["content"]["application/json"]["schema"]
    components = closed(copy.deepcopy(document["components"]["schemas"]))
    validator = jsonschema.Draft202012Validator(closed(schema) | {"components": {"schemas": components}})
    return [f"{method} {path} {status} {error.json_path}: {error.message}" for error in validator.iter_errors(body)]
