"""How many tokens of a prompt are the clip's?"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ugcbench.errors import MediaError
from ugcbench.estimates import AUDIO_TOKENS_PER_SECOND, PIXELS_PER_TOKEN
from ugcbench.media import probe
from ugcbench.media.sampling import count_frames, target_size
from ugcbench.types import MediaProfile

FRAMES_PER_TOKEN = 2
"""Frames that share their tokens in Qwen2.5-Omni."""

ENCLOSING = 4
"""Tokens around pictures and sound."""

THREADS = 8


def count_all(
    clips: Iterable[str], profile: MediaProfile, *, audio: bool
) -> list[int | MediaError]:
    """The tokens of each clip by its headers, or why it can't be opened."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda clip: _count_or_fail(clip, profile, audio=audio), clips))


def _count_or_fail(clip: str, profile: MediaProfile, *, audio: bool) -> int | MediaError:
    try:
        return count_tokens(clip, profile, audio=audio)
    except MediaError as error:
        return error


def count_tokens(clip: str, profile: MediaProfile, *, audio: bool) -> int:
    """The tokens of a clip by Qwen2.5-Omni's rates; raises a `MediaError`.

    28 x 28 pixels of two frames are a token, and a second of sound is 25.
    """
    found = probe(clip)
    width, height = target_size(found.width, found.height, profile)
    frames = count_frames(found.duration, profile.max_frames, profile)
    pairs = -(-frames // FRAMES_PER_TOKEN)
    seen = pairs * (width * height // PIXELS_PER_TOKEN)
    heard = round(found.duration * AUDIO_TOKENS_PER_SECOND) if audio and found.has_audio else 0
    return seen + heard + ENCLOSING
