"""How good is the model by now, by the benchmark's own measure?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ugcbench.errors import UgcbenchError
from ugcbench.evaluation import arun, wait_for
from ugcbench.plugins import Registry
from ugcbench.results import Result
from ugcbench_train.callbacks.trained_model import TrainedModel
from ugcbench_train.recipe import Evaluation, Recipe
from ugcbench_train.trainers.passes import resting

if TYPE_CHECKING:
    from pathlib import Path


LONGEST = 1800.0
"""Seconds for one answer, which waits for its batch; a judge that hangs holds nothing up."""


class EvaluationCallback(TrainerCallback):  # type: ignore[misc]
    """Evaluates every so many steps, and logs the cells.

    Runs are kept under `<output>/evaluations/step-N`; their values go where the training's curves
    go, as `evaluation/<cell>`. Of several processes the first evaluates, and the others wait. An
    evaluation that fails is told of by `tell`, and stops no training.
    """

    def __init__(
        self,
        recipe: Recipe,
        evaluation: Evaluation,
        registry: Registry,
        tell: Callable[[str], None],
    ) -> None:
        self._recipe, self._evaluation = recipe, evaluation
        self._registry, self._tell = registry, tell
        self._trainer: Any = None

    def watch(self, trainer: Trainer) -> None:
        """Evaluate the model of `trainer`."""
        self._trainer = trainer

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,  # noqa: ANN401
    ) -> None:
        """Evaluate if it is time."""
        if state.global_step % self._evaluation.every:
            return
        due = control.should_log
        if state.is_world_process_zero:
            self._evaluate(state.global_step)
        control.should_log = due  # what was logged is not what the step has to tell
        self._trainer.accelerator.wait_for_everyone()

    def _evaluate(self, step: int) -> None:
        folder = self._recipe.output / "evaluations" / f"step-{step}"
        try:
            result = self._run(step, folder)
        except UgcbenchError as error:
            self._tell(f"step {step} could not be evaluated: {error}")
            return
        values = {cell.name: cell.value for cell in result.summary.cells if cell.value is not None}
        # TRL's own `log` would add, and forget, what the step is still to tell.
        logged = {f"evaluation/{name}": value for name, value in values.items()}
        Trainer.log(self._trainer, logged)
        found = ", ".join(f"{name} {value:.3f}" for name, value in values.items()) or "no value"
        self._tell(f"step {step} evaluated: {found} ({folder})")

    def _run(self, step: int, folder: Path) -> Result:
        evaluation, accelerator = self._evaluation, self._trainer.accelerator
        model = accelerator.unwrap_model(self._trainer.model)
        with resting(model):
            answering = TrainedModel(
                self._trainer.codec,
                model,
                name=f"{self._recipe.output.name}-step-{step}",
                audio=self._recipe.media.audio,
                batch=evaluation.concurrency,
                autocast=accelerator.autocast,
            )
            begun = (folder / "run.json").exists()  # when a killed training comes here again
            return wait_for(
                arun(
                    model=answering,
                    tasks=evaluation.tasks,
                    dataset=evaluation.dataset,
                    judge=evaluation.judge,
                    judge_options=evaluation.judge_options,
                    protocol=evaluation.protocol,
                    subset=evaluation.subset,
                    subset_seed=self._recipe.seed,
                    concurrency=evaluation.concurrency,
                    timeout=LONGEST,
                    registry=self._registry,
                    output=None if begun else folder,
                    resume=folder if begun else None,
                )
            )
