"""How do the tables in README.md stay true?

python tools/update_readme.py           run the demo and write its table and the lists of names
python tools/update_readme.py --check   exit with 1 if the lists of names are out of date
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import tabulate

import ugcbench
from ugcbench.specs import ModelSpec, Spec

README = Path(__file__).parent.parent / "README.md"


def main() -> int:
    """Write or check; returns the exit code."""
    text = README.read_text(encoding="utf-8")
    wanted = fill(text, "names", names_table())
    if "--check" in sys.argv:
        if wanted != text:
            print("README.md is out of date; type: python tools/update_readme.py", file=sys.stderr)
        return int(wanted != text)
    README.write_text(fill(wanted, "demo table", demo_table()), encoding="utf-8")
    return 0


def fill(text: str, block: str, content: str) -> str:
    """`text` with the content of a marked block replaced."""
    pattern = rf"(<!-- {block}: [^\n]*-->\n).*?(<!-- end -->)"
    filled, count = re.subn(
        pattern, lambda m: f"{m[1]}\n{content}\n\n{m[2]}", text, count=1, flags=re.DOTALL
    )
    if not count:
        raise SystemExit(f"README.md has no block {block!r}")
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


def names_table() -> str:
    """What can be named, by kind, as markdown."""
    registry = ugcbench.Registry()
    groups: list[tuple[str, Iterable[Spec]]] = [
        ("model", (spec for spec in registry.models.values() if "model" in spec.roles)),
        ("judge", (spec for spec in registry.models.values() if "judge" in spec.roles)),
        ("task", registry.tasks.values()),
        ("dataset", registry.datasets.values()),
    ]
    rows = [(kind, f"`{_name(spec)}`", spec.summary) for kind, specs in groups for spec in specs]
    return str(tabulate.tabulate(rows, ("kind", "name", "what it is"), tablefmt="github"))


def _name(spec: Spec) -> str:
    return f"{spec.name}/<model>" if isinstance(spec, ModelSpec) and spec.prefix else spec.name


if __name__ == "__main__":
    sys.exit(main())
