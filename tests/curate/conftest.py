"""Shared by the tests of curation: the mini benchmark as annotations."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ugcbench.datasets import open_dataset
from ugcbench.plugins import Registry
from ugcbench_curate.annotating.gold import import_gold
from ugcbench_curate.annotating.label_studio import labelling_config
from ugcbench_curate.annotations import Annotation

ROOT = Path(__file__).parents[2]
RELEASE = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP") or ROOT.parent / "shared" / "ugc-videocap")


@pytest.fixture(scope="session")
def registry():
    return Registry()


@pytest.fixture(scope="session")
def mini(registry):
    """The mini benchmark, as its own reader gives it."""
    return open_dataset(registry, "mini", {})[0]


@pytest.fixture(scope="session")
def mini_annotations(mini):
    """What the gold of the mini benchmark says; the clips are named by absolute paths."""
    return import_gold(mini, Path("/nowhere")).annotations


@pytest.fixture(scope="session")
def bare(mini_annotations):
    """The clips of the mini benchmark, about which nobody has said anything yet."""
    return tuple(Annotation(id=each.id, media=each.media) for each in mini_annotations)


@pytest.fixture(scope="session")
def release():
    """The public release; skips where it isn't."""
    if not RELEASE.is_dir():
        pytest.skip(f"{RELEASE} is absent; set UGCBENCH_UGC_VIDEOCAP to the released files")
    return RELEASE


@pytest.fixture(scope="session")
def label_studio_config():
    return labelling_config()
