"""What is heard in a clip, and by what is it recognised?"""

from __future__ import annotations

import numpy as np
import pytest
from clip_copies import VIDEOS, read_sound

from ugcbench_curate.collecting.fingerprints import (
    SAME_SOUND,
    compare_pictures,
    compare_sound,
    encode_sound,
    hash_pictures,
)
from ugcbench_curate.collecting.hearing import (
    RATE,
    SILENCE,
    count_seconds,
    measure_loudness,
    measure_voice,
)

SECONDS = np.arange(5 * RATE) / RATE


def sine(amplitude):
    return (amplitude * np.sin(2 * np.pi * 997 * SECONDS)).astype(np.float32)


@pytest.fixture(scope="module")
def talk():
    return read_sound(VIDEOS / "mini-01.mp4", RATE)


@pytest.fixture(scope="module")
def music():
    return read_sound(VIDEOS / "mini-09.mp4", RATE)


@pytest.mark.parametrize("amplitude", [1.0, 0.1, 0.01])
def test_loudness_is_that_of_the_standard(amplitude):
    momentary, integrated = measure_loudness(sine(amplitude))
    expected = -3.01 + 20 * np.log10(amplitude)  # ITU-R BS.1770: a sine of 997 Hz on one channel
    assert integrated == pytest.approx(expected, abs=0.15)
    assert len(momentary) == 50
    assert momentary[-1] == round(expected)


def test_silence_and_nothing_count_no_second():
    for sound in (np.zeros(RATE, np.float32), np.zeros(0, np.float32), np.zeros(7, np.float32)):
        momentary, integrated = measure_loudness(sound)
        assert set(momentary) <= {SILENCE}
        assert integrated <= -70
        assert count_seconds(momentary, measure_voice(sound), -40, 0.5) == (0, 0)


def test_quiet_speech_counts_and_quiet_hum_does_not(talk):
    quiet = talk * 0.003
    momentary, voice = measure_loudness(quiet)[0], measure_voice(talk)
    assert max(momentary) < -40
    heard, spoken = count_seconds(momentary, voice, -40, 0.5)
    assert heard == spoken > 6
    assert count_seconds(measure_loudness(sine(0.003))[0], (), -40, 0.5) == (0, 0)
    assert count_seconds(measure_loudness(sine(0.1))[0], (), -40, 0.5)[0] > 4.5


def test_music_is_no_speech(music):
    heard, spoken = count_seconds(measure_loudness(music)[0], measure_voice(music), -40, 0.5)
    assert heard > 6
    assert spoken < 1


def test_sound_is_recognised_louder_noisy_and_cut(talk, music):
    noise = np.random.default_rng(0).normal(0, 0.005, len(talk)).astype(np.float32)
    codes = encode_sound(talk)
    assert compare_sound(codes, codes) == 0
    assert compare_sound(codes, encode_sound(talk * 0.2)) < 0.02
    assert compare_sound(codes, encode_sound(talk + noise)) < 0.25
    assert compare_sound(codes, encode_sound(talk[round(1.234 * RATE) :])) < 0.15
    assert compare_sound(codes, encode_sound(music)) > SAME_SOUND + 0.05


def test_too_little_sound_is_not_compared(talk):
    silence = np.zeros(5 * RATE, np.float32)
    assert compare_sound(encode_sound(talk), encode_sound(silence)) is None
    assert compare_sound(encode_sound(talk), encode_sound(talk[:100])) is None
    half = np.concatenate([talk[: 4 * RATE], silence])
    other = np.concatenate([talk[4 * RATE : 8 * RATE], silence])
    assert compare_sound(encode_sound(half), encode_sound(other)) > SAME_SOUND


def test_pictures_are_compared_in_their_order():
    draw = np.random.default_rng(2).integers(0, 255, (12, 6, 6, 3), np.uint8)
    frames = draw.repeat(16, 1).repeat(16, 2)
    hashes = hash_pictures(frames)
    assert len(np.unique(hashes)) == 12
    assert compare_pictures(hashes, hashes[3:]) == 1
    assert compare_pictures(hash_pictures(frames[:, ::2, ::2]), hashes) == 1
    assert compare_pictures(hashes, hashes[::-1]) < 0.2
    assert compare_pictures(hashes, hashes[:0]) == 0
