"""What is the simplest value that fits a JSON schema?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def simplest(schema: Schema) -> Any:  # noqa: ANN401 - any JSON value
    """A value that fits `schema`, as pydantic writes schemas: all properties, the shortest arrays
    and texts, the numbers nearest to 0, null where null is allowed, else the first choice.

    String patterns and formats aren't followed.
    """
    return _fit(schema, schema.get("$defs", {}))


def _fit(schema: Schema, definitions: Mapping[str, Schema]) -> Any:  # noqa: ANN401
    if "$ref" in schema:
        return _fit(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            choices = schema[union]
            nulls = [choice for choice in choices if choice.get("type") == "null"]
            return _fit((nulls or choices)[0], definitions)
    return _fit_type(schema, definitions)


def _fit_type(schema: Schema, definitions: Mapping[str, Schema]) -> Any:  # noqa: ANN401
    match schema.get("type"):
        case "string":
            return "x" * schema.get("minLength", 0)
        case "integer" | "number":
            return _nearest_to_zero(schema)
        case "boolean":
            return False
        case "array":
            items = schema.get("items", {})
            return [_fit(items, definitions) for _ in range(schema.get("minItems", 0))]
        case "object":
            properties = schema.get("properties", {})
            return {name: _fit(inner, definitions) for name, inner in properties.items()}
    return None


def _nearest_to_zero(schema: Schema) -> float:
    """0 moved into the bounds, by a small step past those that are exclusive."""
    step = 1 if schema["type"] == "integer" else 2**-20
    lowest: float = max(schema.get("minimum", 0), schema.get("exclusiveMinimum", -step) + step)
    highest: float = min(
        schema.get("maximum", lowest), schema.get("exclusiveMaximum", lowest + step) - step
    )
    return min(lowest, highest)
