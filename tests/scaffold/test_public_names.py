"""docs/compatibility.md lists names that exist, and our examples use no others."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ugcbench import errors
from ugcbench_scaffold.kinds import KINDS
from ugcbench_scaffold.names import Names
from ugcbench_scaffold.writing import make_files

DOCS = Path(__file__).parents[2] / "docs"
ROWS = re.findall(
    r"^\| `(ugcbench[\w.]*)` \| (.*) \|$", (DOCS / "compatibility.md").read_text(), re.M
)


def names_of(module, told):
    if "__all__" in told:
        return set(importlib.import_module(module).__all__)
    if module == "ugcbench.errors":
        return {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    return set(re.findall(r"`(\w+)`", told))


PUBLIC = {module: names_of(module, told) for module, told in ROWS}


def imported(text: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(text)):
        module = getattr(node, "module", None) or ""
        if isinstance(node, ast.ImportFrom) and re.match(r"ugcbench(\.|$)", module):
            yield from ((module, alias.name) for alias in node.names)


def written() -> Iterator[tuple[str, str]]:
    """The Python of the templates and of the pages for authors."""
    files = make_files(Names("whale"), list(KINDS), "MIT")
    yield from ((name, text) for name, text in files.items() if name.endswith(".py"))
    for page in ("plugins.md", "authors.md"):
        examples = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
        yield from ((f"{page}-{number}", text) for number, text in enumerate(examples))


EXAMPLES = dict(written())


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_there(module):
    assert PUBLIC[module]
    for name in PUBLIC[module]:
        assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("place", EXAMPLES)
def test_examples_use_public_names_only(place):
    found = imported(EXAMPLES[place])
    assert [each for each in found if each[1] not in PUBLIC.get(each[0], ())] == []
