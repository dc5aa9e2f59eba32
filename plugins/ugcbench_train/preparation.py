"""What must be right before the first step, and what is the plan then?

All that can be wrong with recipe, rows, clips, rewards and machine is found here, where it costs
seconds. Nothing is asked of a judge and no weight is loaded.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ugcbench.doctor.extras import find_missing
from ugcbench.errors import DatasetError, MissingExtraError, UsageError
from ugcbench.evaluation import wait_for
from ugcbench.models import Fake, Price
from ugcbench.plans import prepare as prepare_run
from ugcbench.plugins import Registry
from ugcbench.provenance import git_state
from ugcbench.requests import Request
from ugcbench_train.data.apart import refuse_overlaps
from ugcbench_train.data.contents import hash_file
from ugcbench_train.data.files import Rows, list_complaints, read_rows
from ugcbench_train.data.splits import take
from ugcbench_train.launching.processes import check_gpus
from ugcbench_train.planning.plans import StagePlan, make_plan
from ugcbench_train.planning.reward_tasks import make_reward_tasks
from ugcbench_train.planning.steps import check_steps
from ugcbench_train.recipe import Evaluation, Recipe
from ugcbench_train.record import (
    FILE,
    Record,
    now,
    read_record,
    redact_recipe,
    refuse_changes,
    software,
)
from ugcbench_train.rewards.judges import warn_of_same_judge
from ugcbench_train.rows import Row
from ugcbench_train.trainers.examples import find_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A stage that can begin: its rows, its plan and record, and what the user should know."""

    recipe: Recipe
    rows: Sequence[Row]
    plan: StagePlan
    record: Record
    notices: Sequence[str]


def prepare(
    recipe: Recipe,
    registry: Registry,
    prices: Mapping[str, Price],
    *,
    resume: bool = False,
    dry: bool = False,
) -> Prepared:
    """Check everything and make the plan; nothing is written.

    With `dry`, packages may be missing. Raises a `UsageError`, with what to type next.
    """
    before = _check_output(recipe, resume=resume)
    if not dry:
        check_packages(recipe)
    _check_names(recipe, registry)
    if not recipe.data.train.is_file():
        raise DatasetError(
            f"data.train: {recipe.data.train} is no file; write rows with `ugcbench distill`, or "
            "say where yours are: --set data.train=FILE"
        )
    found = read_rows(recipe.data.train, recipe.data.media, max_skipped=recipe.data.max_skipped)
    rows = choose_rows(recipe, found)
    apart = refuse_overlaps(rows, recipe.data.test, recipe.data.apart_from, registry)
    prices = {**prices, **recipe.rewards.prices}
    plan = make_plan(recipe, rows, registry, prices)
    if plan.rows:
        check_steps(recipe, plan.rows)
    files = (recipe.data.train, *recipe.data.apart_from)
    tasks = make_reward_tasks(recipe.rewards, registry) if recipe.stage == "grpo" else []
    record = Record(
        recipe=redact_recipe(recipe),
        plan=plan,
        files={str(path): hash_file(path) for path in files},
        tasks={task.name: task.scorer.fingerprint for task in tasks},
        judge=next((judge for task in tasks if (judge := task.scorer.judge)), None),
        apart=tuple(apart),
        skipped=_count_skipped(found, rows),
        versions=software(),
        git=git_state(),
        started=(*(before.started if before else ()), now()),
    )
    _refuse_other_rows(before, record)
    notices = _notices(recipe, found, record)
    return Prepared(recipe=recipe, rows=rows, plan=plan, record=record, notices=notices)


def choose_rows(recipe: Recipe, found: Rows) -> list[Row]:
    """The rows of a file that are trained on; raises `DatasetError` if too few have what it takes.

    Taken are the first `limit` ones in the seeded order, of those with a clip and a caption.
    """
    if len(found.missing) > recipe.data.max_skipped * len(found.rows):
        raise DatasetError(
            f"{len(found.missing)} of {len(found.rows)} clips are not here:\n  "
            f"{list_complaints(found.missing)}\n"
            "say by data.media=FOLDER in which folder they lie"
        )
    rows = [row for row in found.rows if row.caption and Path(row.video).is_file()]
    if not rows:
        raise DatasetError(f"{found.path}: no row has a caption to learn or to compare with")
    return take(rows, recipe.data.limit, recipe.seed)


def check_packages(recipe: Recipe) -> None:
    """Raise `MissingExtraError` for what must be installed first, `UsageError` for missing GPUs."""
    missing = find_missing("ugcbench", "train")
    if missing:
        raise MissingExtraError(
            f"training needs {', '.join(missing)}: pip install 'ugcbench[train]'"
        )
    check_gpus(recipe)
    for name, wanted in (
        ("deepspeed", recipe.launch.strategy.startswith("zero")),
        ("wandb", "wandb" in recipe.logging.to),
        ("vllm", recipe.stage == "grpo" and recipe.grpo.rollouts != "transformers"),
    ):
        if wanted and not _is_installed(name):
            raise MissingExtraError(f"this recipe needs {name}: pip install {name}")


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _check_output(recipe: Recipe, *, resume: bool) -> Record | None:
    """The record of the training to resume; an output folder is free otherwise."""
    output = recipe.output
    if resume:
        before = read_record(output)
        refuse_changes(before.recipe, recipe)
        return before
    empty = not output.exists() or (output.is_dir() and not any(output.iterdir()))
    failed = (output / FILE).is_file() and not is_begun(output)
    if not empty and not failed:
        hint = "go on with it by --resume" if is_begun(output) else "it is not empty"
        raise UsageError(f"{output} is in use ({hint}); or choose another: --set output=FOLDER")
    return None


def is_begun(output: Path) -> bool:
    """Whether a training has a checkpoint there that could be lost, or gone on from."""
    return any((output / "checkpoints").glob("checkpoint-*")) or (output / "final").exists()


def _check_names(recipe: Recipe, registry: Registry) -> None:
    spec = registry.model(recipe.model)
    if spec.codec is None:
        able = ", ".join(name for name, each in registry.models.items() if each.codec)
        raise UsageError(f"{recipe.model} can't be trained; models that can be: {able}")
    if recipe.path is not None and not (recipe.path / "config.json").is_file():
        raise UsageError(
            f"path: {recipe.path} is no checkpoint: it has no config.json; train the stage before "
            "first, or set another path"
        )
    find_profile(recipe.media)
    if recipe.evaluation is not None:
        if recipe.launch.strategy in ("zero3", "fsdp"):
            raise UsageError(
                f"evaluation: no process has all weights under {recipe.launch.strategy}; leave it "
                "out, and evaluate checkpoints by `ugcbench run --option path=CHECKPOINT`"
            )
        _check_evaluation(recipe.evaluation, registry)


def _check_evaluation(evaluation: Evaluation, registry: Registry) -> None:
    """Try all names of an evaluation; nothing is asked."""
    with tempfile.TemporaryDirectory() as folder:
        request = Request(
            model=Fake(),
            dataset=evaluation.dataset,
            tasks=evaluation.tasks,
            judge=evaluation.judge,
            judge_options=evaluation.judge_options,
            protocol=evaluation.protocol,
            subset=evaluation.subset,
            output=Path(folder) / "run",
            registry=registry,
        )
        try:
            plan = prepare_run(request)
        except UsageError as error:
            raise UsageError(f"evaluation: {error}") from error
        wait_for(plan.close())


def _count_skipped(found: Rows, rows: Sequence[Row]) -> dict[str, int]:
    """Why rows of the file are not trained on, as far as is known before clips are decoded."""
    counts = {
        "no row": len(found.complaints),
        "clip not found": len(found.missing),
        "no caption": sum(not row.caption for row in found.rows),
    }
    return {reason: count for reason, count in counts.items() if count}


def _refuse_other_rows(before: Record | None, record: Record) -> None:
    if before is None:
        return
    other = [path for path, hashed in record.files.items() if before.files.get(path) != hashed]
    if other:
        raise UsageError(
            f"{', '.join(other)} changed since {record.recipe.output} began; bring the file back "
            "to resume, or train anew with another output"
        )


def _notices(recipe: Recipe, found: Rows, record: Record) -> list[str]:
    notices = [f"kept apart from {line}" for line in record.apart]
    if record.skipped:
        counts = ", ".join(f"{reason}: {count}" for reason, count in record.skipped.items())
        notices.append(f"{sum(record.skipped.values())} rows are left out ({counts})")
    if found.complaints:
        notices.append(f"bad rows:\n  {list_complaints(found.complaints)}")
    evaluating = recipe.evaluation.judge if recipe.evaluation else None
    if warning := warn_of_same_judge(record.judge, evaluating):
        notices.append(warning)
    if recipe.data.limit and len(found.rows) < recipe.data.limit:
        notices.append(f"there are only {len(found.rows)} rows, fewer than {recipe.data.limit}")
    return notices
