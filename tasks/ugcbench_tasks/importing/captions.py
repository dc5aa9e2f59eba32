"""How are saved captions read that were made without ugcbench?

JSON as one object `{id: caption}` or a list of rows, JSON Lines, or CSV with a header line. A row
names its clip by `video_id`, `id`, `sample_id` or `video`, and its caption by `caption`, `text`,
`prediction` or `answer`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ugcbench.errors import DatasetError
from ugcbench_tasks.importing.problems import Problems, read_json, read_json_lines
from ugcbench_tasks.importing.recording import Recording

IDS = ("video_id", "id", "sample_id", "video")
TEXTS = ("caption", "text", "prediction", "answer")
TASK = "ugc/caption"


def read_captions(file: Path, system: str, problems: Problems) -> Recording:
    """The captions of a file as those of `system`; raises `DatasetError` for an unknown ending."""
    readers = {".json": _json_rows, ".jsonl": read_json_lines, ".csv": _csv_rows}
    read = readers.get(file.suffix.lower())
    if read is None:
        raise DatasetError(f"{file}: captions are read from .json, .jsonl and .csv")
    recording = Recording(system)
    for place, row in read(file, problems):
        sample = next((row[key] for key in IDS if row.get(key)), None)
        text = next((row[key] for key in TEXTS if row.get(key) is not None), None)
        if not isinstance(sample, str):
            problems.add(place, f"no id: one of {', '.join(IDS)} must be a text")
        elif not isinstance(text, str):
            problems.add(place, f"no caption: one of {', '.join(TEXTS)} must be a text")
        else:
            recording.answer(TASK, sample, text, problems, place)
    if not recording.predictions and not problems.found:
        problems.add(str(file), "holds no captions")
    return recording


def _json_rows(file: Path, problems: Problems) -> Iterator[tuple[str, Mapping[str, Any]]]:
    value = read_json(file, problems)
    if isinstance(value, dict):
        for sample, caption in value.items():
            yield f"{file}: {sample}", {"id": sample, "caption": caption}
    elif isinstance(value, list):
        for number, row in enumerate(value, start=1):
            if isinstance(row, dict):
                yield f"{file}: row {number}", row
            else:
                problems.add(f"{file}: row {number}", "not an object")
    elif value is not None:
        problems.add(str(file), "neither an object nor a list")


def _csv_rows(file: Path, problems: Problems) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, strict=True)
        try:
            for row in rows:
                yield f"{file}:{rows.line_num}", row
        except (csv.Error, UnicodeDecodeError) as error:
            problems.add(f"{file}:{rows.line_num + 1}", f"not CSV ({error})")
