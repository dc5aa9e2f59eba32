"""How are the numbers of a run looked at?

`Result` is what `ugcbench.run` returns and what the command line prints: rows for people, plain
objects for programs. Values are in [0, 1] inside and on the paper's 0-100 scale when shown.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ugcbench.plaintext import join_lines
from ugcbench.rendering import (
    OFFLINE_JUDGE,
    Format,
    points,
    render,
    scaled,
    span,
    tell_lower,
)
from ugcbench.store import read_records, read_summary
from ugcbench.types import Cell, Record, Summary, Usage

if TYPE_CHECKING:
    import pandas

HEADERS = ("column", "score", "95 % interval", "n", "coverage", "constant", "judge")
LEFT = ("column", "judge")


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run: its directory and its summary.

    `path` is the run directory, `summary` all numbers with what is needed to trust them.
    """

    path: Path
    summary: Summary

    @classmethod
    def load(cls, path: str | Path) -> Result:
        """The result of a finished run directory; raises `RunError`."""
        return cls(Path(path), read_summary(Path(path)))

    @property
    def cells(self) -> Mapping[str, Cell]:
        """The cells by name, such as `ugc/ocr` or `ugc/caption:audio`."""
        return {cell.name: cell for cell in self.summary.cells}

    @property
    def coverage(self) -> float:
        """The smallest coverage of any cell for which something was asked."""
        return min((cell.coverage for cell in self.summary.cells if cell.asked), default=0.0)

    @property
    def title(self) -> str:
        """What was run on what, under which rules."""
        summary = self.summary
        return join_lines(f"{summary.model} on {summary.dataset}, protocol {summary.protocol}")

    @property
    def expense(self) -> str:
        """What the answers of model and judge used, in words."""
        used = [("model", self.summary.usage), ("judge", self.summary.judge_usage)]
        return "; ".join(f"{who}: {_expense(usage)}" for who, usage in used if usage.attempts)

    def records(self) -> Iterator[Record]:
        """What was predicted and scored, sample by sample, read from the run directory."""
        return read_records(self.path)

    def table(self, style: Format = "table") -> str:
        """The table of columns in one of the formats; a closing newline is not included."""
        if style == "json":
            return self.summary.model_dump_json(indent=2)
        rows = [_row(cell) for cell in self.summary.cells]
        rows.append(("Average", points(scaled(self.summary.average)), *[""] * 5))
        notes = tell_lower(cell.label for cell in self.summary.cells if cell.lower_is_better)
        if not all(cell.comparable for cell in self.summary.cells):
            notes.append(OFFLINE_JUDGE)
        return render(HEADERS, rows, style, left=LEFT, notes=notes)

    def to_pandas(self) -> pandas.DataFrame:
        """One row a cell, with the fields of `Cell` as columns; needs `ugcbench[pandas]`."""
        import pandas as pd

        return pd.DataFrame([cell.model_dump() for cell in self.summary.cells]).set_index("name")

    def records_to_pandas(self) -> pandas.DataFrame:
        """One row an answer: what was asked, said and scored; needs `ugcbench[pandas]`.

        `value` is in [0, 1], and so is each part of the score under its own name, such as
        `part:audio`. Where nothing was scored they are missing, and `note` says why.
        """
        import pandas as pd

        return pd.DataFrame([_flat(record) for record in self.records()])

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.title)}</p>{self.table('html')}"

    def __str__(self) -> str:
        return self.table()


def _row(cell: Cell) -> tuple[str, ...]:
    judge = cell.judge or ""
    if not cell.comparable:
        judge += " *"
    return (
        cell.label if cell.table else f"({cell.label})",
        points(scaled(cell.value)),
        span(scaled(cell.low), scaled(cell.high)),
        str(cell.n),
        "100%" if cell.n == cell.asked else f"{cell.coverage:.1%} of {cell.asked}",
        points(scaled(cell.baseline)) if cell.baseline is not None else "",
        judge,
    )


def _flat(record: Record) -> dict[str, object]:
    """A record as a row."""
    said, score = record.prediction, record.score
    return {
        "task": record.task,
        "sample_id": record.sample_id,
        "clip": record.clip,
        "status": score.status,
        "value": score.value,
        "text": said.text,
        "note": score.note,
        **{f"part:{name}": value for name, value in score.parts.items()},
    }


def _expense(usage: Usage) -> str:
    counts = [
        (f"{usage.attempts:,}", "requests"),
        (f"{usage.input_tokens or 0:,}", "tokens in"),
        (f"{usage.output_tokens or 0:,}", "tokens out"),
        (f"{usage.cost_usd or 0:.4f}", "USD"),
    ]
    return ", ".join(f"{count} {what}" for count, what in counts if float(count.replace(",", "")))
