"""What stands in the pages of docs/?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    page for page in DOCS.rglob("*.md") if not page.relative_to(DOCS).parts[0].startswith("_")
)
FENCE = re.compile(r"^(?P<mark>```+)(?P<language>[^\n`]*)\n(?P<code>.*?)^(?P=mark)$", re.M | re.S)


class Block(NamedTuple):
    """A fenced block: what its fence says, and what it holds."""

    language: str
    code: str


def name_of(page: Path) -> str:
    """The page's name, as toctrees give it."""
    return page.relative_to(DOCS).with_suffix("").as_posix()


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in their order."""
    for found in FENCE.finditer(page.read_text(encoding="utf-8")):
        yield Block(found["language"].strip(), found["code"])


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))
