"""How does a person see a long run go on?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import TracebackType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ugcbench.types import Prediction


class ProgressBars:
    """An `Observer` with one bar a stage on stderr; on a pipe it only prints notices.

    `path` is the run directory once it is open.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        console = Console(stderr=True)
        self.path: Path | None = None
        self._bars = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[failures]}"),
            console=console,
            disable=quiet or not console.is_terminal,
        )
        self._failures: Counter[str] = Counter()
        self._stage: int | None = None

    def __enter__(self) -> ProgressBars:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def opened(self, path: Path) -> None:
        """Keep the run directory for the closing words."""
        self.path = path

    def begin(self, stage: str, total: int) -> None:
        """Start the bar of a stage."""
        self._failures.clear()
        self._stage = self._bars.add_task(stage, total=total, failures="")

    def step(self, prediction: Prediction | None = None) -> None:
        """Move the bar on; failures are counted beside it."""
        if self._stage is None:
            return
        if prediction is not None and prediction.failure is not None:
            self._failures[prediction.failure.kind] += 1
        failures = ", ".join(f"{kind} {count}" for kind, count in self._failures.items())
        self._bars.update(self._stage, advance=1, failures=failures)  # type: ignore[arg-type]

    def notice(self, text: str) -> None:
        """Print a line above the bars."""
        click.echo(f"note: {text}", err=True)
