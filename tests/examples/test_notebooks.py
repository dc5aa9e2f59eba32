"""The notebooks run as they stand, and what they show is what comes out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

from tools.run_notebooks import EXAMPLES, cleaned, executed

NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


def shown(notebook):
    """The texts of each cell's outputs; pictures are only counted, their bytes are matplotlib's."""
    return [[_told(output) for output in cell.get("outputs", ())] for cell in notebook.cells]


def _told(output):
    if output.output_type == "stream":
        return output.name, output.text
    data = output.data
    return sorted(data), [data[kind] for kind in sorted(data) if kind.startswith("text/")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_comes_out_is_what_is_shown(path, tmp_path):
    kept = nbformat.read(path, as_version=4)
    assert shown(executed(path, tmp_path)) == shown(kept)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_of_the_machine_is_kept(path):
    kept = nbformat.read(path, as_version=4)
    nbformat.validate(kept)
    assert kept == cleaned(nbformat.from_dict(json.loads(json.dumps(kept))))
    outputs = [output for cell in kept.cells for output in cell.get("outputs", ())]
    assert {output.output_type for output in outputs} <= {"stream", "execute_result"}
    assert {output.name for output in outputs if output.output_type == "stream"} <= {"stdout"}
    text = path.read_text("utf-8")
    assert "\\u001b" not in text
    assert re.search(r"/(home|root|tmp|Users|work)/", text) is None
    assert path.stat().st_size < 400_000


def test_the_readme_names_every_notebook():
    page = (EXAMPLES / "README.md").read_text("utf-8")
    assert NOTEBOOKS
    assert re.findall(r"\]\((\w+\.ipynb)\)", page) == [Path(path).name for path in NOTEBOOKS]
