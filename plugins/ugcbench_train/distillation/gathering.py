"""Which of the named clips are put to the teacher?

Each content once, whatever files hold it, and none that must be kept apart for a test or another
stage. What is left out is said, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ugcbench.store import Log
from ugcbench.types import Frozen
from ugcbench_train.data.apart import Others
from ugcbench_train.data.contents import Content, hash_files, key_of_content
from ugcbench_train.data.overlap import find_overlaps
from ugcbench_train.distillation.sources import Source
from ugcbench_train.rows import Row

HASHES = "clips.jsonl"
"""The file in which hashes are kept, so that going on doesn't read every clip again."""


class LeftOut(Frozen):
    """A clip that became no row.

    `reason` is a stable word, `detail` is for people. `again` says that the next run tries it once
    more: what was wrong may pass.
    """

    id: str
    video: str
    reason: str
    detail: str
    sha256: str | None = None
    caption: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """The clips to ask about, each with its hash and an id of its own, and those left out."""

    clips: tuple[Source, ...]
    left_out: tuple[LeftOut, ...]


def gather(
    sources: Sequence[Source],
    folder: Path,
    others: Others,
    *,
    keep: bool = True,
    step: Callable[[], None] = lambda: None,
) -> Gathered:
    """Hash the clips and sort out which are asked about: none that is among the `others`.

    Hashes are read from `folder` and, with `keep`, written there. `step` is called after each file.
    """
    hashes = _hash(sources, folder / HASHES, step, keep=keep)
    left_out: list[LeftOut] = []
    clips: dict[str, Source] = {}
    ids: set[str] = set()
    for source in sources:
        content = hashes[source.path]
        if isinstance(content, OSError):
            left_out.append(_explain_unread(source, content))
            continue
        clip = replace(source, id=_own_id(source, content, ids), sha256=content)
        first = clips.setdefault(content, clip)
        if first is clip:
            ids.add(clip.id)
        else:
            detail = f"the same bytes as {first.path}"
            left_out.append(leave_out(clip, "duplicate_clip", detail))
    forbidden = _find_forbidden(clips.values(), others)
    overlapping = [
        leave_out(clip, "overlap", forbidden[clip.id])
        for clip in clips.values()
        if clip.id in forbidden
    ]
    kept = tuple(clip for clip in clips.values() if clip.id not in forbidden)
    return Gathered(kept, (*left_out, *overlapping))


def leave_out(
    source: Source, reason: str, detail: str, *, caption: str | None = None, again: bool = False
) -> LeftOut:
    """The entry of a clip that became no row."""
    return LeftOut(
        id=source.id,
        video=source.path,
        reason=reason,
        detail=detail,
        sha256=source.sha256,
        caption=caption,
        again=again,
    )


def _hash(
    sources: Iterable[Source], file: Path, step: Callable[[], None], *, keep: bool
) -> Mapping[str, str | OSError]:
    known = Log(file, key_of_content, repair=keep)

    def note(content: Content | OSError) -> None:
        if keep and isinstance(content, Content) and content.key not in known:
            known.append(content)
        step()

    try:
        return hash_files([source.path for source in sources], known, note)
    finally:
        known.close()


def _explain_unread(source: Source, error: OSError) -> LeftOut:
    gone = isinstance(error, FileNotFoundError)
    reason = "media_missing" if gone else "media_unreadable"
    return leave_out(source, reason, f"{source.path}: {error.strerror}", again=True)


def _own_id(source: Source, content: str, taken: Collection[str]) -> str:
    """The clip's own id; with a part of its hash where another clip has that id."""
    return f"{source.id}-{content[:8]}" if source.id in taken else source.id


def _find_forbidden(clips: Iterable[Source], others: Others) -> Mapping[str, str]:
    """By id, with what a clip overlaps."""
    rows = [
        Row(id=clip.id, video=clip.path, prompt="-", url=clip.url, sha256=clip.sha256)
        for clip in clips
    ]
    return {
        pair.row: f"{pair.other} of {name}, by {' and '.join(pair.by)}"
        for name, found in others.items()
        for pair in find_overlaps(rows, found).pairs
    }
