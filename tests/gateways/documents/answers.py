"""How an answer differs from what the OpenAPI document says of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema


def closed(schema: Any) -> Any:
    """The same schema; an object may have no field it does not name."""
    if isinstance(schema, dict):
        found = {name: closed(value) for name, value in schema.items()}
        return found | {"additionalProperties": False} if "properties" in found else found
    return [closed(item) for item in schema] if isinstance(schema, list) else schema


class Judge:
    """Compares answers with one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._components = closed(document["components"]["schemas"])
        self._validator = cache(self._make_validator)

    def complaints(self, method: str, path: str, status: int, body: object) -> list[str]:
        """One line for each difference."""
        errors = self._validator(method, path, status).iter_errors(body)
        return [f"{method} {path} {status} {error.json_path}: {error.message}" for error in errors]

    def _make_validator(self, method: str, path: str, status: int) -> Any:
        responses = self._document["paths"][path][method.lower()]["responses"]
        response = responses.get(str(status), responses["default"])
        if "$ref" in response:
            response = self._document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
        schema = closed(response["content"]["application/json"].get("schema", {}))
        return jsonschema.Draft202012Validator(schema | {"components": {"schemas": self._components}})
