"""What is said about a run while it goes on, without a terminal to draw on?"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ugcbench.commands.printing import echo
from ugcbench.plaintext import join_lines

if TYPE_CHECKING:
    from ugcbench.types import Prediction


class Notices:
    """An `Observer` that prints notices on stderr; a context manager.

    `path` is the run directory once it is open.
    """

    def __init__(self) -> None:
        self.path: Path | None = None

    def __enter__(self) -> Notices:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is drawn."""

    def opened(self, path: Path) -> None:
        """Keep the run directory for the closing words."""
        self.path = path
        gc.freeze()  # all that is loaded now is needed to the end

    def begin(self, stage: str, total: int) -> None:
        """Draw nothing."""

    def step(self, prediction: Prediction | None = None) -> None:
        """Draw nothing."""

    def notice(self, text: str) -> None:
        """Print a line."""
        echo(f"note: {join_lines(text)}", err=True)


def watch(*, quiet: bool) -> Notices:
    """Progress bars if stderr is a terminal and nobody wants quiet, else notices alone."""
    if quiet or not sys.stderr.isatty():
        return Notices()
    from ugcbench.commands.progress import ProgressBars

    return ProgressBars()
