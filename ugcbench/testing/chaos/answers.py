"""Which answers does a run directory hold, read without the harness?"""

from __future__ import annotations

import json
import re
from pathlib import Path

ANSWER = re.compile(r"answer ([0-9a-f]{16})")
"""How an answer of the rig's servers says which question it answers."""

FILES = ("predictions.jsonl", "verdicts.jsonl")
"""Of model and judge."""


def answers_in(path: Path) -> frozenset[str]:
    """The questions whose answers are on disk, of model and judge, in lines that are whole."""
    return frozenset(answer for name in FILES for answer in answers_of(path / name))


def answers_of(file: Path) -> list[str]:
    """The same of one file, line by line."""
    raw = file.read_bytes() if file.exists() else b""
    found = []
    for line in raw.splitlines():
        try:
            row = json.loads(line)
            text = row.get("prediction", row)["text"]
        except (ValueError, AttributeError, KeyError, TypeError):
            continue
        if text and (answer := ANSWER.search(text)):
            found.append(answer[1])
    return found


def count_doubles(path: Path) -> int:
    """How many answers or records of a finished run are there once too often."""
    records = (path / "records.jsonl").read_text(encoding="utf-8").splitlines()
    keys = [f"{line['task']} {line['sample_id']}" for line in map(json.loads, records)]
    lists = [keys, *(answers_of(path / name) for name in FILES)]
    return sum(len(one) - len(set(one)) for one in lists)
