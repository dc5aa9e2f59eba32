"""How do the files of the official UGC-VideoCap release become clips with gold?

The release holds one JSON file per kind of question and one JSON Lines file of on-screen text:

    omni_bench_qa/benchmark_qa/tone.json   {"question": str, "valid_count": int, "samples": [
                                             {"video_id", "path", "answer", "options"?}]}
    results/ocr/ocr.jsonl                  {"video_id": str, "ocr": [str]} a line
    videos/<video_id>.mp4                  the clips, which the release itself leaves out

The same files directly in `benchmark_qa/` or in the directory itself are found as well. A file may
be absent: then no clip has that gold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ugcbench.errors import DatasetError
from ugcbench.types import Clip, Gold
from ugcbench_tasks.complaints import describe
from ugcbench_tasks.gold import KEYS, find_choice
from ugcbench_tasks.paths import check_file_name, find_below

FILES = {
    "final_caption": "final_caption_qa.json",
    "audio_caption": "audio_caption_qa.json",
    "visual_caption": "visual_caption_qa.json",
    "voice_source": "voice_source.json",
    "tone": "tone.json",
    "bgm": "BGM.json",
    "objects": "object.json",
    "background": "back_ground_change_new.json",
    "ocr": "ocr.jsonl",
}
FOLDERS = ("omni_bench_qa/benchmark_qa", "results/ocr", "benchmark_qa", "")


class OfficialLayout:
    """The clips below `root`, in the order in which the gold files first name them.

    `videos` is the folder of the clips if it isn't `root/videos`. `revision` is the first 12 hex
    digits of a SHA-256 over the gold files. Nothing but the gold is read, and the clips need not be
    there. Raises `DatasetError` if `root` holds no gold file, and while iterating if one is broken.
    """

    def __init__(
        self, root: str | Path, *, videos: str | Path | None = None, name: str | None = None
    ) -> None:
        self._root = Path(root).resolve()
        self._videos = None if videos is None else Path(videos)
        self._files = _find_files(self._root)
        self.name = name or self._root.name

    def __iter__(self) -> Iterator[Clip]:
        for video_id, (path, gold) in self._rows.items():
            yield Clip(id=video_id, media=str(self._find_media(video_id, path)), gold=gold)

    @cached_property
    def revision(self) -> str:
        """The content hash of the gold files, the same wherever they lie."""
        digest = hashlib.sha256()
        for key, file in self._files.items():
            digest.update(f"{key} {hashlib.sha256(_read(file)).hexdigest()}\n".encode())
        return digest.hexdigest()[:12]

    @cached_property
    def _rows(self) -> dict[str, tuple[str | None, dict[str, Gold]]]:
        """Per video the first path that a file gives for it, and its gold."""
        rows: dict[str, tuple[str | None, dict[str, Gold]]] = {}
        for key, file in self._files.items():
            for video_id, path, gold in _read_lines(file) if key == "ocr" else _read_samples(file):
                known_path, known = rows.setdefault(video_id, (path, {}))
                if key in known:
                    raise DatasetError(f"{file}: video_id {video_id!r} stands there twice")
                known[key] = gold
                rows[video_id] = (known_path or path, known)
        return rows

    def _find_media(self, video_id: str, path: str | None) -> Path:
        if self._videos is not None:
            return self._videos / f"{video_id}.mp4"
        own = find_below(self._root, path) if path else None
        return own if own and own.is_file() else self._root / "videos" / f"{video_id}.mp4"


def _find_files(root: Path) -> dict[str, Path]:
    """Return the gold files below `root` by gold key, in the order of `KEYS`."""
    if not root.is_dir():
        raise DatasetError(f"{root}: no such directory")
    found = {
        key: file
        for key in KEYS
        for folder in reversed(FOLDERS)
        if (file := root / folder / FILES[key]).is_file()
    }
    if not found:
        raise DatasetError(
            f"{root}: no gold file of UGC-VideoCap there; looked for {', '.join(FILES.values())} "
            f"in the directory itself and in {', '.join(filter(None, FOLDERS))}"
        )
    return found


class _Sample(BaseModel):
    """One entry of a QA file; what else it holds is of no concern."""

    model_config = ConfigDict(frozen=True)

    video_id: Annotated[str, AfterValidator(check_file_name)]
    path: str | None = None
    answer: str = Field(min_length=1)
    options: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _answer_is_an_option(self) -> _Sample:
        if self.options and find_choice(self.answer, self.options) is None:
            raise ValueError(f"answer {self.answer!r} is none of {', '.join(self.options)}")
        return self


class _Questions(BaseModel):
    """One QA file."""

    model_config = ConfigDict(frozen=True)

    question: str | None = None
    samples: tuple[_Sample, ...]


class _Line(BaseModel):
    """One line of the file of on-screen text."""

    model_config = ConfigDict(frozen=True)

    video_id: Annotated[str, AfterValidator(check_file_name)]
    ocr: tuple[str, ...]


def _read_samples(file: Path) -> Iterator[tuple[str, str | None, Gold]]:
    try:
        questions = _Questions.model_validate_json(_read(file))
    except ValidationError as error:
        raise DatasetError(f"{file}: {describe(error)}") from None
    for sample in questions.samples:
        gold = Gold(
            answer=sample.answer, choices=sample.options, question=questions.question or None
        )
        yield sample.video_id, sample.path, gold


def _read_lines(file: Path) -> Iterator[tuple[str, None, Gold]]:
    for number, text in enumerate(_read(file).splitlines(), start=1):
        if not text.strip():
            continue
        try:
            line = _Line.model_validate_json(text)
        except ValidationError as error:
            raise DatasetError(f"{file}:{number}: {describe(error)}") from None
        yield line.video_id, None, Gold(answer=line.ocr)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes().removeprefix(b"\xef\xbb\xbf")  # some editors write a BOM
    except OSError as error:
        raise DatasetError(f"{file}: can't be read: {error.strerror}") from None
