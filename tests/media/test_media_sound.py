"""Is the sound mono, at the right rate, level and moment?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from ugcbench.media import read
from ugcbench.testing import tone, write_clip
from ugcbench.types import MediaProfile

LAYOUTS = {
    "mono": (440,),
    "stereo": (440, 660),
    "5.1": (440, 660, 880, 110, 550, 770),
    "7.1": (440, 660, 880, 110, 550, 770, 990, 1100),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_mono_is_the_mean_over_channels(tmp_path: Path, layout: str, rate: int):
    sound = tone(3.0, channels=LAYOUTS[layout], rate=rate)
    path = write_clip(
        tmp_path / "sound.mkv",
        pts=range(30),
        sound=sound,
        sound_codec="pcm_s16le",
        sound_rate=rate,
        layout=layout,
    )
    audio = read(path, MediaProfile()).audio
    expected = resample_poly(sound.mean(axis=0), 16_000, rate)
    assert audio.dtype == np.float32
    assert abs(len(audio) - len(expected)) <= 1
    inner = slice(800, min(len(audio), len(expected)) - 800)
    gain = np.sqrt(np.mean(audio[inner] ** 2) / np.mean(expected[inner] ** 2))
    assert gain == pytest.approx(1.0, abs=0.002)
    noise = np.mean((audio[inner] - expected[inner]) ** 2)
    assert 10 * np.log10(np.mean(expected[inner] ** 2) / noise) > 60


def test_other_sample_rate(clip: Path):
    media = read(clip, MediaProfile(sample_rate=24_000))
    assert media.audio.size / 24_000 == pytest.approx(4.0, abs=0.05)
    assert media.receipt.audio_seconds == media.audio.size / 24_000


def test_nothing_to_convert(tmp_path: Path, profile: MediaProfile):
    path = write_clip(
        tmp_path / "16k.mp4",
        sound=tone(4.0, channels=(440,), rate=16_000),
        sound_rate=16_000,
        layout="mono",
    )
    assert read(path, profile).receipt.audio_seconds == pytest.approx(4.0, abs=0.1)


def test_silent_clip(silent: Path, profile: MediaProfile):
    media = read(silent, profile)
    assert media.audio is None
    assert media.receipt.audio_seconds == 0.0
    assert media.receipt.oddities == ("no_audio",)


def test_sound_that_starts_late_is_padded(tmp_path: Path, profile: MediaProfile):
    path = write_clip(tmp_path / "late.mp4", sound=tone(3.0), sound_start=0.75)
    media = read(path, profile)
    assert media.receipt.oddities == ("audio_starts_late",)
    onset = np.argmax(np.abs(media.audio) > 0.1) / 16_000
    assert onset == pytest.approx(0.75, abs=0.03)
    assert not media.audio[:11_000].any()


def test_sound_that_starts_early_is_kept(tmp_path: Path, profile: MediaProfile):
    path = write_clip(tmp_path / "early.mp4", pts=range(5, 45), sound=tone(4.0))
    media = read(path, profile)
    assert media.receipt.oddities == ("audio_starts_early",)
    assert media.receipt.audio_seconds == pytest.approx(4.0, abs=0.05)


def test_small_offset_is_left_alone(tmp_path: Path, profile: MediaProfile):
    path = write_clip(tmp_path / "slightly.mp4", sound=tone(4.0), sound_start=0.04)
    media = read(path, profile)
    assert media.receipt.oddities == ()
    assert np.argmax(np.abs(media.audio) > 0.1) / 16_000 < 0.03
