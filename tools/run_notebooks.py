"""Run the notebooks in examples/ and write what comes out into them.

    python tools/run_notebooks.py            # all; `make notebooks` does this
    python tools/run_notebooks.py 1_run      # one

Each runs in an own kernel and an own empty folder, so that it depends on nothing but the package.
What is written is the same wherever and whenever it was run: no times, counts or versions.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

EXAMPLES = Path(__file__).parent.parent / "examples"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def main(names: list[str]) -> None:
    """Run all notebooks, or those of these names."""
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        if not names or path.stem in names:
            with tempfile.TemporaryDirectory() as folder:
                nbformat.write(executed(path, Path(folder)), path)
            print(path)


def executed(path: Path, folder: Path) -> NotebookNode:
    """The notebook with new outputs, run in `folder`; raises `CellExecutionError`."""
    notebook = nbformat.read(path, as_version=4)
    own = {"IPYTHONDIR": folder / ".ipython", "JUPYTER_RUNTIME_DIR": folder / ".jupyter"}
    environment = {**os.environ, **{name: str(value) for name, value in own.items()}}
    resources = {"metadata": {"path": str(folder)}}
    # Sockets in a short folder, as their names have at most 107 letters; nothing listens on a port.
    with tempfile.TemporaryDirectory() as sockets:
        kernel = Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"})
        client = NotebookClient(notebook, config=kernel, timeout=120, resources=resources)
        client.execute(env=environment)
    return cleaned(notebook)


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what changes from run to run, its cells numbered."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", {}
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                _clean(output)
    return notebook


def _clean(output: NotebookNode) -> None:
    """Leave the richest form alone: beside it, the plain one is the object's long `repr`."""
    if "execution_count" in output:
        output.execution_count = None
    data = output.get("data", {})
    if data.keys() & {"text/html", "image/png"}:
        data.pop("text/plain", None)


if __name__ == "__main__":
    main(sys.argv[1:])
