"""How does a person see a long run go on?"""

from __future__ import annotations

from collections import Counter
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ugcbench.commands.notices import Notices
from ugcbench.plaintext import join_lines
from ugcbench.types import Prediction


class ProgressBars(Notices):
    """An `Observer` that also draws one bar a stage on stderr."""

    def __init__(self) -> None:
        super().__init__()
        self._bars = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[failures]}", markup=False),
            console=Console(stderr=True),
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
        failures = ", ".join(
            f"{join_lines(kind)} {count}" for kind, count in self._failures.items()
        )
        self._bars.update(self._stage, advance=1, failures=failures)  # type: ignore[arg-type]
