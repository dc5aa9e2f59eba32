"""A run whose numbers are others than those that were scored."""

from __future__ import annotations

import json


def change_cell(path, name, **changes):
    file = path / "summary.json"
    summary = json.loads(file.read_text())
    (cell,) = [cell for cell in summary["cells"] if cell["name"] == name]
    cell.update(changes)
    file.write_text(json.dumps(summary))
