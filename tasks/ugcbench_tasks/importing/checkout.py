"""Which systems did the official repository record, and what did they answer?

    results/omni_infer_caption_result/*.jsonl   {"video_id", "caption"} a line
    results/caption_score/*.json                {"evaluations": {video_id: {"audio_score", ...}}}
    results/ocr/*.jsonl                         {"video_id", "ocr", "predict_ocr"} a line
    results/background/*.json, object/*.json    {"samples": [{"video_id", "predict"}]}

Any of the folders and files may be absent. A file belongs to the system that its name means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ugcbench.errors import DatasetError
from ugcbench.scorers.ocr_answers import text_of_recorded
from ugcbench_tasks.importing.problems import Problems, read_json, read_json_lines
from ugcbench_tasks.importing.recording import Recording

SYSTEMS = {
    r"gemini.*flash": "gemini-2.5-flash",
    r"gemini.*pro": "gemini-2.5-pro",
    r"gemma.*e4b": "gemma-3n-e4b-it",
    r"gemma.*e2b": "gemma-3n-e2b-it",
    r"ugc.?videocaptioner": "ugc-videocaptioner-3b",
    r"omni.*7b": "qwen2.5-omni-7b",
    r"omni.*3b|omni.?baseline": "qwen2.5-omni-3b",
    r"minicpm": "minicpm-o-2.6",
}
"""What the released file names mean; the first pattern found in a name counts."""

DECORATION = re.compile(r"(?:^ocr[_-])|(?:[_-](?:4o|ocr|output|results?|inference|object|score))+$")
"""What a file's name says beside the system."""


def read_checkout(root: Path, names: Mapping[str, str], problems: Problems) -> list[Recording]:
    """The recorded systems of a checkout at `root`, by name.

    `names` maps a file's name without its ending to the system it means, where the patterns of
    `SYSTEMS` don't tell. Raises `DatasetError` if there is no results folder.
    """
    results = root / "results"
    if not results.is_dir():
        raise DatasetError(f"{root}: no folder results/ in it; give the official checkout")
    recordings: dict[str, Recording] = {}
    for folder, pattern, read in READERS:
        for file in sorted((results / folder).glob(pattern)):
            if file.stem == "ocr":  # the gold
                continue
            system = names.get(file.stem) or system_of(file.stem)
            read(file, recordings.setdefault(system, Recording(system)), problems)
    if not recordings:
        raise DatasetError(f"{results}: none of the known result files is there")
    return [recordings[name] for name in sorted(recordings)]


def system_of(stem: str) -> str:
    """The system that a file's name without its ending means."""
    for pattern, system in SYSTEMS.items():
        if re.search(pattern, stem, re.IGNORECASE):
            return system
    return DECORATION.sub("", stem).lower()


def _read_captions(file: Path, recording: Recording, problems: Problems) -> None:
    for place, row in read_json_lines(file, problems):
        sample = _id(row, place, problems)
        caption = row.get("caption")
        if sample is None:
            continue
        if caption is not None and not isinstance(caption, str):
            problems.add(place, "caption is no text")
            continue
        recording.answer("ugc/caption", sample, caption, problems, place)


def _read_verdicts(file: Path, recording: Recording, problems: Problems) -> None:
    value = read_json(file, problems)
    if value is None:
        return
    evaluations = value.get("evaluations") if isinstance(value, dict) else None
    if not isinstance(evaluations, dict):
        problems.add(str(file), "no object `evaluations` in it")
        return
    for sample, row in evaluations.items():
        verdict = {part: row.get(f"{part}_score") for part in ("audio", "visual", "details")}
        if all(type(level) is int and 0 <= level <= 5 for level in verdict.values()):
            recording.verdicts["ugc/caption", sample] = verdict
        else:
            problems.add(f"{file}: {sample}", f"no verdict of three whole numbers: {row}")


def _read_ocr(file: Path, recording: Recording, problems: Problems) -> None:
    for place, row in read_json_lines(file, problems):
        sample = _id(row, place, problems)
        if sample is None:
            continue
        if "predict_ocr" not in row:
            problems.add(place, "no predict_ocr in it")
            continue
        text = None if row["predict_ocr"] is None else text_of_recorded(row["predict_ocr"])
        recording.answer("ugc/ocr", sample, text, problems, place)


def _reader_of(task: str) -> Callable[[Path, Recording, Problems], None]:
    """A reader of `samples` with `predict`, for the background and the objects."""

    def read(file: Path, recording: Recording, problems: Problems) -> None:
        value = read_json(file, problems)
        if value is None:
            return
        for place, row in _samples(file, value, problems):
            sample = _id(row, place, problems)
            text = row.get("predict")
            if sample is None:
                continue
            if text is not None and not isinstance(text, str):
                problems.add(place, "predict is no text")
                continue
            recording.answer(task, sample, text, problems, place)

    return read


def _samples(
    file: Path,
    value: Any,  # noqa: ANN401
    problems: Problems,
) -> Iterator[tuple[str, dict[str, Any]]]:
    samples = value.get("samples") if isinstance(value, dict) else None
    if not isinstance(samples, list):
        problems.add(str(file), "no list `samples` in it")
        return
    for number, row in enumerate(samples, start=1):
        if isinstance(row, dict):
            yield f"{file}: sample {number}", row
        else:
            problems.add(f"{file}: sample {number}", "not an object")


def _id(row: Mapping[str, Any], place: str, problems: Problems) -> str | None:
    sample = row.get("video_id")
    if isinstance(sample, str) and sample:
        return sample
    problems.add(place, "no video_id in it")
    return None


READERS: tuple[tuple[str, str, Callable[[Path, Recording, Problems], None]], ...] = (
    ("ocr", "*.jsonl", _read_ocr),
    ("background", "*.json", _reader_of("ugc/background")),
    ("object", "*.json", _reader_of("ugc/objects")),
    ("omni_infer_caption_result", "*.jsonl", _read_captions),
    ("caption_score", "*.json", _read_verdicts),
)
"""Folder, files and reader, in the order of the table's columns."""
