"""Is a damaged clip read as far as it goes, and never anything but a media error?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ugcbench.errors import MediaError
from ugcbench.media import Oddity, read
from ugcbench.testing import read_number, tone, write_clip
from ugcbench.types import MediaProfile

PROFILE = MediaProfile()


def make_damaged(path: Path) -> Path:
    """A clip the middle of which is zero."""
    write_clip(path, pts=range(80), sound=tone(8.0))
    data = bytearray(path.read_bytes())
    length = len(data)
    data[length * 2 // 5 : length * 3 // 5] = bytes(length * 3 // 5 - length * 2 // 5)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", ["mkv", "ts", "avi"])
def test_truncated(tmp_path: Path, suffix: str):
    codec = "mpeg4" if suffix == "avi" else "libx264"
    path = write_clip(tmp_path / f"cut.{suffix}", pts=range(80), codec=codec)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    media = read(path, PROFILE)
    assert 2 <= len(media.times) < 8
    assert [read_number(frame) for frame in media.frames] == [round(t * 10) for t in media.times]
    if suffix != "ts":  # whose header promises nothing
        assert "truncated" in media.receipt.oddities


def test_truncated_with_the_index_first(tmp_path: Path):
    path = write_clip(
        tmp_path / "cut.mp4",
        pts=range(80),
        sound=tone(8.0),
        muxer_options={"movflags": "+faststart"},
    )
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    media = read(path, PROFILE)
    assert "truncated" in media.receipt.oddities
    numbers = [read_number(frame) for frame in media.frames]
    assert numbers == [round(t * 10) for t in media.times]


def test_zeroed_middle(tmp_path: Path):
    media = read(make_damaged(tmp_path / "hole.mp4"), PROFILE)
    assert {"video_damaged", "audio_damaged"} <= set(media.receipt.oddities)
    assert len(media.times) == 8
    assert read_number(media.frames[0]) == 0


def test_substituted_frames_bear_their_own_times(tmp_path: Path):
    path = write_clip(tmp_path / "hole.mp4", pts=range(80), options={"g": "1"})
    data = bytearray(path.read_bytes())
    middle = slice(len(data) * 2 // 5, len(data) * 3 // 5)
    data[middle] = bytes(middle.stop - middle.start)
    path.write_bytes(data)
    media = read(path, PROFILE)
    assert {"frames_substituted", "video_damaged"} <= set(media.receipt.oddities)
    assert len(media.times) == 8
    assert [read_number(frame) for frame in media.frames] == [round(t * 10) for t in media.times]


def test_format_that_changes_within_the_clip(tmp_path: Path):
    first = write_clip(tmp_path / "a.ts", sound=tone(4.0), sound_codec="mp2")
    second = write_clip(
        tmp_path / "b.ts",
        pts=range(40, 80),
        size=(160, 96),
        sound=tone(4.0, rate=44_100),
        sound_rate=44_100,
        sound_codec="mp2",
        sound_start=4.0,
    )
    path = tmp_path / "both.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    media = read(path, PROFILE)
    assert {"audio_format_changed", "picture_size_changed"} <= set(media.receipt.oddities)
    assert media.receipt.audio_seconds == pytest.approx(8.0, abs=0.1)
    assert len(media.times) == 8


def test_track_that_appears_midway(tmp_path: Path):
    # Far from both ends, where FFmpeg looks for tracks when it opens the file.
    options = {"qp": "1"}
    parts = [
        write_clip(tmp_path / "a.ts", pts=range(80), options=options),
        write_clip(
            tmp_path / "b.ts",
            pts=range(80, 100),
            options=options,
            sound=tone(2.0),
            sound_start=8.0,
        ),
        write_clip(tmp_path / "c.ts", pts=range(100, 160), options=options),
    ]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    media = read(path, PROFILE)
    assert media.receipt.duration == pytest.approx(16.0, abs=0.2)
    assert read_number(media.frames[0]) == 0
    assert "no_audio" in media.receipt.oddities


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("intact")
    recipes = {"mp4": "libx264", "mkv": "libx264", "ts": "libx264", "avi": "mpeg4"}
    return {
        suffix: write_clip(
            folder / f"x.{suffix}", pts=range(12), codec=codec, sound=tone(1.2)
        ).read_bytes()
        for suffix, codec in recipes.items()
    }


@settings(max_examples=150, deadline=None)
@given(
    suffix=st.sampled_from(["mp4", "mkv", "ts", "avi"]),
    keep=st.one_of(st.just(1.0), st.floats(0.01, 1.0)),
    hits=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), max_size=40),
    near_an_end=st.booleans(),
)
def test_any_damage_is_an_oddity_or_a_media_error(
    intact, tmp_path_factory, suffix, keep, hits, near_an_end
):
    data = bytearray(intact[suffix])
    for where, value in hits:
        if near_an_end:  # where the headers are
            where = 0.05 * where if suffix != "mp4" else 1 - 0.05 * (where + 0.001)
        data[int(where * len(data))] = value
    path = tmp_path_factory.getbasetemp() / f"damaged.{suffix}"
    path.write_bytes(data[: max(int(keep * len(data)), 1)])
    try:
        media = read(path, PROFILE)
    except MediaError:
        return
    assert len(media.frames) == len(media.times) >= 1
    assert list(media.times) == sorted(media.times)
    assert set(media.receipt.oddities) <= {word.value for word in Oddity}
    assert media.audio is None or media.audio.dtype == np.float32


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    read(make_damaged(tmp_path / "hole.mp4"), PROFILE)
    assert capfd.readouterr() == ("", "")


LOGGING = """
import sys, threading, av, logging
av.logging.set_level(av.logging.DEBUG)
from ugcbench.media import read
from ugcbench.types import MediaProfile
assert av.logging.get_level() == av.logging.DEBUG
assert not logging.getLogger().handlers
def work():
    for _ in range(5):
        read(sys.argv[1], MediaProfile())
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()
"""


def test_a_program_may_log_what_ffmpeg_says(tmp_path: Path):
    path = make_damaged(tmp_path / "hole.mp4")
    command = [sys.executable, "-c", LOGGING, str(path)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
