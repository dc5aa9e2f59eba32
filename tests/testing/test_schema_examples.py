"""Does the simplest value fit its schema?"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter

from ugcbench.testing.schema_examples import simplest


class Tone(StrEnum):
    POSITIVE = "Positive"
    NEUTRAL = "Neutral"


class Match(BaseModel):
    gold: Annotated[str, Field(min_length=2)]
    matched: bool


class Verdict(BaseModel):
    kind: Literal["verdict"]
    score: Annotated[int, Field(ge=1, le=5)]
    share: Annotated[float, Field(gt=0, lt=1)]
    below: Annotated[int, Field(lt=-2)]
    tone: Tone
    note: str | None
    objects: Annotated[list[Match], Field(min_length=2)]
    either: int | str


class Tree(BaseModel):
    left: Tree | None
    leaves: list[Tree]


@pytest.mark.parametrize("model", [Verdict, Tree])
def test_example_fits_a_pydantic_schema(model):
    model.model_validate(simplest(model.model_json_schema()))


@given(st.integers(-100, 100), st.integers(0, 100), st.booleans())
def test_number_lies_in_its_bounds_and_near_zero(low, span, whole):
    kind = int if whole else float
    adapter = TypeAdapter(Annotated[kind, Field(ge=low, le=low + span)])
    value = adapter.validate_python(simplest(adapter.json_schema()))
    assert abs(value) == (0 if low <= 0 <= low + span else min(abs(low), abs(low + span)))


def test_schema_without_a_type_is_met_by_null():
    assert simplest({}) is None
