"""Which clips of a dataset, or of another file, does a file of training rows hold?

A row is one JSON object a line: `id`, `video`, `caption`, `url` as the training plugin writes it,
or `videos`, `messages`, `solution` as in the official files. Two clips are taken to be the same by
id or file name, by address, or if their captions are nearly the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic_core import from_json

from ugcbench.addresses import normalize_url
from ugcbench.errors import DatasetError
from ugcbench.gold.findings import Finding, Level, first
from ugcbench.types import Clip
from ugcbench_curate.doctor.near_copies import pair_near_texts

CAPTIONS = ("final_caption", "audio_caption", "visual_caption")


@dataclass(frozen=True, slots=True)
class Traits:
    """By what a clip is recognised; `names` are its id and the stem of its file."""

    id: str
    names: frozenset[str]
    url: str | None
    texts: tuple[str, ...]


def find_training_overlaps(clips: Sequence[Clip], paths: Sequence[Path]) -> Iterator[Finding]:
    """Training rows whose clip is in the dataset, or in another of the files."""
    if not paths:
        return
    gold = [_read_clip(clip) for clip in clips]
    files = {path: read_rows(path) for path in paths}
    for path, rows in files.items():
        yield _compare(rows, gold, str(path), "the dataset", "warning")
    for one, other in combinations(files, 2):
        yield _compare(files[one], files[other], str(one), str(other), "note")


def read_rows(path: Path) -> list[Traits]:
    """The clips of a file of training rows; raises `DatasetError` that names the wrong line."""
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from error
    return [_read_row(line, f"{path}:{n}") for n, line in enumerate(lines, start=1) if line.strip()]


def _read_row(line: bytes, place: str) -> Traits:
    try:
        row = from_json(line)
    except ValueError as error:
        raise DatasetError(f"{place}: not JSON: {error}") from error
    videos = [] if not isinstance(row, dict) else row.get("videos") or [row.get("video")]
    stems = {PurePosixPath(video).stem for video in videos if isinstance(video, str)}
    names = stems | (
        {row["id"]} if isinstance(row, dict) and isinstance(row.get("id"), str) else set()
    )
    if not names:
        raise DatasetError(f"{place}: names no clip; write `id` or `video`, or `videos`")
    url = row.get("url")
    name = row.get("id") if isinstance(row.get("id"), str) else min(stems)
    return Traits(
        id=str(name),
        names=frozenset(names),
        url=normalize_url(url) if isinstance(url, str) else None,
        texts=tuple(_captions(row)),
    )


def _captions(row: Mapping[str, Any]) -> Iterator[str]:
    messages = row.get("messages")
    said = [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
    answers = [m.get("content") for m in said if m.get("role") == "assistant"]
    texts = [row.get("caption"), row.get("solution"), *answers]
    yield from dict.fromkeys(text for text in texts if isinstance(text, str))


def _read_clip(clip: Clip) -> Traits:
    url = clip.meta.get("url")
    stem = {PurePosixPath(clip.media).stem} if clip.media else set()
    return Traits(
        id=clip.id,
        names=frozenset({clip.id, *stem}),
        url=normalize_url(url) if isinstance(url, str) else None,
        texts=tuple(str(clip.gold[key].answer) for key in CAPTIONS if key in clip.gold),
    )


def _compare(
    mine: Sequence[Traits], theirs: Sequence[Traits], about: str, where: str, level: Level
) -> Finding:
    """The rows of `mine` that are among `theirs`, and by what."""
    by_id = set(_meet(mine, {name for each in theirs for name in each.names}))
    urls = {each.url for each in theirs if each.url}
    by_url = {each.id for each in mine if each.url in urls}
    by_text = _meet_texts(mine, theirs)
    found = tuple(each.id for each in mine if each.id in by_id | by_url | by_text.keys())
    how = f"{len(by_id)} by id, {len(by_url)} by address, {len(by_text)} by text"
    if not any(each.url for each in mine) or not urls:
        how = f"{len(by_id)} by id, {len(by_text)} by text; there are no addresses to compare"
    message = f"{len(found)} of {len(mine):,} rows are in {where} too ({how})"
    copies = (f"{one} ~ {other}" for one, other in by_text.items() if one not in by_id)
    examples = (*first(sorted(by_id)), *first(copies))
    return Finding(
        level if found else "ok", "overlap", about, message, len(found), len(mine), examples, found
    )


def _meet(mine: Iterable[Traits], names: set[str]) -> Iterator[str]:
    return (each.id for each in mine if not names.isdisjoint(each.names))


def _meet_texts(mine: Sequence[Traits], theirs: Sequence[Traits]) -> dict[str, str]:
    """By the id of each of `mine` whose caption is nearly another's, the id of that one."""
    one = {f"{n} {m}": text for n, each in enumerate(mine) for m, text in enumerate(each.texts)}
    two = {f"{n} {m}": text for n, each in enumerate(theirs) for m, text in enumerate(each.texts)}
    pairs = pair_near_texts(one, two)
    return {mine[_place(a)].id: theirs[_place(b)].id for a, b, _ in reversed(pairs)}


def _place(name: str) -> int:
    return int(name.partition(" ")[0])
