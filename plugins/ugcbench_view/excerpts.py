"""How does a long text begin, on one line of a list?"""

from __future__ import annotations

from collections.abc import Sequence

LENGTH = 80
READ = 4 * LENGTH
"""Characters that are looked at: more than enough to fill a line after white space is joined."""


def begin(text: str | None) -> str:
    """At most `LENGTH` characters, with an ellipsis where there were more; `""` for None."""
    line = " ".join((text or "")[:READ].split())
    return line if len(line) <= LENGTH else f"{line[: LENGTH - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def begin_list(texts: Sequence[str]) -> str:
    """The beginning of several short texts in a row."""
    return begin(" \N{MIDDLE DOT} ".join(texts[:READ]))
