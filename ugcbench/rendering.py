"""How does a table of texts become Markdown, LaTeX, HTML, CSV or lines on a terminal?"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from typing import Literal

import tabulate

TextFormat = Literal["table", "md", "latex", "html", "csv"]
Format = Literal[TextFormat, "json"]
STYLES = {"table": "rounded_outline", "md": "github", "latex": "latex_booktabs", "html": "html"}
OFFLINE_JUDGE = (
    "* from an offline judge: a smoke test, not comparable with the verdicts of an LLM judge"
)


def render(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    style: TextFormat,
    *,
    left: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> str:
    """A table of texts in one of the formats; a closing newline is not included.

    The columns named in `left` are aligned to the left, all others to the right. `notes` stand
    below the table, except in CSV, which has no place for them.
    """
    if style == "csv":
        return _csv(headers, rows)
    if style == "md":
        rows = [[text.replace("|", r"\|") for text in row] for row in rows]
    text = tabulate.tabulate(
        rows,
        headers,
        tablefmt=STYLES[style],
        disable_numparse=True,
        colalign=["left" if header in left else "right" for header in headers] if rows else None,
    )
    return str(text) + "".join(_note(note, style) for note in notes)


def points(value: float | None, *, sign: bool = False) -> str:
    """A value on the scale of 0 to 100 with one decimal, a dash for None."""
    return "-" if value is None else f"{value:{'+' if sign else ''}.1f}"


def span(low: float | None, high: float | None, *, sign: bool = False) -> str:
    """An interval on the scale of 0 to 100, empty for None."""
    if low is None or high is None:
        return ""
    return f"{points(low, sign=sign)} {'to' if sign else '-'} {points(high, sign=sign)}"


def scaled(value: float | None) -> float | None:
    """A value in [0, 1] on the scale of 0 to 100."""
    return None if value is None else 100 * value


def _note(note: str, style: TextFormat) -> str:
    if style == "html":
        return f"<p>{html.escape(note)}</p>"
    if style == "latex":
        rules = tabulate.LATEX_ESCAPE_RULES
        return "\n\n" + "".join(rules.get(character, character) for character in note)
    if style == "md":
        return "\n\n" + note.replace("*", r"\*").replace("_", r"\_")
    return f"\n{note}"


def _csv(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")
