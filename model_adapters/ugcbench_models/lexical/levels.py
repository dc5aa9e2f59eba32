"""Which level would the recorded judge have given?

A linear model with an L2 penalty, over features of the pair and over single words of the reference
that the prediction holds or misses. `tools/fit_lexical` fits it and writes the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from ugcbench.types import Frozen
from ugcbench_models.lexical.features import Features, measure
from ugcbench_models.lexical.guards import count_lost_levels
from ugcbench_models.lexical.reading import Text, read

LOW, MIDDLE, HIGH = 1.0, 3.0, 5.0
"""The ends and the middle of the levels."""


FARTHEST = 3.0
"""Standard deviations from the mean beyond which distance makes no difference."""


class Column(Frozen):
    """A feature: its mean and standard deviation in training, a coefficient for each dimension."""

    mean: float
    deviation: float
    coefficients: Sequence[float]


class Effect(Frozen):
    """What a word of the reference adds in each dimension if it is found, and if it is missed."""

    found: Sequence[float]
    missed: Sequence[float]


class Idf(Frozen):
    """Inverse document frequencies by stem; `default` is that of any other word."""

    default: float
    words: Mapping[str, float]


class Coefficients(Frozen):
    """The fitted model and where it comes from.

    `version` is the date of the fit, `made` says how: recipe, parameters, hashes of the inputs.
    Distances from the middle level are multiplied by `stretch`, since a fitted mean varies less
    than verdicts do and whole levels would hardly leave the middle.
    """

    version: str
    made: Mapping[str, Any]
    dimensions: Sequence[str]
    stretch: float
    intercepts: Sequence[float]
    features: Mapping[str, Column]
    words: Mapping[str, Effect]
    idf: Idf


class Weights(dict[str, float]):
    """Idf as a mapping that holds every word."""

    def __init__(self, idf: Idf) -> None:
        super().__init__(idf.words)
        self.default = idf.default

    def __missing__(self, word: str) -> float:
        return self.default


def rate(reference: str, prediction: str) -> dict[str, float]:
    """By dimension, where between the lowest (0) and the highest level (1) a prediction stands."""
    texts = read(reference), read(prediction)
    model = load_coefficients()
    if not all(text.words for text in texts):
        return dict.fromkeys(model.dimensions, float(texts[0].words == texts[1].words))
    levels = spread(estimate(model, _weights(), *texts), model.stretch, count_lost_levels(*texts))
    shares = ((level - LOW) / (HIGH - LOW) for level in levels)
    return dict(zip(model.dimensions, shares, strict=True))


def estimate(
    model: Coefficients, weights: Mapping[str, float], reference: Text, prediction: Text
) -> list[float]:
    """The fitted levels in the order of the dimensions, as they come."""
    features = standardise(model.features, measure(reference, prediction, weights))
    levels = list(model.intercepts)
    for column, value in zip(model.features.values(), features, strict=True):
        _add(levels, column.coefficients, value)
    for word in sorted(reference.vocabulary & model.words.keys()):
        effect = model.words[word]
        _add(levels, effect.found if word in prediction.vocabulary else effect.missed)
    return levels


def spread(levels: Iterable[float], stretch: float, lost: float) -> list[float]:
    """Fitted levels stretched from the middle, less what a guard takes, kept within 1 and 5."""
    stretched = (min(MIDDLE + stretch * (level - MIDDLE), HIGH) for level in levels)
    return [max(level - lost, LOW) for level in stretched]


def standardise(columns: Mapping[str, Column], features: Features) -> list[float]:
    """Distances from the mean in standard deviations; 0 where there is nothing to measure.

    What lies further away than anything in training (other languages) counts as `FARTHEST`.
    """
    found = ((column, features[name]) for name, column in columns.items())
    return [
        0.0
        if value is None
        else max(-FARTHEST, min((value - column.mean) / column.deviation, FARTHEST))
        for column, value in found
    ]


@lru_cache(maxsize=1)
def load_coefficients() -> Coefficients:
    """The shipped model."""
    shipped = files("ugcbench_models.lexical").joinpath("coefficients.json")
    return Coefficients.model_validate_json(shipped.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _weights() -> Weights:
    return Weights(load_coefficients().idf)


def _add(levels: list[float], amounts: Sequence[float], times: float = 1.0) -> None:
    for place, amount in enumerate(amounts):
        levels[place] += amount * times
