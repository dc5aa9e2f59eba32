"""By what is a clip recognised when it was encoded anew, resized or cut?

Pictures by their perceptual hashes, sound by the signs of how the energy of 33 bands changes over
frequency and time. Source of the latter: Haitsma and Kalker, A Highly Robust Audio Fingerprinting
System, 2002; here with 31 codes a second, since clips are compared whole.
"""

from __future__ import annotations

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import signal

from ugcbench_curate.collecting.hearing import RATE, Samples

PICTURES_A_SECOND = 4
NEAR = 10
"""Bits of 64 in which the hashes of one picture, encoded twice, may differ."""

SAME_PICTURES = 0.5
"""Share of the shorter clip's pictures that must be in the other, in the same order."""

SAME_PICTURES_ALONE = 0.8
"""The same where no sound can be compared."""

SAME_SOUND = 0.35
"""Share of wrong bits below which sounds are the same, as in the source; by chance it is 0.5."""

WINDOW, HOP = 6144, 512
"""Samples: 0.384 seconds, and 31 codes a second."""

EDGES = np.geomspace(300, 2000, 34)
QUIET = 1e-3
"""Amplitude (-60 dB of full scale) below which there is no sound to recognise."""

LEAST = 90
"""Codes (3 seconds) that must be compared for a verdict."""

Hashes = NDArray[np.uint64]
Codes = NDArray[np.uint32]


def hash_pictures(frames: NDArray[np.uint8]) -> Hashes:
    """The 64-bit perceptual hash (DCT) of each of the RGB pictures [T, H, W, 3]."""
    bits = [imagehash.phash(Image.fromarray(frame)).hash.ravel() for frame in frames]
    return np.array(bits, np.uint64) @ (np.uint64(1) << np.arange(64, dtype=np.uint64))


def encode_sound(sound: Samples) -> Codes:
    """A 32-bit code every `HOP` samples; 0 where there is nothing to hear."""
    if len(sound) < WINDOW:
        return np.zeros(0, np.uint32)
    frequencies, _, spectra = signal.stft(
        sound, RATE, nperseg=WINDOW, noverlap=WINDOW - HOP, boundary=None, padded=False
    )
    power = np.abs(spectra) ** 2
    bins = np.searchsorted(frequencies, EDGES)
    energy = np.add.reduceat(power[: bins[-1]], bins[:-1], axis=0)
    slopes = np.diff(energy, axis=0)
    bits = (np.diff(slopes, axis=1) > 0).T.astype(np.uint32)
    codes = bits @ (np.uint32(1) << np.arange(32, dtype=np.uint32))
    codes[2 * power.sum(0)[1:] < QUIET**2] = 0
    return codes


def compare_pictures(one: Hashes, other: Hashes) -> float:
    """The share of the shorter row of pictures that is in the other, at the best shift in time."""
    if not len(one) or not len(other):
        return 0.0
    near = np.bitwise_count(one[:, None] ^ other[None, :]) <= NEAR
    best = max(int(near.diagonal(shift).sum()) for shift in range(1 - len(one), len(other)))
    return best / min(len(one), len(other))


def compare_sound(one: Codes, other: Codes) -> float | None:
    """The share of wrong bits at the best shift in time, or None if there is too little to hear.

    Where only one of both is silent, half of the bits are wrong.
    """
    shorter = min(int((one != 0).sum()), int((other != 0).sum()))
    if shorter < LEAST:
        return None
    least = max(LEAST, shorter // 2)
    wrong = np.bitwise_count(one[:, None] ^ other[None, :]) / np.float32(32)
    heard = (one != 0)[:, None], (other != 0)[None, :]
    wrong[heard[0] != heard[1]] = 0.5
    compared = heard[0] | heard[1]
    wrong[~compared] = 0
    best = 1.0
    for shift in range(least - len(one), len(other) - least + 1):
        count = int(compared.diagonal(shift).sum())
        if count >= least:
            best = min(best, float(wrong.diagonal(shift).sum()) / count)
    return best
