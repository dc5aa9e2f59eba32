"""Which bytes are in a clip's file?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ugcbench.store import Log
from ugcbench.types import Frozen

THREADS = 4
"""Files that are read at once; hashing keeps about half a core busy for each on a fast disk."""


class Content(Frozen):
    """The SHA-256 of a file, valid as long as its size and its time of change are as they were."""

    path: str
    size: int
    changed: int
    sha256: str

    @property
    def key(self) -> str:
        """By which a log finds it."""
        return key_of_content(self.model_dump())


def hash_file(path: str | Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits; raises `OSError`."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(
    paths: Sequence[str],
    known: Log | None = None,
    note: Callable[[Content | OSError], None] = lambda _: None,
) -> Mapping[str, str | OSError]:
    """The SHA-256 of each file, or why it can't be read.

    A file that is in `known`, a log of `Content`s by `key_of_content`, is not read again unless it
    changed. `note` is told of each file, in order; what it raises ends the reading.
    """
    found: dict[str, str | OSError] = {}
    pool = ThreadPoolExecutor(THREADS)
    try:
        for path, content in zip(paths, _read_all(pool, paths, known), strict=True):
            note(content)
            found[path] = content.sha256 if isinstance(content, Content) else content
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def key_of_content(line: Mapping[str, Any]) -> str:
    """The key of a `Content` that was parsed or dumped."""
    return f"{line['path']}\n{line['size']}\n{line['changed']}"


def find_sizes(paths: Collection[str]) -> Mapping[str, int]:
    """The size in bytes of each file that is there."""
    sizes = {}
    for path in paths:
        if Path(path).is_file():
            sizes[path] = Path(path).stat().st_size
    return sizes


def _read_all(
    pool: ThreadPoolExecutor, paths: Sequence[str], known: Log | None
) -> Iterator[Content | OSError]:
    stats = [_stat(path) for path in paths]
    return pool.map(_read, stats, [_recall(stat, known) for stat in stats])


def _recall(stat: dict[str, Any] | OSError, known: Log | None) -> dict[str, Any] | None:
    if known is None or isinstance(stat, OSError):
        return None
    return known.get(key_of_content(stat))


def _stat(path: str) -> dict[str, Any] | OSError:
    try:
        stat = Path(path).stat()
    except OSError as error:
        return error
    return {"path": path, "size": stat.st_size, "changed": stat.st_mtime_ns}


def _read(stat: dict[str, Any] | OSError, stored: dict[str, Any] | None) -> Content | OSError:
    if isinstance(stat, OSError):
        return stat
    if stored is not None:
        return Content.model_validate(stored)
    try:
        return Content(**stat, sha256=hash_file(stat["path"]))
    except OSError as error:
        return error
