"""What does ms-swift need to train as a recipe says?"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from ugcbench.errors import UsageError
from ugcbench.plugins import Registry
from ugcbench.store import replace_text
from ugcbench_train.preparation import prepare
from ugcbench_train.recipe import Recipe
from ugcbench_train.record import redact_recipe
from ugcbench_train.rows import Row
from ugcbench_train.swift.arguments import (
    make_arguments,
    make_environment,
    refuse_unsupported,
    spell,
)
from ugcbench_train.swift.dataset import write_lines
from ugcbench_train.trainers.examples import Examples, Survey, find_profile, open_codec, survey

RECIPE, DATASET, PLUGIN = "recipe.json", "rows.jsonl", "ugcbench_plugin.py"
ENVIRONMENT, SCRIPT, SURVEY = "swift.env", "run.sh", "survey.json"

MERGE = "USE_HF=1 swift export --adapters {} --merge_lora true"
"""The command that writes a checkpoint and its adapters as one, beside it as `<name>-merged`."""

PLUGIN_TEXT = '''\
"""Gives ms-swift the clips and the rewards of the recipe beside this file."""

from pathlib import Path

from ugcbench_train.swift.plugin import install

install(Path(__file__).parent)
'''

SCRIPT_TEXT = """\
#!/usr/bin/env bash
# Trains as recipe.json says, in the environment of `pip install 'ugcbench[swift]'`.
# What is typed behind goes to ms-swift: `bash run.sh --resume_from_checkpoint FOLDER`.
set -euo pipefail
cd "$(dirname "$0")"
set -a
source ./swift.env
set +a
exec {command} \\
  --dataset "$PWD/rows.jsonl" \\
  --external_plugins "$PWD/ugcbench_plugin.py" \\
  "$@"
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Export:
    """What was written to `folder`: so many rows, and what the user should know."""

    folder: Path
    rows: int
    notices: Sequence[str]

    @property
    def script(self) -> Path:
        """What starts the training."""
        return self.folder / SCRIPT


def export(recipe: Recipe, folder: Path, registry: Registry | None = None) -> Export:
    """Write dataset, plugin file, environment and command line to `folder`.

    Everything is checked as before a training here, and every row is encoded once as the evaluation
    would, to leave out what can't be trained on. Raises `UsageError` for a recipe that ms-swift
    can't train or that holds a key, `DatasetError`, `PreflightError` if too few rows are left.
    """
    registry = registry or Registry()
    refuse_unsupported(recipe)
    # The script runs in its own folder, from which a relative path would start.
    recipe = recipe.model_copy(update={"output": recipe.output.absolute()})
    if redact_recipe(recipe) != recipe:
        raise UsageError(
            "the recipe holds a key, which is not written to files; leave it out, and set the "
            "judge's environment variable where the training runs"
        )
    prepared = prepare(recipe, registry, {}, dry=True)
    examples = Examples(open_codec(recipe, registry), recipe.media, prepared.rows)
    found = _leave_out_silent(survey(examples, recipe, file=folder / SURVEY), recipe)
    found.check(recipe.data.max_skipped)
    _write(recipe, found.usable, folder, registry)
    notices = [*prepared.notices, *_notices(recipe, found)]
    return Export(folder, len(found.usable), notices)


def _notices(recipe: Recipe, found: Survey) -> Iterator[str]:
    for reason, count in found.skipped.items():
        yield f"{count} rows are left out ({reason})"
    if recipe.tuning.lora is not None:
        yield (
            f"checkpoints hold the adapters only; before evaluating CHECKPOINT-merged, write it: "
            f"{MERGE.format('CHECKPOINT')}"
        )
    if recipe.evaluation is not None:
        yield (
            "ms-swift doesn't evaluate on the way; evaluate its checkpoints by `ugcbench run "
            "--option path=CHECKPOINT`"
        )


def _leave_out_silent(found: Survey, recipe: Recipe) -> Survey:
    """ms-swift has one switch for the sound of all clips of a batch."""
    if not recipe.media.audio:
        return found
    findings = [
        dataclasses.replace(each, problem="no sound", detail="ms-swift mixes no silent clips in")
        if each.problem is None and not each.heard
        else each
        for each in found.findings
    ]
    return Survey(found.rows, findings)


def _write(recipe: Recipe, rows: Sequence[Row], folder: Path, registry: Registry) -> None:
    environment = make_environment(recipe, find_profile(recipe.media))
    model = str(recipe.path or registry.model(recipe.model).options["model"])
    arguments = make_arguments(recipe, model)
    command = ["swift", "rlhf" if recipe.stage == "grpo" else "sft"]
    texts = {
        RECIPE: recipe.model_dump_json(indent=2) + "\n",
        DATASET: write_lines(rows, recipe.stage),
        PLUGIN: PLUGIN_TEXT,
        ENVIRONMENT: "".join(f"{k}={shlex.quote(v)}\n" for k, v in environment.items()),
        SCRIPT: SCRIPT_TEXT.format(command=_fold([*command, *spell(arguments)])),
    }
    for name, text in texts.items():
        replace_text(folder / name, text)


def _fold(words: Sequence[str]) -> str:
    """The words of a command, quoted, with each argument on a line of its own."""
    lines: list[str] = []
    for word in words:
        if word.startswith("--") or not lines:
            lines.append(shlex.quote(word))
        else:
            lines[-1] += f" {shlex.quote(word)}"
    return " \\\n  ".join(lines)


def load_exported(folder: Path) -> Recipe:
    """The recipe of an exported folder; raises `UsageError` if there is none."""
    file = folder / RECIPE
    if not file.is_file():
        raise UsageError(f"{folder} has no {RECIPE}; write it by `ugcbench train export-swift`")
    return Recipe.model_validate_json(file.read_bytes())
