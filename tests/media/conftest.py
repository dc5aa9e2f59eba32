"""Which clips do several of the media tests share?"""

from __future__ import annotations

from pathlib import Path

import pytest

from ugcbench.testing import tone, write_clip
from ugcbench.types import MediaProfile


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds at 10 frames a second with stereo sound, H.264 and AAC in MP4."""
    path = tmp_path_factory.mktemp("media") / "clip.mp4"
    return write_clip(path, sound=tone(4.0))


@pytest.fixture(scope="session")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without an audio track."""
    return write_clip(tmp_path_factory.mktemp("media") / "silent.mp4")


@pytest.fixture(scope="session")
def profile() -> MediaProfile:
    return MediaProfile()
