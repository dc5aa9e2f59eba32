"""What do runs say together, and how is it written for the page?"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ugcbench.pages import HOUSE
from ugcbench.pages.pictures import RunPicture
from ugcbench.paths import find_below
from ugcbench.plugins import Registry
from ugcbench_view.catalogue import Catalogue, take_stock
from ugcbench_view.details import make_chunks
from ugcbench_view.overview import MediaShown, make_index
from ugcbench_view.questions import Questions, rebuild_questions
from ugcbench_view.reading import RunFiles
from ugcbench_view.writing import write_script

PAGE = Path(__file__).parent / "page"
"""The page itself: `index.html` and what it loads."""

MOST_DRAWN = 5_000
"""Samples of runs that are drawn; comparing larger ones would hold the page up."""


@dataclass(frozen=True)
class View:
    """Runs, taken together: what each of them says to each sample, and what was asked.

    `videos` are clips by their ids, taken before those that the datasets name, `pictures` what
    plugins drew of the runs.
    """

    runs: tuple[RunFiles, ...]
    catalogue: Catalogue
    questions: tuple[Questions, ...]
    videos: Mapping[str, Path]
    pictures: tuple[RunPicture, ...] = ()

    @property
    def has_clips(self) -> bool:
        """Whether any clip is known."""
        return bool(self.videos) or any(known.has_clips for known in self.questions)


@contextlib.contextmanager
def compiled(
    runs: Sequence[RunFiles],
    registry: Registry,
    tasks: Sequence[str] = (),
    videos: Path | None = None,
) -> Iterator[View]:
    """The view of runs, or of some of their tasks; `videos` is a folder of clips named by ids."""
    catalogue = take_stock(runs, tasks)
    with contextlib.ExitStack() as closing:
        scratch = closing.enter_context(tempfile.TemporaryDirectory(prefix="ugcbench-view-"))
        wanted = frozenset(catalogue.keys)
        questions = tuple(rebuild_questions(runs, wanted, registry, Path(scratch)))
        for known in questions:
            closing.callback(known.close)
        found = find_videos(videos, catalogue.clips) if videos else {}
        pictures = draw_pictures(runs, registry) if len(wanted) <= MOST_DRAWN else ()
        yield View(tuple(runs), catalogue, questions, found, pictures)


def draw_pictures(runs: Sequence[RunFiles], registry: Registry) -> tuple[RunPicture, ...]:
    """What the plugins draw of these runs, each name once."""
    hook = registry.manager.hook.ugcbench_pictures
    drawn = (each for some in hook(runs=[run.path for run in runs]) for each in some)
    found = {each.name: each for each in drawn if re.fullmatch(r"[A-Za-z0-9-]+", each.name)}
    return tuple(found.values())


def write_page(view: View, folder: Path, media: MediaShown, told: str | None = None) -> None:
    """Write the page and all its data, except for clips and what is made of them."""
    data = folder / "data"
    runs, questions, catalogue = view.runs, view.questions, view.catalogue
    index = make_index(runs, questions, catalogue, media, told, view.pictures)
    write_script(data, "index", index)
    for number, chunk in enumerate(make_chunks(runs, questions, catalogue)):
        write_script(data, f"chunk/{number}", chunk)
    shutil.copytree(HOUSE, folder / "house")
    shutil.copytree(PAGE, folder / "page", ignore=shutil.ignore_patterns("index.html"))
    shutil.copyfile(PAGE / "index.html", folder / "index.html")
    (folder / "pictures").mkdir()
    for picture in view.pictures:
        (folder / "pictures" / f"{picture.name}-light.svg").write_bytes(picture.light)
        (folder / "pictures" / f"{picture.name}-dark.svg").write_bytes(picture.dark)


def find_videos(folder: Path, clips: Collection[str]) -> dict[str, Path]:
    """The files of a folder that are named by the id of a clip, by that id."""
    folder, wanted = folder.resolve(), frozenset(clips)
    named = (path.name for path in sorted(folder.iterdir()) if path.stem in wanted)
    found = (find_below(folder, name) for name in named)
    return {path.stem: path for path in found if path is not None and path.is_file()}
