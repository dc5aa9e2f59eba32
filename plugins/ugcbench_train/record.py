"""What was trained, on what, and by which software: the record of a stage?

`train.json` in a training's folder is written before the first step and at the end, atomically.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ugcbench.errors import RunCorruptError, RunError, UsageError
from ugcbench.provenance import versions
from ugcbench.redaction import redact
from ugcbench.store import replace_text
from ugcbench.types import Frozen
from ugcbench_train.planning.plans import StagePlan
from ugcbench_train.recipe import Recipe

FILE = "train.json"
ENGINE = (
    "trl",
    "peft",
    "accelerate",
    "datasets",
    "deepspeed",
    "tensorboard",
    "wandb",
    "safetensors",
)
"""Distributions, beside those of any run, whose version can change a weight."""

FREE = (
    "data.max_skipped",
    "evaluation",
    "logging",
    "rewards.attempts",
    "rewards.concurrency",
    "rewards.judge_options",
    "rewards.known_verdicts",
    "rewards.max_cost",
    "rewards.max_unscored",
    "rewards.prices",
    "rewards.requests_per_minute",
    "rewards.timeout",
    "rewards.window",
    "saving",
)
"""Fields that may change when a training is resumed: none of them changes what is learned."""


class Record(Frozen):
    """All that is needed to say how a checkpoint was made, and to make it again.

    `files` are SHA-256 hashes by path, `tasks` the rewards' fingerprints by name, `apart` says what
    the rows were compared with. `skipped` counts rows that were left out, by reason. `started` has
    a time for each start, the first and the resumed ones; `finished` and `checkpoint` are given
    once the stage is through.
    """

    recipe: Recipe
    plan: StagePlan
    files: Mapping[str, str]
    tasks: Mapping[str, str]
    judge: str | None
    apart: tuple[str, ...]
    skipped: Mapping[str, int]
    versions: Mapping[str, str]
    git: str | None
    started: tuple[str, ...]
    finished: str | None = None
    checkpoint: str | None = None

    def write(self) -> None:
        """Write the record into the recipe's folder."""
        self.recipe.output.mkdir(parents=True, exist_ok=True)
        replace_text(self.recipe.output / FILE, self.model_dump_json(indent=2) + "\n")


def read_record(folder: Path) -> Record:
    """The record of a training's folder; raises `RunError`, `RunCorruptError`."""
    file = folder / FILE
    try:
        return Record.model_validate_json(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(
            f"{folder} is no training that was begun: it has no {FILE}; leave out --resume"
        ) from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise RunCorruptError(f"{file}: {place}: {fault['msg']}") from None


def redact_recipe(recipe: Recipe) -> Recipe:
    """The recipe without keys and passwords."""
    hidden = {
        name: redact(part.judge_options)
        for name, part in (("rewards", recipe.rewards), ("evaluation", recipe.evaluation))
        if part is not None
    }
    changes = {
        name: getattr(recipe, name).model_copy(update={"judge_options": options})
        for name, options in hidden.items()
    }
    return recipe.model_copy(update=changes)


def refuse_changes(before: Recipe, now: Recipe) -> None:
    """Raise `UsageError` if a training can't go on because its recipe is another one now."""
    changed = list(
        _changes(before.model_dump(mode="json"), redact_recipe(now).model_dump(mode="json"))
    )
    if not changed:
        return
    listed = "; ".join(f"{name} was {old!r} and is {new!r}" for name, old, new in changed)
    raise UsageError(
        f"the recipe changed since {now.output} began: {listed}; take that back to resume, or "
        "train anew with another output"
    )


def _changes(
    before: Mapping[str, Any], now: Mapping[str, Any], within: str = ""
) -> Iterator[tuple[str, object, object]]:
    for name in dict.fromkeys((*before, *now)):
        dotted = f"{within}{name}"
        old, new = before.get(name), now.get(name)
        if dotted in FREE or old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _changes(old, new, f"{dotted}.")
        else:
            yield dotted, old, new


def software() -> Mapping[str, str]:
    """Versions of all that can change a weight."""
    return versions(ENGINE)


def now() -> str:
    """The time as it stands in records."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def read_skipped(folder: Path) -> dict[str, int]:
    """The rows that were left out once their clips were read, by reason."""
    try:
        findings = json.loads((folder / "survey.json").read_bytes())["findings"]
    except (OSError, ValueError, KeyError):
        return {}
    return Counter(found["problem"] for found in findings if found["problem"])
