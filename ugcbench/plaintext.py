"""Which characters of a text from elsewhere may reach a terminal or a page?

A caption, a file name or a server's message can hold characters that a terminal obeys: they move
the cursor, rewrite lines above, set the title or the clipboard, or turn the order of what is read.
"""

from __future__ import annotations

import re

OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Control characters other than tab and newline, separators of lines and paragraphs, marks and
overrides of the writing direction, halves of surrogate pairs, annotation and tag characters."""


def escape(text: str) -> str:
    r"""The text with what would be obeyed written as `\u001b`, as JSON does.

    So what was JSON stays the same JSON.
    """
    return OBEYED.sub(lambda found: _write_out(found[0]), text)


def join_lines(text: str) -> str:
    """`escape` on one line: no line of what is printed can be made up by a text within it."""
    return escape(" ".join(text.splitlines()) if "\n" in text else text)


def _write_out(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
