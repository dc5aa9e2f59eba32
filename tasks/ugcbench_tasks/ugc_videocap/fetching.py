"""How do the release's files get into one folder, whole?

They come from a `Source`: a checkout on disk, or the hub. All are read before the first is put in
place, so a fetch that breaks off, or brings broken files, leaves what was there before.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ugcbench.errors import DatasetError
from ugcbench.store import replace_text
from ugcbench_tasks.gold_files import read_gold_file
from ugcbench_tasks.layout import FILES, FOLDERS, find_files, find_renamed

TABLE = ("final_caption", "voice_source", "tone", "objects", "background", "ocr")
"""Gold keys of the paper's main table; the release is not whole without their files."""

EXTRAS = ("video_urls.txt", "meta.parquet")
"""What else may come with the gold."""

KEY_OF = {name: key for key, name in FILES.items()}
SHOWN = 5


class Source(Protocol):
    """Where the files come from; `origin` is written down beside them."""

    @property
    def origin(self) -> Mapping[str, str]:
        """What identifies the source."""
        ...

    def find(self) -> Mapping[str, str]:
        """The source's own names of the files, by their official names."""
        ...

    def miss(self, name: str) -> str:
        """Why a file is not there, in words."""
        ...

    def bring(self, name: str, folder: Path) -> Path:
        """Copy the file of the source's own `name` into `folder`."""
        ...


@dataclass(frozen=True)
class Fetched:
    """What became of every file below `root` (`new`, `replaced`, `unchanged`), and in words what is
    absent or broken.
    """

    root: Path
    files: Mapping[str, str]
    problems: tuple[str, ...]


def fetch(
    source: Source,
    root: Path,
    *,
    partial: bool = False,
    told: Callable[[str], None] = lambda name: None,
) -> Fetched:
    """Bring the release's files from `source` into `root`, in the official layout.

    `told` gets each file's name before it is brought. With `partial`, files that are absent or
    broken are only named in the result; otherwise they raise a `DatasetError`.
    """
    found = source.find()
    absent = {name: source.miss(name) for name in FILES.values() if name not in found}
    vital = [text for name, text in absent.items() if KEY_OF[name] in TABLE]
    if len(absent) == len(FILES) or (vital and not partial):
        raise DatasetError(_list(vital) + _advice(partial=partial))
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root) as folder:
            fresh = {}
            for name, own in found.items():
                told(own)
                fresh[name] = source.bring(own, Path(folder))
            broken = [text for name, file in fresh.items() for text in _check(name, file)]
            if broken and not partial:
                raise DatasetError(_list(broken) + _advice(partial=partial))
            states = {_place(name): _put(file, root / _place(name)) for name, file in fresh.items()}
    except OSError as error:
        raise DatasetError(f"{root}: {error}; free the place or choose another by --to") from error
    _write_origin(root, states, source.origin)
    return Fetched(root, states, (*absent.values(), *broken))


class Checkout:
    """The official repository, or any folder in its layout, on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._files = {FILES[key]: str(path) for key, path in find_files(self._folder).items()}
        self._hints = find_renamed(self._folder)

    @property
    def origin(self) -> Mapping[str, str]:
        """The folder."""
        return {"folder": str(self._folder)}

    def find(self) -> Mapping[str, str]:
        """Paths by official names."""
        extras = {n: str(self._folder / n) for n in EXTRAS if (self._folder / n).is_file()}
        return {**self._files, **extras}

    def miss(self, name: str) -> str:
        """Say that it isn't there, and which file may be it."""
        hint = self._hints.get(KEY_OF[name])
        return f"{self._folder}: {name} is absent" + (f"; {hint}" if hint else "")

    def bring(self, name: str, folder: Path) -> Path:
        """Copy the file at the path `name`."""
        return Path(shutil.copyfile(name, folder / Path(name).name))


def _check(name: str, file: Path) -> list[str]:
    if name not in KEY_OF:
        return []
    read = read_gold_file(KEY_OF[name], file)
    texts = [str(error).replace(str(file), name) for error in read.errors]
    if read.promised not in (None, len(read.entries)):
        texts.append(f"{name}: holds {len(read.entries)} of {read.promised} samples")
    return texts


def _place(name: str) -> str:
    if name not in KEY_OF:
        return name
    return f"{FOLDERS[1] if name.endswith('.jsonl') else FOLDERS[0]}/{name}"


def _put(fresh: Path, place: Path) -> str:
    place.parent.mkdir(parents=True, exist_ok=True)
    state = "new"
    if place.exists():
        state = "unchanged" if place.read_bytes() == fresh.read_bytes() else "replaced"
    fresh.replace(place)
    return state


def _write_origin(root: Path, states: Mapping[str, str], origin: Mapping[str, str]) -> None:
    sums = {place: hashlib.sha256((root / place).read_bytes()).hexdigest() for place in states}
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    text = json.dumps({"fetched": when, **origin, "sha256": sums}, indent=2)
    replace_text(root / "source.json", text + "\n")


def _list(texts: Sequence[str]) -> str:
    more = [f"... and {len(texts) - SHOWN} more"] if len(texts) > SHOWN else []
    return "\n  ".join([*texts[:SHOWN], *more])


def _advice(*, partial: bool) -> str:
    return "" if partial else "\nnothing was kept; mend that, or take what is whole by --partial"
