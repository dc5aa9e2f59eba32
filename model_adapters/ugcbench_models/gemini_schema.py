"""How does a JSON schema become one that Gemini's structured output accepts?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEPT = frozenset(
    {"$defs", "$ref", "type", "format", "title", "description", "enum", "items", "prefixItems"}
    | {"minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties"}
    | {"additionalProperties", "required"}
)
"""The documented keywords; whoever reads the reply checks all others anyway. Source: the Gemini
API's reference of GenerationConfig, `responseJsonSchema`."""


def simplify(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `schema`, as pydantic writes schemas, in documented keywords only."""
    if "$ref" in schema and "$defs" not in schema:
        return {"$ref": schema["$ref"]}  # a reference must stand alone
    simple = {k: _simplify_value(k, v) for k, v in schema.items() if k in KEPT}
    if "const" in schema:
        simple["enum"] = [schema["const"]]
    return simple


def _simplify_value(keyword: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    match keyword, value:
        case (("properties" | "$defs"), dict()):
            return {name: simplify(inner) for name, inner in value.items()}
        case (("anyOf" | "oneOf" | "prefixItems"), list()):
            return [simplify(inner) for inner in value]
        case (("items" | "additionalProperties"), dict()):
            return simplify(value)
    return value
