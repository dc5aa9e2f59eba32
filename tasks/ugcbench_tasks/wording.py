"""Where do prompts and rubrics come from, and how are they filled in?"""

from __future__ import annotations

import string
from functools import cache
from importlib import resources

from ugcbench.types import Sample

LETTERS = string.ascii_uppercase


@cache
def read_text(folder: str, name: str) -> str:
    """A text file of this package: `prompts/<name>.txt` or `rubrics/<name>.txt`."""
    file = resources.files("ugcbench_tasks") / folder / f"{name}.txt"
    return file.read_text(encoding="utf-8").strip()


def own_question(name: str, sample: Sample) -> str:
    """Our own wording of a question, its options under letters."""
    options = "\n".join(
        f"{letter}. {choice}" for letter, choice in zip(LETTERS, sample.choices, strict=False)
    )
    return string.Template(read_text("prompts", name)).substitute(options=options)


def dataset_question(name: str, sample: Sample) -> str:
    """The dataset's own question, its options below; our wording where it has none."""
    if sample.question is None:
        return own_question(name, sample)
    return "\n".join([sample.question.strip(), *sample.choices])
