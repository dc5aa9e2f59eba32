"""Do the units of MiniCPM-o hold every frame and every sample of a clip, in step?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ugcbench.errors import FatalModelError
from ugcbench.media import Media, read
from ugcbench.types import MediaProfile
from ugcbench_models.local.minicpm_o_units import SAMPLE_RATE, UNIT, make_units

PAPER = MediaProfile()


def make_media(times, samples):
    """A clip whose frames and samples can be told apart."""
    frames = np.stack([np.full((2, 2, 3), number, np.uint8) for number in range(len(times))])
    sound = None if samples is None else np.arange(1, samples + 1, dtype=np.float32)
    return Media(frames, tuple(times), sound, None)


def split(clip):
    """The items of each unit, without its marker."""
    units = []
    for item in clip.items:
        if isinstance(item, str):
            assert item == UNIT
            units.append([])
        else:
            units[-1].append(item)
    return units


TIMES = st.lists(st.floats(0, 60), min_size=1, max_size=32, unique=True).map(sorted)


@given(TIMES, st.none() | st.integers(1, 60 * SAMPLE_RATE))
@example([0.0], 1)
@example([0.0, 31.9], 47 * SAMPLE_RATE)
@example([5.0], None)
def test_nothing_is_lost_repeated_or_out_of_step(times, samples):
    media = make_media(times, samples)
    units = split(make_units(media, PAPER))
    assert all(units)
    pictures = [item for unit in units for item in unit if not isinstance(item, np.ndarray)]
    assert [picture.getpixel((0, 0))[0] for picture in pictures] == list(range(len(times)))
    sounds = [item for unit in units for item in unit if isinstance(item, np.ndarray)]
    assert {sound.dtype for sound in sounds} <= {np.dtype(np.float32)}
    assert [len(sound) for sound in sounds[:-1]] == [SAMPLE_RATE] * len(sounds[:-1])
    heard = np.concatenate([np.empty(0, np.float32), *sounds])
    assert np.array_equal(heard[: samples or 0], media.audio if samples else [])
    assert not heard[samples or 0 :].any()
    assert len(heard) - (samples or 0) < 640
    for unit in units:
        shown = {int(times[item.getpixel((0, 0))[0]]) for item in unit if item in pictures}
        starts = {int(item[0] - 1) // SAMPLE_RATE for item in unit if isinstance(item, np.ndarray)}
        assert len(shown | starts) == 1


@given(TIMES, st.none() | st.integers(1, 60 * SAMPLE_RATE))
def test_what_is_announced_is_what_is_there(times, samples):
    clip = make_units(make_media(times, samples), PAPER)
    sounds = [item for item in clip.items if isinstance(item, np.ndarray)]
    assert clip.units == len(split(clip))
    assert clip.pictures == len(times)
    assert clip.sound_tokens * 640 == sum(map(len, sounds))


def test_each_second_of_a_long_clip_is_a_unit(long_clip):
    media = read(long_clip, PAPER)
    clip = make_units(media, PAPER)
    assert (clip.units, clip.pictures) == (48, 32)
    heard = np.concatenate([item for item in clip.items if isinstance(item, np.ndarray)])
    assert np.array_equal(heard[: len(media.audio)], media.audio)
    assert sum(len(unit) == 1 for unit in split(clip)) == 16


def test_a_silent_clip_has_units_of_a_frame(muted_clip):
    clip = make_units(read(muted_clip, PAPER), PAPER)
    assert (clip.units, clip.pictures, clip.sound_tokens) == (4, 4, 0)
    assert [len(unit) for unit in split(clip)] == [1] * 4


def test_sound_of_another_rate_is_refused():
    with pytest.raises(FatalModelError, match=r"16000 Hz.* 8000"):
        make_units(make_media([0.0], 8000), MediaProfile(sample_rate=8000))
