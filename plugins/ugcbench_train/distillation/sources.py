"""Which clips did somebody name?

A folder means all video files in it and below, a file of rows the clips of its rows, with their own
prompts, and any other file is a list: one path a line, if known with the clip's address behind a
tab; blank lines and lines that begin with # are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ugcbench.errors import DatasetError
from ugcbench_train.data.clip_paths import ClipPaths
from ugcbench_train.data.files import read_rows

ENDINGS = (
    *(".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov"),
    *(".mp4", ".mpeg", ".mpg", ".ts", ".webm", ".wmv"),
)
"""Of files that a folder is searched for."""


@dataclass(frozen=True, slots=True)
class Source:
    """A clip as it was named.

    `id` is its file's name without ending, or that of its row; `prompt` the row's; `sha256` that of
    the file's bytes, once they were read.
    """

    id: str
    path: str
    url: str | None = None
    prompt: str | None = None
    sha256: str | None = None


def list_sources(path: str | Path, media: str | Path | None = None) -> list[Source]:
    """The clips that `path` names, whether their files are there or not.

    Clips of a list or of rows are looked for beside it and in the folder `media`. Raises
    `DatasetError` where nothing is named.
    """
    named = Path(path)
    if named.is_dir():
        found = list(_search(named))
        problem = f"no video file in it; looked for {', '.join(ENDINGS)}"
    elif not named.is_file():
        found, problem = [], "no such file or folder"
    elif named.suffix.lower() == ".jsonl":
        rows = read_rows(named, media).rows
        return [Source(row.id, row.video, row.url, row.prompt) for row in rows]
    else:
        folder = None if media is None else Path(media)
        found = list(_read_list(named, ClipPaths(named.absolute().parent, folder)))
        problem = "names no clip; write one path a line"
    if not found:
        raise DatasetError(f"{named}: {problem}")
    return found


def _search(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.absolute().rglob("*")):
        if path.suffix.lower() in ENDINGS and path.is_file():
            yield Source(path.stem, str(path))


def _read_list(file: Path, finder: ClipPaths) -> Iterator[Source]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file}: can't be read as a list of clips: {error}") from error
    for line in text.splitlines():
        video, _, url = (part.strip() for part in line.strip().partition("\t"))
        if video and not video.startswith("#"):
            place = finder.find(video) or finder.candidates(video)[0]
            yield Source(place.stem, str(place), url or None)
