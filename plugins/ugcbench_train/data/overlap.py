"""Which clips of one collection are in another?

Two clips are taken to be the same if they have an id or a file name in common, an address, or their
files' bytes. A clip that was encoded anew under another name is not noticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from ugcbench.addresses import normalize_url
from ugcbench.types import Clip, Frozen
from ugcbench_train.data.contents import find_sizes, hash_files
from ugcbench_train.rows import Row

By = Literal["id", "url", "content"]


class Overlap(Frozen):
    """A row and a clip of the other collection, by their ids, and what they have in common."""

    row: str
    other: str
    by: tuple[By, ...]


class Overlaps(Frozen):
    """What two collections have in common.

    `rows` and `others` count the clips that were compared, `contents` those of the others whose
    bytes could be: their file is there, or its hash is known.
    """

    pairs: tuple[Overlap, ...]
    rows: int
    others: int
    contents: int

    def __bool__(self) -> bool:
        return bool(self.pairs)

    @property
    def ids(self) -> frozenset[str]:
        """The rows that overlap."""
        return frozenset(pair.row for pair in self.pairs)

    def __str__(self) -> str:
        """The counts in one line, and a few examples."""
        found = Counter(by for pair in self.pairs for by in pair.by)
        how = ", ".join(f"{count} by {by}" for by, count in sorted(found.items()))
        compared = f"{self.others} clips, of which {self.contents} could be compared by content"
        if not self:
            return f"none of {self.rows} rows is among {compared}"
        few = ", ".join(f"{pair.row} = {pair.other}" for pair in self.pairs[:3])
        more = ", ..." if len(self.pairs) > 3 else ""
        return f"{len(self.ids)} of {self.rows} rows ({how}) are among {compared}: {few}{more}"


def find_overlaps(rows: Iterable[Row], others: Iterable[Row | Clip]) -> Overlaps:
    """Compare rows with other rows, or with the clips of a dataset.

    Files are read only where that can show something: two files of one size, or a hash whose file
    is not here. Files that can't be read are compared by id and address.
    """
    mine, theirs = [_identity(row) for row in rows], [_identity(other) for other in others]
    contents = _hash_where_useful(mine, theirs)
    index: dict[tuple[By, str], list[str]] = {}
    for their in theirs:
        for trait in _traits(their, contents):
            index.setdefault(trait, []).append(their.id)
    pairs = [pair for each in mine for pair in _meet(each, index, contents)]
    known = sum(their.sha256 is not None or Path(their.path).is_file() for their in theirs)
    return Overlaps(pairs=tuple(pairs), rows=len(mine), others=len(theirs), contents=known)


@dataclass(frozen=True, slots=True)
class _Identity:
    """By what a clip can be recognised; `path` is empty where no file is named."""

    id: str
    path: str
    url: str | None
    sha256: str | None


def _identity(clip: Row | Clip) -> _Identity:
    if isinstance(clip, Row):
        return _Identity(clip.id, clip.video, clip.url, clip.sha256)
    url = clip.meta.get("url")
    return _Identity(clip.id, clip.media or "", url if isinstance(url, str) else None, None)


def _traits(clip: _Identity, contents: Mapping[str, str]) -> Iterator[tuple[By, str]]:
    yield from {("id", name): None for name in (clip.id, PurePosixPath(clip.path).stem) if name}
    if clip.url:
        yield "url", normalize_url(clip.url)
    content = clip.sha256 or contents.get(clip.path)
    if content:
        yield "content", content


def _meet(
    mine: _Identity, index: Mapping[tuple[By, str], Sequence[str]], contents: Mapping[str, str]
) -> Iterator[Overlap]:
    found: dict[str, dict[By, None]] = {}
    for trait in _traits(mine, contents):
        for other in index.get(trait, ()):
            found.setdefault(other, {})[trait[0]] = None
    return (Overlap(row=mine.id, other=other, by=tuple(by)) for other, by in found.items())


def _hash_where_useful(mine: Sequence[_Identity], theirs: Sequence[_Identity]) -> Mapping[str, str]:
    """Hashes by path."""
    sizes_of_mine, sizes_of_theirs = (
        find_sizes({clip.path for clip in side if clip.path}) for side in (mine, theirs)
    )
    wanted = {
        *_choose(mine, sizes_of_mine, theirs, sizes_of_theirs),
        *_choose(theirs, sizes_of_theirs, mine, sizes_of_mine),
    }
    found = hash_files(sorted(wanted))
    return {path: content for path, content in found.items() if isinstance(content, str)}


def _choose(
    side: Sequence[_Identity],
    sizes: Mapping[str, int],
    opposite: Sequence[_Identity],
    opposite_sizes: Mapping[str, int],
) -> Iterator[str]:
    """Files whose hash may be that of a clip on the opposite side."""
    any_size = any(clip.sha256 and clip.path not in opposite_sizes for clip in opposite)
    alike = set(opposite_sizes.values())
    for clip in side:
        if clip.sha256 is None and clip.path in sizes and (any_size or sizes[clip.path] in alike):
            yield clip.path
