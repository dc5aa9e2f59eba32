"""Is every schema of a judge or a task sent in what the Gemini API documents?"""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from ugcbench.testing.gemini_requests import GoogleRefusal, read_generate_request
from ugcbench.testing.schema_examples import simplest
from ugcbench_models.gemini_schema import KEPT, simplify
from ugcbench_tasks import verdicts


class Inner(BaseModel):
    """Something within."""

    kind: str = "a"
    number: float = 0.5


class Outer(BaseModel):
    """Everything that pydantic may write."""

    first: Inner
    more: list[Inner] = []
    maybe: Inner | None = None
    free: dict[str, int] = {}


MODELS = [
    verdicts.CaptionVerdict,
    verdicts.LevelVerdict,
    verdicts.ConsistencyVerdict,
    verdicts.ObjectsVerdict,
    Outer,
]


def accepted(schema):
    config = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    contents = [{"parts": [{"text": "?"}]}]
    body = json.dumps({"contents": contents, "generationConfig": config})
    return read_generate_request(body.encode())


@pytest.mark.parametrize("model", MODELS)
def test_schema_is_accepted_and_means_the_same(model):
    simple = simplify(model.model_json_schema())
    accepted(simple)
    assert isinstance(model.model_validate_json(json.dumps(simplest(simple))), model)


@pytest.mark.parametrize("model", [verdicts.CaptionVerdict, Outer])
def test_what_pydantic_writes_would_not_do(model):
    with pytest.raises(GoogleRefusal, match="unsupported keywords"):
        accepted(model.model_json_schema())


def test_constant_becomes_an_enum_and_a_reference_stands_alone():
    assert simplify({"const": "yes"}) == {"enum": ["yes"]}
    assert simplify({"$ref": "#/$defs/A", "description": "x"}) == {"$ref": "#/$defs/A"}


def test_properties_may_have_any_name():
    schema = {"type": "object", "properties": {"default": {"type": "string", "default": ""}}}
    assert simplify(schema)["properties"] == {"default": {"type": "string"}}
    assert "default" not in KEPT
