"""How do the tables in README.md and docs/ stay true?

python tools/update_readme.py           run the demo and write its table; write all other tables
python tools/update_readme.py --check   exit with 1 if a table other than the demo's is out of date
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import reference_tables as tables

import ugcbench

ROOT = Path(__file__).parent.parent
PAGES: Mapping[str, Mapping[str, Callable[[ugcbench.Registry], str]]] = {
    "docs/names.md": {
        "models": lambda registry: tables.models(registry, "model"),
        "judges": lambda registry: tables.models(registry, "judge"),
        "tasks": tables.tasks,
        "datasets": tables.datasets,
        "executors": tables.executors,
        "protocols": lambda _: tables.protocols(),
    },
    "docs/protocols.md": {"rules": lambda _: tables.rules()},
    "docs/commands.md": {"commands": tables.commands},
}
"""The blocks of each page, and what is written into them."""


def main() -> int:
    """Write or check; returns the exit code."""
    registry = ugcbench.Registry()
    outdated = False
    for name, blocks in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        wanted = text
        for block, make in blocks.items():
            wanted = fill(wanted, block, make(registry))
        if wanted != text:
            outdated = True
            _settle(name, wanted)
    if "--check" in sys.argv:
        return int(outdated)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _settle("README.md", fill(readme, "demo table", demo_table()))
    return 0


def _settle(name: str, wanted: str) -> None:
    """Write a page, or say that it is out of date."""
    if "--check" in sys.argv:
        print(f"{name} is out of date; type: python tools/update_readme.py", file=sys.stderr)
    else:
        (ROOT / name).write_text(wanted, encoding="utf-8")


def fill(text: str, block: str, content: str) -> str:
    """`text` with the content of a marked block replaced."""
    pattern = rf"(<!-- {block}: [^\n]*-->\n).*?(<!-- end -->)"
    filled, count = re.subn(
        pattern, lambda m: f"{m[1]}\n{content}\n\n{m[2]}", text, count=1, flags=re.DOTALL
    )
    if not count:
        raise SystemExit(f"there is no block {block!r}")
    return filled


def demo_table() -> str:
    """The table that `make demo` prints, as markdown."""
    with tempfile.TemporaryDirectory() as folder:
        result = ugcbench.run(
            model="signal-baseline",
            tasks="all",
            dataset="mini",
            judge="lexical",
            output=Path(folder) / "demo",
        )
    return result.table("md").replace("\n*", "\n\n\\*")


if __name__ == "__main__":
    sys.exit(main())
