"""What is measured in a clip, whatever is asked of it later?"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ugcbench.errors import MediaError
from ugcbench.media import probe, read
from ugcbench.types import Frozen, MediaProfile
from ugcbench_curate.collecting.fingerprints import (
    PICTURES_A_SECOND,
    Codes,
    Hashes,
    encode_sound,
    hash_pictures,
)
from ugcbench_curate.collecting.hearing import (
    RATE,
    SILENCE,
    Samples,
    measure_loudness,
    measure_voice,
)

METHOD = 1
"""Goes up whenever the same clip would get other measurements: those stored are then redone."""

PROFILE = MediaProfile(
    name="collect",
    fps=PICTURES_A_SECOND,
    max_frames=600 * PICTURES_A_SECOND,
    max_pixels=128 * 128,
    factor=2,
    even=False,
    sample_rate=RATE,
    resize="swscale-bicubic",
)


class Measures(Frozen):
    """All that is known of a clip's content.

    `failure` is the stable word of a `MediaError`, `message` what it says; then nothing else is
    known. `momentary` loudness in LUFS and the probability of speech `voice` in percent are given
    every 0.1 seconds, `loudness` is the integrated one. `pictures` are 64-bit hashes and `sound`
    32-bit codes, both in hexadecimal digits. `headers_only` says that the clip was not decoded.
    """

    sha256: str
    method: int = METHOD
    bytes: int = 0
    seconds: float = 0.0
    width: int = 0
    height: int = 0
    failure: str | None = None
    message: str | None = None
    headers_only: bool = False
    has_sound: bool = False
    loudness: float = SILENCE
    momentary: tuple[int, ...] = ()
    voice: tuple[int, ...] = ()
    pictures: str = ""
    sound: str = ""

    @property
    def picture_hashes(self) -> Hashes:
        """The hashes as numbers."""
        return np.frombuffer(bytes.fromhex(self.pictures), ">u8").astype(np.uint64)

    @property
    def sound_codes(self) -> Codes:
        """The codes as numbers."""
        return np.frombuffer(bytes.fromhex(self.sound), ">u4").astype(np.uint32)


def hash_file(path: Path) -> str | None:
    """The SHA-256 of a file's bytes in hexadecimal digits, None if it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def measure(path: Path, sha256: str, max_seconds: float) -> Measures:
    """Measure the clip at `path`; one of `max_seconds` or more by its header stays closed."""
    try:
        header = probe(path)
        if header.duration >= max_seconds:
            return Measures(
                sha256=sha256,
                bytes=header.file_bytes,
                seconds=round(header.duration, 3),
                width=header.width,
                height=header.height,
                has_sound=header.has_audio,
                headers_only=True,
            )
        media = read(path, PROFILE)
    except MediaError as error:
        message = str(error).removeprefix(f"{error.path}: ")
        return Measures(sha256=sha256, failure=error.kind, message=message)
    about: dict[str, Any] = {} if media.audio is None else _listen(media.audio)
    return Measures(
        sha256=sha256,
        bytes=media.receipt.file_bytes,
        seconds=round(media.receipt.duration, 3),
        width=media.receipt.source_size[0],
        height=media.receipt.source_size[1],
        pictures=_to_digits(hash_pictures(media.frames), ">u8"),
        **about,
    )


def key_of_measures(line: dict[str, Any]) -> str:
    """The key of parsed or dumped `Measures`."""
    return f"{line['sha256']} {line['method']}"


def _listen(raw: Samples) -> dict[str, Any]:
    sound = np.nan_to_num(raw).clip(-1, 1)  # a damaged track may hold anything
    momentary, loudness = measure_loudness(sound)
    return {
        "has_sound": True,
        "loudness": loudness,
        "momentary": momentary,
        "voice": measure_voice(sound),
        "sound": _to_digits(encode_sound(sound), ">u4"),
    }


def _to_digits(numbers: NDArray[Any], order: str) -> str:
    return numbers.astype(order).tobytes().hex()
