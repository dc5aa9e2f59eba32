"""How does a JSON schema become one that strict structured output accepts?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ugcbench.errors import FatalModelError

NOT_IN_STRICT_MODE = frozenset(
    {"default", "examples", "minLength", "maxLength", "minProperties", "maxProperties"}
    | {"uniqueItems"}
)
"""Keywords that strict mode refuses; whoever reads the reply checks them anyway."""


def make_strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `schema`, as pydantic writes schemas, in which all objects are closed and all their
    properties required.

    Raises `FatalModelError` for objects with free keys, which strict mode can't express. Source:
    OpenAI's guide to structured outputs.
    """
    if "$ref" in schema and "$defs" not in schema:
        return {"$ref": schema["$ref"]}  # a reference must stand alone
    strict = {k: _tighten(k, v) for k, v in schema.items() if k not in NOT_IN_STRICT_MODE}
    if schema.get("type") == "object":
        if schema.get("additionalProperties"):
            raise FatalModelError(
                f"strict mode has no objects with free keys ({schema.get('title', 'untitled')}); "
                "type `--option structured=false`"
            )
        strict["properties"] = strict.get("properties", {})
        strict["required"] = list(strict["properties"])
        strict["additionalProperties"] = False
    if "oneOf" in strict:
        strict["anyOf"] = strict.pop("oneOf")
        strict.pop("discriminator", None)
    return strict


def _tighten(keyword: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    match keyword, value:
        case (("properties" | "$defs"), dict()):
            return {name: make_strict(inner) for name, inner in value.items()}
        case (("anyOf" | "oneOf" | "allOf" | "prefixItems"), list()):
            return [make_strict(inner) for inner in value]
        case "items", dict():
            return make_strict(value)
    return value
