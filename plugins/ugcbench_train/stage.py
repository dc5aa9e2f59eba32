"""How does a stage go on one process, from checked rows to a checkpoint?"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ugcbench.commands.printing import echo
from ugcbench.errors import MissingExtraError, PreflightError, RunError, UgcbenchError
from ugcbench.evaluation import wait_for
from ugcbench.plugins import Registry
from ugcbench_train.data.files import read_rows
from ugcbench_train.preparation import choose_rows
from ugcbench_train.recipe import Evaluation, Recipe
from ugcbench_train.rewards.mixture import Mixture
from ugcbench_train.rewards.processes import this_process
from ugcbench_train.rewards.scored import Completion
from ugcbench_train.rewards.tasks import GOLD
from ugcbench_train.rows import Row

Tell = Callable[[str], None]


def run_stage(
    recipe: Recipe, *, resume: bool, quiet: bool = False, registry: Registry | None = None
) -> Path:
    """Train as the recipe says and return the folder of the final checkpoint.

    Every process of a training calls this. Raises a `UgcbenchError` in one line for whatever is
    wrong with rows, clips, judge, memory or disk.
    """
    registry = registry or Registry()
    found = read_rows(recipe.data.train, recipe.data.media, max_skipped=recipe.data.max_skipped)
    rows = choose_rows(recipe, found)
    with _explained(recipe), contextlib.ExitStack() as stack:
        stack.enter_context(_quiet_engine())
        reward = None
        if recipe.stage == "grpo":
            mixture = stack.enter_context(_open_mixture(recipe, registry))
            reward = _open_reward(mixture, rows)
        from ugcbench_train.trainers.training import train

        callbacks = _callbacks(recipe, registry, stack, quiet=quiet)
        return train(
            recipe, rows, reward=reward, callbacks=callbacks, resume=resume, registry=registry
        )


@contextlib.contextmanager
def _open_mixture(recipe: Recipe, registry: Registry) -> Iterator[Mixture]:
    mixture = Mixture.open(recipe.rewards, recipe.output / "rewards", registry)
    try:
        yield mixture
    finally:
        wait_for(mixture.close())


def _open_reward(mixture: Mixture, rows: Sequence[Row]) -> Any:  # noqa: ANN401
    from ugcbench_train.rewards.trl import reward_function

    if this_process().rank == 0:
        for notice in mixture.notices:
            tell(notice)
        check_rewards(mixture, rows[0])
    return reward_function(mixture, tell=tell)


def check_rewards(mixture: Mixture, row: Row) -> None:
    """Score a row's caption as if it had been sampled; raises `PreflightError` if that fails."""
    caption = row.caption or ""
    sampled = Completion(id=row.id, text=caption, gold={GOLD: caption}, group="check")
    scored = wait_for(mixture.score([sampled]))
    if scored.values[0] is not None:
        return
    for name, (score,) in scored.scores.items():
        if score.value is None:
            raise PreflightError(
                f"{name} gave no score ({score.status}: {score.note or 'no reason given'}), so "
                f"nothing was trained; is the judge {mixture.judge} there?"
            )


def _callbacks(
    recipe: Recipe, registry: Registry, stack: contextlib.ExitStack, *, quiet: bool
) -> list[Any]:
    """What goes on beside the steps; `stack` ends it, however the training does."""
    from ugcbench_train.callbacks.progress import ProgressCallback, open_display

    display = open_display(quiet=quiet)
    stack.callback(display.end)
    found: list[Any] = [ProgressCallback(display)]
    if recipe.evaluation is not None:
        found.append(_evaluation(recipe, recipe.evaluation, registry))
    return found


def _evaluation(recipe: Recipe, wanted: Evaluation, registry: Registry) -> Any:  # noqa: ANN401
    """The evaluation on the way, of the weights in training."""
    from ugcbench_train.callbacks.answering import answer_in_place
    from ugcbench_train.callbacks.evaluation import EvaluationCallback

    def answer(trainer: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401
        audio, batch = recipe.media.audio, wanted.concurrency
        return answer_in_place(trainer.codec, audio=audio, batch=batch)(trainer, name)

    return EvaluationCallback(
        answer,
        name=recipe.output.name,
        output=recipe.output / "evaluations",
        tell=tell,
        registry=registry,
        subset_seed=recipe.seed,
        **wanted.model_dump(),
    )


def tell(text: str) -> None:
    """Print a line on stderr; the first of several processes does."""
    if this_process().rank == 0:
        echo(f"note: {text}", err=True)


@contextlib.contextmanager
def _quiet_engine() -> Iterator[None]:
    """Keep the engine's hints to its own developers out of what the user sees."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.set_verbosity(verbosity)


@contextlib.contextmanager
def _explained(recipe: Recipe) -> Iterator[None]:
    """Turn a full disk or memory into one line."""
    try:
        yield
    except UgcbenchError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise RunError(
            f"{where}{error.strerror or error}; mend that, then type the command again with "
            "--resume: checkpoints are kept"
        ) from error
    except ImportError as error:
        reason = str(error).partition("\n")[0]
        raise MissingExtraError(
            f"the engine can't be loaded: {reason}; install it anew: pip install 'ugcbench[train]'"
        ) from error
    except Exception as error:
        if type(error).__module__.startswith("wandb."):
            reason = str(error).rstrip(".")
            raise RunError(
                f"W&B: {reason}; or set WANDB_MODE=offline, or leave it out: --set "
                "logging.to=[tensorboard]"
            ) from error
        if type(error).__name__ != "OutOfMemoryError":
            raise
        raise RunError(
            f"the GPU's memory is full; take a smaller optimizer.batch, tuning.lora, or a strategy "
            f"that shares more than {recipe.launch.strategy}, then type the command again with "
            "--resume: `--dry-run` shows what is needed"
        ) from error
