"""In which order does everything happen?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sklearn

from tools.fit_lexical import fitting, validation
from tools.fit_lexical.fitting import fit
from tools.fit_lexical.made_texts import FITTED, make_texts
from tools.fit_lexical.measuring import Measured, count_idf, measure_pairs
from tools.fit_lexical.page import write_page
from tools.fit_lexical.recorded import (
    DIMENSIONS,
    Judged,
    hash_inputs,
    list_systems,
    read_judged,
    read_training_captions,
)
from ugcbench_models.lexical.levels import Coefficients, Idf
from ugcbench_models.lexical.overlap import overlap

RECORDED = "recorded"
JUDGE = "gpt-4o-2024-08-06"


@dataclass(frozen=True, slots=True)
class Material:
    """Recorded pairs and made ones, each with its kind, and the fold of each video."""

    pairs: Sequence[Judged]
    kinds: Sequence[str]
    folds: Mapping[str, int]

    @property
    def recorded(self) -> list[int]:
        """The rows of recorded pairs."""
        return [row for row, kind in enumerate(self.kinds) if kind == RECORDED]


def follow(checkout: Path, version: str, output: Path, page: Path) -> list[Path]:
    """Read, fit, validate, write; returns what was written."""
    material = gather(read_judged(checkout))
    idf = count_idf(read_training_captions(checkout))
    measured = measure_pairs(material.pairs, weigh(material.kinds), idf)
    made = {
        "recipe": "python -m tools.fit_lexical CHECKOUT",
        "judge": JUDGE,
        "inputs": hash_inputs(checkout),
        "scikit-learn": sklearn.__version__,
        "pairs": len(material.recorded),
        "parameters": fitting.PARAMETERS,
    }
    model = train(version, made, measured, idf)
    report = calibrate(version, material, measured)
    files = {
        output / "coefficients.json": model.model_dump_json() + "\n",
        output / "calibration.json": json.dumps(report, indent=1) + "\n",
        page: write_page(model, report),
    }
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return list(files)


def gather(recorded: Sequence[Judged]) -> Material:
    """The recorded pairs, then the made ones."""
    folds = validation.assign_folds(recorded)
    made = list(make_texts(recorded, folds))
    return Material(
        pairs=[*recorded, *(pair for _, pair in made)],
        kinds=[*([RECORDED] * len(recorded)), *(kind for kind, _ in made)],
        folds=folds,
    )


def train(version: str, made: Mapping[str, Any], measured: Measured, idf: Idf) -> Coefficients:
    """The model that is shipped, fitted to all pairs that count."""
    fitted = fit(measured.only([int(row) for row in measured.weights.nonzero()[0]]))
    return Coefficients(
        version=version,
        made=made,
        dimensions=DIMENSIONS,
        stretch=fitting.STRETCH,
        intercepts=fitted.intercepts,
        features=fitted.features,
        words=fitted.words,
        idf=idf,
    )


def calibrate(version: str, material: Material, measured: Measured) -> dict[str, Any]:
    """What the model is worth where it was not fitted."""
    rows = material.recorded
    recorded = [material.pairs[row] for row in rows]
    splits = validation.split_rows(material.pairs, material.folds)
    predicted = {name: validation.cross_validate(measured, ways) for name, ways in splits.items()}
    return {
        "version": version,
        "judge": JUDGE,
        "pairs": len(rows),
        "videos": len(material.folds),
        "systems": list_systems(recorded),
        "folds": validation.FOLDS,
        "held_out": {
            name: validation.measure_levels(recorded, levels[rows])
            for name, levels in predicted.items()
        },
        "overlap": validation.correlate(
            recorded, [overlap(pair.reference, pair.prediction) for pair in recorded]
        ),
        "kinds": validation.mean_levels(material.kinds, predicted["system and video"]),
    }


def weigh(kinds: Sequence[str]) -> list[float]:
    """Recorded pairs count fully, made ones little, and those that only show something not."""
    weights: dict[str, float] = {RECORDED: 1.0}
    weights.update((kind, fitting.MADE_WEIGHT) for kind in FITTED)
    return [weights.get(kind, 0.0) for kind in kinds]
