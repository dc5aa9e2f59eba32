"""What does every dataset promise, and how is each promise checked?"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from ugcbench.errors import MediaError
from ugcbench.testing.subjects import BrokenPromiseError, DatasetSubject, demand, need
from ugcbench.types import Clip, Gold, MediaProfile

Check = Callable[[DatasetSubject], Awaitable[None]]


async def check_name(subject: DatasetSubject) -> None:
    """It says its name and its revision, which are the same for every instance."""
    one, other = subject.make(), subject.make()
    demand(bool(one.name.strip()), "it has no name")
    demand(bool(one.revision.strip()), "it has no revision")
    same = (one.name, one.revision) == (other.name, other.revision)
    demand(same, f"it is {one.name}@{one.revision}, and then {other.name}@{other.revision}")


async def check_ids(subject: DatasetSubject) -> None:
    """Every clip has an id of its own, on one line."""
    seen: set[str] = set()
    for clip in subject.make():
        demand(clip.id not in seen, f"two clips are called {clip.id!r}")
        demand(clip.id.strip() == clip.id != "", f"{clip.id!r} is no id: empty, or with margins")
        demand(clip.id.isprintable(), f"{clip.id!r} is no id: it holds control characters")
        seen.add(clip.id)
    demand(bool(seen), "it holds no clips")


async def check_order(subject: DatasetSubject) -> None:
    """Every pass gives the same clips in the same order, from another instance too."""
    dataset = subject.make()
    first, second, elsewhere = list(dataset), list(dataset), list(subject.make())
    demand(len(second) == len(first), f"it gives {len(first)} clips, and then {len(second)}")
    for how, clips in (("a second pass", second), ("another instance", elsewhere)):
        same = [clip.id for clip in first] == [clip.id for clip in clips]
        demand(same, f"{how} gives another order")
        demand(first == clips, f"{how} gives other gold")


async def check_passes_are_apart(subject: DatasetSubject) -> None:
    """Two passes at once don't take clips from each other."""
    dataset = subject.make()
    alone = [clip.id for clip in dataset]
    both = [(one.id, other.id) for one, other in zip(dataset, dataset, strict=False)]
    demand(both == [(each, each) for each in alone], "two passes at once disturb each other")


async def check_gold(subject: DatasetSubject) -> None:
    """Some clip has gold, no gold is empty, and an answer is one of its choices."""
    clips = list(subject.make())
    demand(any(clip.gold for clip in clips), "no clip has gold")
    for clip in clips:
        for key, gold in clip.gold.items():
            _check_answer(gold, f"{clip.id}: {key}")


async def check_stored(subject: DatasetSubject) -> None:
    """A clip survives being written as JSON, as datasets in files and workers need."""
    for clip in subject.make():
        try:
            again = Clip.model_validate_json(clip.model_dump_json())
        except ValueError as error:
            raise BrokenPromiseError(f"{clip.id} can't be written as JSON: {error}") from error
        demand(again == clip, f"{clip.id} is another after being written as JSON: see its `meta`")


async def check_paths(subject: DatasetSubject) -> None:
    """Every clip's file is there, and inside of the dataset's folder."""
    media = _media(subject)
    for path in media:
        demand(path.is_file(), f"{path} is no file")
        if subject.root is not None:
            inside = path.resolve().is_relative_to(subject.root.resolve())
            demand(inside, f"{path} leads out of {subject.root}")


async def check_media(subject: DatasetSubject) -> None:
    """The first clips can be read, and are not all the same."""
    from ugcbench.media import read

    media = _media(subject)[: subject.opened]
    for path in media:
        try:
            read(path, MediaProfile())
        except MediaError as error:
            raise BrokenPromiseError(f"a clip can't be read: {error}") from error
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in set(media)}
    demand(len(digests) == len(set(media)), "clips of different names hold the same bytes")


DATASET_CONTRACT: Mapping[str, Check] = {
    "name": check_name,
    "ids": check_ids,
    "order": check_order,
    "passes_are_apart": check_passes_are_apart,
    "gold": check_gold,
    "stored": check_stored,
    "paths": check_paths,
    "media": check_media,
}
"""Every promise by its name."""


def _media(subject: DatasetSubject) -> list[Path]:
    media = [Path(clip.media) for clip in subject.make() if clip.media is not None]
    need(bool(media), "its clips have no media")
    return media


def _check_answer(gold: Gold, where: str) -> None:
    answers = (gold.answer,) if isinstance(gold.answer, str) else gold.answer
    demand(any(answer.strip() for answer in answers), f"{where} is empty")
    if gold.choices:
        known = {choice.casefold() for choice in gold.choices}
        astray = [answer for answer in answers if answer.casefold() not in known]
        demand(not astray, f"{where} is {astray}, which is none of its choices")
