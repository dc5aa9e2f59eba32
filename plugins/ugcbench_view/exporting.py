"""How does a view become a folder that opens anywhere?"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal

from ugcbench.errors import UsageError
from ugcbench_view.clips import Showing, showings
from ugcbench_view.compiling import View, write_page
from ugcbench_view.developing import develop, media_name
from ugcbench_view.shapes import CALLED
from ugcbench_view.writing import write_script

MediaWanted = Literal["copy", "link", "frames", "none"]
OURS = frozenset({"index.html", "page", "house", "data", "media", "frames", "pictures"})
"""What lies in the folder of an export."""

NO_CLIPS = "The datasets of these runs have no clips here."
LEFT_OUT = "The clips were left out of this export."
FRAMES_ONLY = "The clips themselves were left out of this export."

THREADS = 8
AT_ONCE = 64
"""Clips that wait for a thread."""

Place = Callable[[Path, Path], None]
"""Brings a clip to where the page plays it from."""


def check_export(folder: Path) -> None:
    """Raise `UsageError` unless there is nothing at `folder`, or only an export of ours."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; choose another folder to export to")
    names = {path.name for path in folder.iterdir()}
    if names and not (names <= OURS and _is_export(folder)):
        raise UsageError(f"{folder} is not empty and no export of a view; choose another folder")


def export(
    view: View, folder: Path, wanted: MediaWanted, begin: Callable[[int], Callable[[], None]]
) -> None:
    """Write a view into `folder`, in the place of an earlier export.

    `wanted` says what becomes of the clips: copied, linked (the same file on the same disk, taking
    no space), left out but for their frames and waveforms, or left out. `begin` is told how many
    clips there are and returns what is called after each. Raises `UsageError`.
    """
    check_export(folder)
    with _replacing(folder.absolute()) as fresh:
        if wanted == "none" or not view.has_clips:
            write_page(view, fresh, "none", LEFT_OUT if view.has_clips else NO_CLIPS)
        elif wanted == "frames":
            write_page(view, fresh, "frames", FRAMES_ONLY)
            _write_clips(view, fresh, None, begin)
        else:
            write_page(view, fresh, "clips")
            _write_clips(view, fresh, _copy if wanted == "copy" else _link, begin)


def weigh(view: View) -> int:
    """The bytes of all clips that are there."""
    paths = (showing.path for showing in showings(view))
    return sum(path.stat().st_size for path in paths if path is not None and path.is_file())


def weigh_export(folder: Path) -> int:
    """The bytes of all files of an export."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _is_export(folder: Path) -> bool:
    index = folder / "data" / "index.js"
    if not index.is_file():
        return False
    with index.open("rb") as file:
        return file.read(len(CALLED)) == CALLED.encode()


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder` that takes its place once all is written."""
    fresh = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
    try:
        fresh.mkdir(parents=True)
        yield fresh
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write_clips(
    view: View, folder: Path, place: Place | None, begin: Callable[[int], Callable[[], None]]
) -> None:
    """Write frames and waveform of each clip, and `place` the clip itself."""
    (folder / "frames").mkdir()
    if place:
        (folder / "media").mkdir()
    step = begin(len(view.catalogue.clips))
    write, remaining = partial(_write_clip, folder, place), showings(view)
    with ThreadPoolExecutor(min(os.cpu_count() or 1, THREADS)) as pool:
        while batch := list(itertools.islice(remaining, AT_ONCE)):
            for _ in pool.map(write, batch):
                step()


def _write_clip(folder: Path, place: Place | None, showing: Showing) -> None:
    developed = develop(showing, playable=place is not None)
    for name, sheet in developed.sheets.items():
        (folder / "frames" / name).write_bytes(sheet)
    if place and developed.media.source and showing.path:
        place(showing.path, folder / "media" / media_name(showing))
    write_script(folder / "data", f"clip/{showing.place}", developed.media)


def _copy(clip: Path, target: Path) -> None:
    shutil.copyfile(clip, target)


def _link(clip: Path, target: Path) -> None:
    try:
        os.link(clip.resolve(), target)
    except OSError as error:
        why = f"{clip.name} can't be linked to ({error.strerror})"
        raise UsageError(f"{why}; use --media copy") from error
