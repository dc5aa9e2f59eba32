"""How good is the model by now, by the benchmark's own measure?"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ugcbench.errors import UgcbenchError, UsageError
from ugcbench.evaluation import arun, wait_for
from ugcbench.plugins import Registry
from ugcbench.results import Result
from ugcbench_train.callbacks.answering import Answering
from ugcbench_train.trainers.passes import resting

LONGEST = 1800.0
"""Seconds for one answer, which waits for its batch; a judge that hangs holds nothing up."""

log = logging.getLogger(__name__)


class EvaluationCallback(TrainerCallback):  # type: ignore[misc]
    """Evaluates the model of a `transformers` or TRL trainer on the way, and logs the cells.

    `EvaluationCallback(...).watch(trainer)` is all that a training of one's own needs.

    Args:
        answering: who answers; see `answer_in_place` and `answer_from_checkpoints`.
        every: after so many steps; by default whenever a checkpoint is saved.
        name: what the model is called in results, with `-step-N` behind it; by default as the
            folder of the trainer's checkpoints.
        output: where the runs are kept, each in a folder `step-N`; by default `evaluations` in that
            folder.
        tell: gets what came out, and what went wrong, in words; by default the log.
        registry: the plugins, by default those that are installed.
        asked: the arguments of `ugcbench.run` but for the model and the output: `tasks`, `dataset`,
            `subset`, `judge` and so on.

    Values go where the training's curves go, as `evaluation/<cell>`. Of several processes the first
    evaluates, and the others wait. An evaluation that fails is told of, and stops no training.

    """

    def __init__(
        self,
        answering: Answering,
        *,
        every: int | None = None,
        name: str | None = None,
        output: Path | str | None = None,
        tell: Callable[[str], None] | None = None,
        registry: Registry | None = None,
        **asked: Any,  # noqa: ANN401
    ) -> None:
        if every is not None and every < 1:
            raise UsageError(f"every is a number of steps from 1 on, not {every}")
        self._answering, self._asked = answering, asked
        self._every, self._name, self._output = every, name, output
        self._tell, self._warn = tell or log.info, tell or log.warning
        self._registry = registry
        self._anew = False
        self._trainer: Any = None

    def watch(self, trainer: Trainer) -> None:
        """Evaluate the model of `trainer` from now on."""
        self._trainer = trainer
        trainer.add_callback(self)

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,  # noqa: ANN401
    ) -> None:
        """Know whether the training begins, or goes on after a kill."""
        self._anew = state.global_step == 0

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,  # noqa: ANN401
    ) -> None:
        """Evaluate if it is time."""
        if self._every is not None and state.global_step % self._every == 0:
            self._take_turns(args, state, control)

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,  # noqa: ANN401
    ) -> None:
        """Evaluate what was saved, unless steps are counted."""
        if self._every is None:
            self._take_turns(args, state, control)

    def _take_turns(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl
    ) -> None:
        due = control.should_log
        if state.is_world_process_zero:
            output = Path(self._output or Path(args.output_dir) / "evaluations")
            self._evaluate(state.global_step, output / f"step-{state.global_step}")
        control.should_log = due  # what was logged is not what the step has to tell
        self._trainer.accelerator.wait_for_everyone()

    def _evaluate(self, step: int, folder: Path) -> None:
        try:
            result = self._run(step, folder)
        except UgcbenchError as error:
            self._warn(f"step {step} could not be evaluated: {error}")
            return
        values = {cell.name: cell.value for cell in result.summary.cells if cell.value is not None}
        # TRL's own `log` would add, and forget, what the step is still to tell.
        logged = {f"evaluation/{name}": value for name, value in values.items()}
        Trainer.log(self._trainer, logged)
        found = ", ".join(f"{name} {value:.3f}" for name, value in values.items()) or "no value"
        self._tell(f"step {step} evaluated: {found} ({result.path})")

    def _run(self, step: int, folder: Path) -> Result:
        model = self._trainer.accelerator.unwrap_model(self._trainer.model)
        name = f"{self._name or Path(self._trainer.args.output_dir).name}-step-{step}"
        begun = (folder / "run.json").exists()
        if begun and self._anew:  # by an earlier training, whose weights were others
            folder, begun = _find_free(folder), False
        with resting(model):
            asked: dict[str, Any] = {
                "concurrency": 8,
                "timeout": LONGEST,
                "registry": self._registry,
                **self._asked,
                **self._answering(self._trainer, name),
                "resume" if begun else "output": folder,
            }
            return wait_for(arun(**asked))


def _find_free(folder: Path) -> Path:
    names: Sequence[str] = ()
    if folder.parent.is_dir():
        names = [path.name for path in folder.parent.iterdir()]
    numbered = (f"{folder.name}-{number}" for number in itertools.count(2))
    return folder.with_name(next(name for name in numbered if name not in names))
