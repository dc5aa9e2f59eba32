"""How does a row from elsewhere, a task or a line of a table, become an annotation?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from ugcbench.complaints import describe
from ugcbench_curate.annotating.cells import read_cell
from ugcbench_curate.annotations import Annotation, Provenance
from ugcbench_curate.fields import FIELDS, AnySaid, set_said


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken over; what could not be (`problems`) and what is worth knowing (`notes`), in
    words.
    """

    annotations: tuple[Annotation, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in one row: the clip, and by field a cell with its provenance.

    `place` is where it stands, for people; `media` a path relative to the folder of the clips.
    """

    place: str
    id: str
    media: str
    sha256: str | None = None
    url: str | None = None
    cells: Mapping[str, tuple[object, Provenance]] = field(default_factory=dict)


def build_annotations(rows: Iterable[Row | str], videos: Path, folder: Path) -> Imported:
    """The annotations of rows, which will lie in `folder` and whose clips are in `videos`.

    A row that is a text is a problem; a cell that can't be read is left out and is one too.
    """
    found: dict[str, Annotation] = {}
    problems: list[str] = []
    for row in rows:
        if isinstance(row, str):
            problems.append(row)
        elif row.id in found:
            problems.append(f"{row.place}: id {row.id!r} stands there twice")
        elif annotation := _build(row, videos, folder, problems):
            found[row.id] = annotation
    return Imported(tuple(found.values()), tuple(problems))


def _build(row: Row, videos: Path, folder: Path, problems: list[str]) -> Annotation | None:
    said: dict[str, AnySaid | None] = {}
    for path, (cell, provenance) in row.cells.items():
        try:
            said[path] = read_cell(FIELDS[path], cell, provenance)
        except ValueError as error:
            problems.append(f"{row.place}: {error}")
    try:
        bare = Annotation(
            id=row.id, media=locate(videos / row.media, folder), sha256=row.sha256, url=row.url
        )
    except ValidationError as error:
        problems.append(f"{row.place}: {describe(error)}")
        return None
    return set_said(bare, said)


def locate(media: Path, folder: Path) -> str:
    """A clip's path as an annotation names it whose file is in `folder`: relative if it is below,
    else absolute.
    """
    whole, home = media.absolute(), folder.absolute()
    return str(whole.relative_to(home) if whole.is_relative_to(home) else whole)
