"""What does a judge say that counts words, whatever the form in which it is asked?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ugcbench.types import Failure, Prediction, Prompt
from ugcbench_models.lexical.appeals import drop_appeals
from ugcbench_models.lexical.levels import load_coefficients, rate
from ugcbench_models.lexical.overlap import agrees, match_items, overlap

Rate = Callable[[str, str], object]


class Lexical:
    """An offline judge: deterministic, free, measured, and not comparable with an LLM judge.

    It reads the prompt's `fields` (`reference`, `prediction`), never its text, and leaves out
    sentences of the prediction that speak to the judge. Then it fills in the verdict's JSON schema:
    the whole numbers `audio`, `visual` and `details` by the fitted model, `score` by the mean of
    the three, and any other whole number by word overlap; `yes` or `no` by a threshold on overlap
    and by agreement on whether anything changes; `matched` by the share of an item's words that
    occur. The reply's `model` names the coefficients.
    """

    async def generate(self, prompt: Prompt) -> Prediction:
        """A verdict as JSON; refused for a prompt without reference, prediction or schema."""
        verdict = _judge(prompt)
        if verdict is None:
            why = "the lexical judge needs the fields reference and prediction and a known schema"
            failure = Failure(status="refused", kind="no_rubric", message=why)
            return Prediction(task=prompt.task, sample_id=prompt.sample_id, failure=failure)
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=json.dumps(verdict),
            model=f"lexical-{load_coefficients().version}",
        )

    async def close(self) -> None:
        """Nothing is held."""


def _judge(prompt: Prompt) -> dict[str, Any] | None:
    reference, prediction = (prompt.fields.get(key) for key in ("reference", "prediction"))
    if reference is None or prediction is None:
        return None
    prediction = drop_appeals(prediction)
    verdict: dict[str, Any] = {}
    for name, schema in (prompt.output_schema or {}).get("properties", {}).items():
        field = _field(name, schema)
        if field is not None:
            verdict[name] = field(reference, prediction)
    return verdict or None


def _field(name: str, schema: Mapping[str, Any]) -> Rate | None:
    """How a field of a verdict is filled in; None for texts, which are left out."""
    if schema.get("type") == "integer":
        low, high = schema.get("minimum", 1), schema.get("maximum", 5)
        return lambda reference, prediction: (
            low + round((high - low) * _share(name, reference, prediction))
        )
    if schema.get("enum") == ["yes", "no"]:
        return lambda reference, prediction: "yes" if agrees(reference, prediction) else "no"
    if schema.get("type") == "array":
        return lambda reference, prediction: [
            {"number": number, "matched": matched}
            for number, matched in enumerate(match_items(reference, prediction), start=1)
        ]
    return None


def _share(name: str, reference: str, prediction: str) -> float:
    """Where between worst (0) and best (1) a prediction stands in the dimension `name`."""
    if name == "score":
        return sum(rate(reference, prediction).values()) / 3
    fitted = name in load_coefficients().dimensions
    return rate(reference, prediction)[name] if fitted else overlap(reference, prediction)
