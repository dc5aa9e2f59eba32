"""The bundled entries without what was measured, so that tests see published figures alone."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from importlib import resources
from pathlib import Path

PUBLISHED = Path(tempfile.mkdtemp(prefix="published-entries-"))
atexit.register(shutil.rmtree, PUBLISHED, ignore_errors=True)

for _file in (resources.files("ugcbench_leaderboard") / "entries").iterdir():
    _entry = json.loads(_file.read_text(encoding="utf-8"))
    _entry.pop("measured", None)
    (PUBLISHED / _file.name).write_text(json.dumps(_entry), encoding="utf-8")
