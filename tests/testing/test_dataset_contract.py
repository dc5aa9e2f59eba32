"""Does the contract of datasets catch each way of breaking it, and let honest ones pass?"""

from __future__ import annotations

import itertools

import pytest

from ugcbench import Clip, Gold, Registry
from ugcbench.plugins import create
from ugcbench.testing import (
    DATASET_CONTRACT,
    BrokenPromiseError,
    DatasetSubject,
    NotApplicableError,
    check_promise,
    contract_tests,
    tone,
    write_clip,
)

COUNT = itertools.count()


def clip_of(name, media=None, **more):
    gold = {"name": Gold(answer=f"it is {name}")}
    return Clip(**{"id": name, "media": media and str(media), "gold": gold, **more})


class Listed:
    """A dataset that is a list."""

    name = "listed"
    revision = "1"

    def __init__(self, *clips):
        self.clips = clips

    def __iter__(self):
        return iter(self.clips)


def listed(*clips, **fields):
    return DatasetSubject(make=lambda: Listed(*clips), **fields)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two clips, a copy, one that is no clip, and a link that leads out."""
    outer = tmp_path_factory.mktemp("outer")
    folder = outer / "inside"
    folder.mkdir()
    for number, name in enumerate(("a", "b")):
        sound = tone(1.0, channels=(110 * (1 + number),) * 2)
        write_clip(folder / f"{name}.mp4", pts=range(10), sound=sound)
    (folder / "copy.mp4").write_bytes((folder / "a.mp4").read_bytes())
    (folder / "garbage.mp4").write_bytes(b"no clip at all" * 100)
    (outer / "secret.mp4").write_bytes((folder / "a.mp4").read_bytes())
    (folder / "link.mp4").symlink_to(outer / "secret.mp4")
    return folder


test_the_mini_benchmark_passes = contract_tests(
    DatasetSubject(make=lambda: create(Registry().dataset("mini")))
)
test_one_without_media_passes = contract_tests(listed(clip_of("a"), clip_of("b")))


@pytest.mark.parametrize("promise", DATASET_CONTRACT)
async def test_one_with_media_passes(promise, folder):
    clips = [clip_of(name, folder / f"{name}.mp4") for name in ("a", "b")]
    await check_promise(listed(*clips, root=folder), promise)


class Renamed(Listed):
    @property
    def revision(self):
        return f"{next(COUNT)}"


class Once(Listed):
    """Can be read once."""

    def __init__(self, *clips):
        self.clips = iter(clips)


class Shuffled(Listed):
    def __iter__(self):
        self.clips = self.clips[1:] + self.clips[:1]
        return iter(self.clips)


class Drifting(Listed):
    def __iter__(self):
        return iter([clip_of("a", meta={"read": next(COUNT)})])


class Shared(Listed):
    """One place in the file for all who read it."""

    def __iter__(self):
        self.at = 0
        return self

    def __next__(self):
        if self.at == len(self.clips):
            raise StopIteration
        self.at += 1
        return self.clips[self.at - 1]


def choice(answer):
    return {"name": Gold(answer=answer, choices=("Yes", "No"))}


TWO = clip_of("a"), clip_of("b")
BROKEN = [
    ("name", DatasetSubject(make=lambda: Renamed(*TWO)), r"listed@\d+, and then"),
    ("ids", listed(), "no clips"),
    ("ids", listed(clip_of("a"), clip_of("a")), "two clips are called 'a'"),
    ("ids", listed(clip_of(" a")), "with margins"),
    ("ids", listed(clip_of("")), "empty"),
    ("ids", listed(clip_of("a\nb")), "control characters"),
    ("order", DatasetSubject(make=lambda: Once(*TWO)), "2 clips, and then 0"),
    ("order", DatasetSubject(make=lambda: Shuffled(*TWO)), "another order"),
    ("order", DatasetSubject(make=Drifting), "other gold"),
    ("gold", listed(clip_of("a", gold={})), "no clip has gold"),
    ("gold", listed(clip_of("a", gold={"name": Gold(answer=" ")})), "a: name is empty"),
    ("gold", listed(clip_of("a", gold=choice("Perhaps"))), "none of its choices"),
    ("stored", listed(clip_of("a", meta={"seen": {1, 2}})), "is another after being written"),
    ("stored", listed(clip_of("a", meta={"seen": object()})), "can't be written as JSON"),
]


@pytest.mark.parametrize(("promise", "subject", "reason"), BROKEN)
async def test_a_dataset_that_breaks_a_promise_is_found(promise, subject, reason):
    with pytest.raises(BrokenPromiseError, match=reason):
        await check_promise(subject, promise)


async def test_two_readers_that_disturb_each_other_are_found():
    with pytest.raises(BrokenPromiseError, match="disturb each other"):
        await check_promise(DatasetSubject(make=lambda: Shared(*TWO)), "passes_are_apart")


@pytest.mark.parametrize(
    ("promise", "names", "reason"),
    [
        ("paths", ["nowhere"], "is no file"),
        ("paths", ["link"], "leads out of"),
        ("media", ["garbage"], "can't be read"),
        ("media", ["a", "copy"], "hold the same bytes"),
    ],
)
async def test_what_is_wrong_with_the_files_is_found(promise, names, reason, folder):
    clips = [clip_of(name, folder / f"{name}.mp4") for name in names]
    with pytest.raises(BrokenPromiseError, match=reason):
        await check_promise(listed(*clips, root=folder), promise)


async def test_a_dataset_without_media_has_no_paths_to_check():
    with pytest.raises(NotApplicableError, match="no media"):
        await check_promise(listed(*TWO), "paths")


def test_every_promise_of_a_dataset_is_broken_by_some_test():
    by_hand = {"passes_are_apart", "paths", "media"}
    assert {promise for promise, _, _ in BROKEN} | by_hand == set(DATASET_CONTRACT)
