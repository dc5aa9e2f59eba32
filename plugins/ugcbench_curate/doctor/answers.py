"""Do the ids of systems' answers and judges' verdicts fit the gold?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from ugcbench.errors import DatasetError
from ugcbench.gold.findings import Finding, Level, first
from ugcbench.types import Clip

NAMES = ("video_id", "clip", "sample_id", "id")
"""Keys that hold a clip's id, in the order in which they are looked for."""

WRAPPERS = ("samples", "evaluations", "results")
"""Keys of a JSON object that hold all entries, as a list or by id."""


def find_strangers(clips: Sequence[Clip], path: Path) -> Iterator[Finding]:
    """Ids that are answered without gold, answered twice, or not answered.

    They are compared with the kind of gold whose clips are most nearly those of the file. It is
    JSON Lines or JSON: objects with an id, or objects by id. Raises `DatasetError`.
    """
    counts = Counter(read_ids(path))
    answered = set(counts)
    key, known = _find_gold(clips, answered)
    twice = {name for name, count in counts.items() if count > 1}
    strange = answered - known
    yield from _list("warning", "orphan id", path, f"answered, but has no {key}", strange, answered)
    yield from _list(
        "note", "unanswered", path, f"has {key}, but no answer", known - answered, known
    )
    yield from _list("warning", "repeated id", path, "answered more than once", twice, answered)


def read_ids(path: Path) -> list[str]:
    """The ids in a file of answers or verdicts, in its order; raises `DatasetError`."""
    try:
        raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from error
    if path.suffix.lower() == ".jsonl":
        lines = [(n, line) for n, line in enumerate(raw.splitlines(), start=1) if line.strip()]
        return [_id_of(_parse(line, f"{path}:{n}"), f"{path}:{n}") for n, line in lines]
    value = _parse(raw, str(path))
    if isinstance(value, dict):
        value = next((value[name] for name in WRAPPERS if name in value), value)
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, list):
        return [_id_of(entry, f"{path}, entry {n}") for n, entry in enumerate(value, start=1)]
    raise DatasetError(f"{path}: must be a list of objects, or objects by id")


def _find_gold(clips: Sequence[Clip], answered: set[str]) -> tuple[str, set[str]]:
    """The gold key whose clips are most nearly those that are answered, and these clips."""
    by_key: dict[str, set[str]] = {}
    for clip in clips:
        for key in clip.gold:
            by_key.setdefault(key, set()).add(clip.id)
    if not by_key:
        return "gold", set()
    return max(by_key.items(), key=lambda pair: len(pair[1] & answered) / len(pair[1] | answered))


def _list(
    level: Level, check: str, path: Path, message: str, names: set[str], all_names: set[str]
) -> Iterator[Finding]:
    if names:
        listed = tuple(sorted(names))
        yield Finding(
            level, check, str(path), message, len(listed), len(all_names), first(listed), listed
        )


def _parse(raw: bytes, place: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return from_json(raw)
    except ValueError as error:
        raise DatasetError(f"{place}: not JSON: {error}") from error


def _id_of(entry: object, place: str) -> str:
    if isinstance(entry, dict):
        for name in NAMES:
            if isinstance(entry.get(name), str):
                return str(entry[name])
    raise DatasetError(f"{place}: has no id; it must be the text of one of {', '.join(NAMES)}")
