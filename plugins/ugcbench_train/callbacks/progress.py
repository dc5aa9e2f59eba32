"""How does a person see a training go on?"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ugcbench.commands.printing import echo

SHOWN = {"loss": "loss", "reward": "reward", "kl": "kl", "rewards/unscored": "unscored"}
"""Numbers of a log that are shown while it goes on, and under which names."""

LINES = 50
"""At most so many lines stand for the bar where there is no terminal."""


class Display(Protocol):
    """Where progress is shown."""

    def begin(self, total: int, done: int) -> None:
        """`done` of `total` steps are done."""
        ...

    def move(self, done: int, numbers: str) -> None:
        """So many steps are done; the latest numbers in words."""
        ...

    def end(self) -> None:
        """No more steps."""
        ...


class Bar:
    """A bar on a terminal."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[numbers]}"),
            console=Console(stderr=True),
        )
        self._task = self._bars.add_task("training", total=None, numbers="")

    def begin(self, total: int, done: int) -> None:
        """Draw the bar."""
        self._bars.update(self._task, total=total, completed=done)
        self._bars.start()

    def move(self, done: int, numbers: str) -> None:
        """Draw it anew."""
        self._bars.update(self._task, completed=done, numbers=numbers)

    def end(self) -> None:
        """Leave it as it is."""
        self._bars.stop()


class Lines:
    """A line now and then, for a log file."""

    def __init__(self) -> None:
        self._total = 0

    def begin(self, total: int, done: int) -> None:
        """Say how many steps there are."""
        self._total = total
        going_on = f", going on from step {done}" if done else ""
        echo(f"training: {total} steps{going_on}", err=True)

    def move(self, done: int, numbers: str) -> None:
        """Say so at every fiftieth of the steps, and at the last."""
        if done % max(self._total // LINES, 1) == 0 or done == self._total:
            echo(f"step {done}/{self._total} {numbers}".rstrip(), err=True)

    def end(self) -> None:
        """Nothing more is said."""


class Quiet:
    """Nothing at all."""

    def begin(self, total: int, done: int) -> None:
        """Show nothing."""

    def move(self, done: int, numbers: str) -> None:
        """Show nothing."""

    def end(self) -> None:
        """Show nothing."""


def open_display(*, quiet: bool) -> Display:
    """A bar on a terminal, lines elsewhere, nothing if that is wanted."""
    if quiet:
        return Quiet()
    return Bar() if sys.stderr.isatty() else Lines()


class ProgressCallback(TrainerCallback):  # type: ignore[misc]
    """Shows steps and the latest numbers; of several processes, the first one's."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._numbers = ""

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,  # noqa: ANN401
    ) -> None:
        """Show where it begins."""
        if state.is_world_process_zero:
            self._display.begin(state.max_steps, state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: Any,  # noqa: ANN401
    ) -> None:
        """Show the numbers of a step that was logged."""
        known = logs or {}
        found = [f"{short} {known[name]:.3g}" for name, short in SHOWN.items() if name in known]
        if found and state.is_world_process_zero:
            self._numbers = ", ".join(found)
            self._display.move(state.global_step, self._numbers)

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,  # noqa: ANN401
    ) -> None:
        """Show a step that will not be logged."""
        if state.is_world_process_zero and state.global_step % args.logging_steps:
            self._display.move(state.global_step, self._numbers)

    def on_train_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,  # noqa: ANN401
    ) -> None:
        """Show the end."""
        if state.is_world_process_zero:
            self._display.end()
