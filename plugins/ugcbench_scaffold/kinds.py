"""What can a new plugin add, and under which licences?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that a plugin can add.

    `hook` announces it and returns specs of type `spec`, None for a command. `suffix` comes after
    the plugin's name where a user names it, `tries` says how it is tried once it is installed,
    `requires` what its module needs beside ugcbench.
    """

    what: str
    hook: str
    spec: str | None
    suffix: str
    tries: str
    requires: tuple[str, ...] = ()

    def name(self, short: str) -> str:
        """The name under which a user finds it."""
        return short + self.suffix


KINDS: Mapping[str, Kind] = {
    "model": Kind(
        "a model",
        "ugcbench_models",
        "ModelSpec",
        "",
        "ugcbench run --model {name} --dataset mini --judge lexical",
    ),
    "judge": Kind(
        "a judge",
        "ugcbench_models",
        "ModelSpec",
        "-judge",
        "ugcbench run --model blind --tasks ugc/caption --dataset mini --judge {name}",
    ),
    "task": Kind(
        "a task",
        "ugcbench_tasks",
        "TaskSpec",
        "/recall",
        "ugcbench run --model majority --tasks {name} --dataset mini",
    ),
    "dataset": Kind(
        "a dataset",
        "ugcbench_datasets",
        "DatasetSpec",
        "-clips",
        "ugcbench run --model blind --tasks ugc/caption --judge lexical --dataset {name} "
        "--dataset-option folder=DIR",
    ),
    "command": Kind(
        "a command",
        "ugcbench_commands",
        None,
        "",
        "ugcbench {name} RUN",
        requires=("click>=8.1.7,<9",),
    ),
}
"""By the word that is typed after `--kind`."""

LICENSES = ("Apache-2.0", "MIT")
"""Whose texts are at hand; the first is taken by default."""
