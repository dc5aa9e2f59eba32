"""Does a pydantic schema become one that strict mode takes, and that says the same?"""

from __future__ import annotations

import json
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from ugcbench.errors import FatalModelError
from ugcbench.testing.chat_requests import find_refusal
from ugcbench.testing.schema_examples import simplest
from ugcbench_models.strict_schema import make_strict


class Yes(BaseModel):
    kind: Literal["yes"]
    matched: Annotated[str | None, Field(description="which one")] = None


class No(BaseModel):
    kind: Literal["no"]
    default: int = 3  # a property may be called like a keyword


class Verdict(BaseModel):
    score: Annotated[int, Field(ge=1, le=5)]
    reason: Annotated[str, Field(min_length=1)] = "none"
    objects: list[Yes] = []
    first: Annotated[Yes, Field(description="the first")]
    either: Annotated[Yes | No, Field(discriminator="kind")]


def is_refused(schema):
    named = {"name": "x", "strict": True, "schema": schema}
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "x"}],
        "response_format": {"type": "json_schema", "json_schema": named},
    }
    return find_refusal(json.dumps(body).encode())


def test_strict_mode_takes_the_result():
    assert is_refused(Verdict.model_json_schema())
    assert not is_refused(make_strict(Verdict.model_json_schema()))


def test_every_property_is_required_and_bounds_are_kept():
    strict = make_strict(Verdict.model_json_schema())
    assert strict["required"] == ["score", "reason", "objects", "first", "either"]
    assert strict["$defs"]["No"]["required"] == ["kind", "default"]
    assert strict["properties"]["score"] == {
        "maximum": 5,
        "minimum": 1,
        "title": "Score",
        "type": "integer",
    }
    assert strict["properties"]["first"] == {"$ref": "#/$defs/Yes"}
    assert [*strict["properties"]["either"]] == ["title", "anyOf"]
    assert strict["properties"]["reason"] == {"title": "Reason", "type": "string"}


def test_what_fits_the_result_fits_the_model():
    strict = make_strict(Verdict.model_json_schema())
    example = simplest(strict)
    assert Verdict.model_validate({**example, "reason": "x"}).score == 1


def test_the_schema_itself_is_not_changed():
    schema = Verdict.model_json_schema()
    make_strict(schema)
    assert schema == Verdict.model_json_schema()


def test_free_keys_cannot_be_strict():
    class Free(BaseModel):
        counts: dict[str, int]

    with pytest.raises(FatalModelError, match="--option structured=false"):
        make_strict(Free.model_json_schema())
