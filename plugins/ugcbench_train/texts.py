"""Where do the prompt and the rubric of this package come from?"""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def read_text(folder: str, name: str) -> str:
    """A text file of this package: `prompts/<name>.txt` or `rubrics/<name>.txt`."""
    file = resources.files("ugcbench_train") / folder / f"{name}.txt"
    return file.read_text(encoding="utf-8").strip()
