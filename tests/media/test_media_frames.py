"""Do frames, times and receipt agree with what the clip shows?"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clip_factory import add_cover, set_display_matrix
from PIL import Image

from ugcbench.media import probe, read
from ugcbench.testing.clips import draw, read_number, tone, write_clip
from ugcbench.types import MediaProfile

MATRICES = {
    "upright": ((1, 0, 0, 1), 0, False, lambda p: p),
    "right": ((0, 1, -1, 0), 270, False, lambda p: np.rot90(p, -1)),
    "upside-down": ((-1, 0, 0, -1), 180, False, lambda p: np.rot90(p, 2)),
    "left": ((0, -1, 1, 0), 90, False, lambda p: np.rot90(p)),
    "mirrored": ((-1, 0, 0, 1), 0, True, np.fliplr),
    "flipped": ((1, 0, 0, -1), 180, True, np.flipud),
    "transposed": ((0, 1, 1, 0), 270, True, lambda p: p.transpose(1, 0, 2)),
    "across": ((0, -1, -1, 0), 90, True, lambda p: np.rot90(p, 2).transpose(1, 0, 2)),
}
"""Display matrix a b c d, rotation, whether mirrored, and what it does to a stored picture."""


def test_clip(clip: Path, profile: MediaProfile):
    media = read(clip, profile)
    assert media.frames.dtype == np.uint8
    assert media.frames.shape == (4, 84, 140, 3)
    assert [read_number(frame) for frame in media.frames] == [0, 13, 26, 39]
    assert media.times == pytest.approx((0.0, 1.3, 2.6, 3.9))
    assert not media.frames.flags.writeable
    assert media.audio is not None
    assert not media.audio.flags.writeable


def test_receipt(clip: Path, profile: MediaProfile):
    media = read(clip, profile)
    receipt = media.receipt
    assert receipt.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert receipt.file_bytes == clip.stat().st_size
    assert receipt.decoder == f"PyAV {av.__version__} / FFmpeg {av.ffmpeg_version_info}"
    assert receipt.profile == "paper/1"
    assert receipt.duration == pytest.approx(4.0)
    assert receipt.frame_times == media.times
    assert receipt.frame_size == (140, 84)
    assert receipt.source_size == (128, 96)
    assert receipt.rotation == 0
    assert receipt.audio_seconds == media.audio.size / 16_000
    assert receipt.oddities == ()


def test_probe(clip: Path, silent: Path):
    found = probe(clip)
    assert found.duration == pytest.approx(4.0, abs=0.05)
    assert (found.width, found.height) == (128, 96)
    assert found.has_audio
    assert found.file_bytes == clip.stat().st_size
    assert not probe(silent).has_audio


@pytest.mark.parametrize("name", ["concat:clip.mp4", "two words.mp4", "-i.mp4", "日本.mp4"])
def test_any_file_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clip: Path, name: str):
    (tmp_path / name).write_bytes(clip.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert probe(name).width == 128


def test_variable_rate_by_time(tmp_path: Path, profile: MediaProfile):
    pts = [*range(10), *range(10, 60, 7)]  # a dense second, then a picture every 0.7 s
    path = write_clip(tmp_path / "vfr.mp4", pts=pts)
    media = read(path, profile)
    assert [read_number(frame) for frame in media.frames] == [0, 10, 11, 13, 15, 17]
    assert media.times == pytest.approx((0.0, 1.0, 1.7, 3.1, 4.5, 5.9))


def test_picture_that_starts_late_counts_from_its_first(tmp_path: Path, profile: MediaProfile):
    path = write_clip(tmp_path / "later.mkv", pts=range(30, 70))
    media = read(path, profile)
    assert media.times[0] == 0.0
    assert media.receipt.duration == pytest.approx(4.0, abs=0.01)


def test_hidden_pictures_are_not_counted(tmp_path: Path, profile: MediaProfile):
    # Pictures before zero get into an edit list: needed for decoding, but never shown.
    path = write_clip(
        tmp_path / "edited.mp4",
        pts=range(-5, 40),
        muxer_options={"avoid_negative_ts": "disabled"},
    )
    media = read(path, profile)
    assert [read_number(frame) for frame in media.frames] == [5, 18, 31, 44]
    assert media.times == pytest.approx((0.0, 1.3, 2.6, 3.9))
    assert media.receipt.duration == pytest.approx(4.0)


@pytest.mark.parametrize("even", [True, False])
def test_one_picture(tmp_path: Path, even: bool):
    path = write_clip(tmp_path / "one.mp4", pts=[0])
    media = read(path, MediaProfile(even=even))
    assert media.frames.shape == (1, 84, 140, 3)
    assert media.times == (0.0,)


def test_half_a_second(tmp_path: Path, profile: MediaProfile):
    path = write_clip(tmp_path / "short.mp4", pts=range(5))
    assert [read_number(frame) for frame in read(path, profile).frames] == [0, 4]


def test_at_most_max_frames(tmp_path: Path):
    path = write_clip(tmp_path / "long.mp4", pts=range(120))
    assert len(read(path, MediaProfile(max_frames=6)).times) == 6
    assert len(read(path, MediaProfile(fps=2.0)).times) == 24


@pytest.mark.parametrize("resize", ["pillow-bicubic", "swscale-bicubic"])
def test_both_ways_of_resizing_show_the_same(tmp_path: Path, resize: str):
    path = write_clip(tmp_path / "large.mp4", size=(512, 384))
    media = read(path, MediaProfile(resize=resize))
    assert media.frames.shape == (4, 252, 364, 3)
    assert [read_number(frame) for frame in media.frames] == [0, 13, 26, 39]


@pytest.mark.parametrize("name", MATRICES)
def test_display_matrix(tmp_path: Path, profile: MediaProfile, name: str):
    matrix, rotation, mirrored, transform = MATRICES[name]
    path = write_clip(tmp_path / "turned.mp4", pts=range(12))
    stored = read(path, profile).frames
    set_display_matrix(path, *matrix)
    media = read(path, profile)
    assert np.array_equal(media.frames, np.stack([transform(picture) for picture in stored]))
    assert media.receipt.rotation == rotation
    assert ("mirrored" in media.receipt.oddities) == mirrored
    assert media.receipt.source_size == (128, 96)
    assert media.receipt.frame_size == media.frames.shape[2:0:-1]


@pytest.mark.parametrize(
    ("aspect", "shape"), [(Fraction(2, 1), (84, 252)), (Fraction(1, 2), (84, 56))]
)
def test_pixel_aspect(tmp_path: Path, profile: MediaProfile, aspect: Fraction, shape):
    path = write_clip(tmp_path / "anamorphic.mp4", pixel_aspect=aspect)
    media = read(path, profile)
    assert media.frames.shape[1:3] == shape
    assert "pixels_not_square" in media.receipt.oddities
    assert [read_number(frame) for frame in media.frames] == [0, 13, 26, 39]


def test_cover_art_is_no_picture_of_the_clip(tmp_path: Path, clip: Path, profile: MediaProfile):
    path = add_cover(clip, tmp_path / "cover.mp4")
    assert np.array_equal(read(path, profile).frames, read(clip, profile).frames)


def test_still_image(tmp_path: Path, profile: MediaProfile):
    path = tmp_path / "image.mp4"  # the name of a clip, the bytes of a picture
    Image.fromarray(draw(5)).save(path, "PNG")
    media = read(path, profile)
    assert [read_number(frame) for frame in media.frames] == [5]
    assert "still_image" in media.receipt.oddities


def test_pictures_without_times_are_numbered(tmp_path: Path, profile: MediaProfile):
    path = write_clip(tmp_path / "raw.h264", pts=range(60))
    media = read(path, profile)
    assert "no_timestamps" in media.receipt.oddities
    assert [read_number(frame) for frame in media.frames] == [0, 59]


def test_sound_alone_changes_no_frame(clip: Path, silent: Path, profile: MediaProfile):
    assert np.array_equal(read(clip, profile).frames, read(silent, profile).frames)


def test_longer_and_shorter_sound(tmp_path: Path, profile: MediaProfile):
    longer = write_clip(tmp_path / "longer.mp4", sound=tone(6.0))
    shorter = write_clip(tmp_path / "shorter.mp4", sound=tone(2.0))
    assert read(longer, profile).receipt.oddities == ("audio_longer",)
    assert read(longer, profile).receipt.duration == pytest.approx(4.0)
    assert read(shorter, profile).receipt.oddities == ("audio_shorter",)
