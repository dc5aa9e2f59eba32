"""How does a table of texts become Markdown, LaTeX, HTML, CSV or lines on a terminal?"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import tabulate

from ugcbench.plaintext import escape, join_lines

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
    below the table, except in CSV, which has no place for them. No text is taken for markup, for a
    formula of a spreadsheet, or for an order to a terminal.
    """
    if style == "csv":
        return _csv(headers, rows)
    clean = _clean(style)
    left = [clean(name) for name in left]
    headers, rows = [clean(name) for name in headers], [[clean(t) for t in row] for row in rows]
    text = tabulate.tabulate(
        rows,
        headers,
        tablefmt=STYLES[style],
        disable_numparse=True,
        colalign=["left" if header in left else "right" for header in headers] if rows else None,
    )
    return str(text) + "".join(_note(note, style) for note in notes)


def tell_lower(labels: Iterable[str]) -> list[str]:
    """The note below a table that names its rates of error, if it has any."""
    names = list(dict.fromkeys(labels))
    return [f"lower is better: {', '.join(names)}"] if names else []


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


MARKUP = re.compile(r"[\\`<|~]|\](?=[(\[:])|&(?=#?\w+;)|(?<!\w)_|_(?!\w)|\*(?=\S)|(?<=\S)\*")
"""What GitHub's Markdown could take for markup within a line."""

NUMBER = re.compile(r"[+-]?(?:\d[\d.]*)?(?: (?:to|-) [+-]?\d[\d.]*)?(?: \*)?(?: \[\d+\])*")
"""A number as tables write it, with its interval and marks: no formula, though it has a sign."""


def escape_markdown(text: str) -> str:
    """A text on one line that Markdown shows as it is, also in the cell of a table."""
    return MARKUP.sub(r"\\\g<0>", join_lines(text))


def escape_formula(text: str) -> str:
    """A text that spreadsheets show and don't compute: an apostrophe stands before a formula."""
    risky = text.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    return f"'{text}" if risky and not NUMBER.fullmatch(text) else text


def _clean(style: TextFormat) -> Callable[[str], str]:
    """What makes the text of a cell harmless, as far as tabulate doesn't."""
    return {"md": escape_markdown, "table": escape}.get(style, join_lines)


def _note(note: str, style: TextFormat) -> str:
    note = join_lines(note)
    if style == "html":
        return f"<p>{html.escape(note)}</p>"
    if style == "latex":
        rules = tabulate.LATEX_ESCAPE_RULES
        return "\n\n" + "".join(rules.get(character, character) for character in note)
    if style == "md":
        return "\n\n" + re.sub(r"^\\?\*", r"\\*", escape_markdown(note))
    return f"\n{note}"


def _csv(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([escape_formula(escape(cell)) for cell in row] for row in (headers, *rows))
    return text.getvalue().rstrip("\n")
