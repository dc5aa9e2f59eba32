"""How is Qwen2.5-Omni given a clip on vLLM?

vLLM takes frames and sound apart and lays them out in turns of two seconds by the time that it is
told for a grid of two frames. Without it, it takes one second for each, and says nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import transformers

from ugcbench.errors import FatalModelError
from ugcbench.media import Media
from ugcbench.types import MediaProfile
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.qwen_omni_clips import (
    FRAMES_PER_GRID,
    TOKENS_PER_SECOND,
    seconds_per_grid,
)
from ugcbench_models.local.vllm_clips import ClipInput, Family, Run

VIDEO, AUDIO = "<|VIDEO|>", "<|AUDIO|>"
STOPS = ("<|im_end|>", "<|endoftext|>")
SAMPLE_RATE = 16_000
SAMPLES_PER_SPECTRUM = 160
SIDE = 28
"""Pixels of the side of the square that becomes one token: 14, merged two by two."""

TURN = 2 * TOKENS_PER_SECOND
"""Positions in time that a turn of picture and sound takes."""


def make_family(folder: Path, source: Source, config: Mapping[str, Any]) -> Family:
    """The family of the checkpoint in `folder`."""
    processor = transformers.AutoProcessor.from_pretrained(folder)
    tokenizer = processor.tokenizer
    # Older checkpoints give the template to the processor only.
    tokenizer.chat_template = processor.chat_template or tokenizer.chat_template
    return Family(
        name=source.name,
        tokenizer=tokenizer,
        encode=partial(encode, source.name),
        limits={"video": 1, "audio": 1, "image": 0},
        stops=tokenizer.convert_tokens_to_ids(list(STOPS)),
        places=(VIDEO, AUDIO),
    )


def encode(name: str, media: Media, profile: MediaProfile) -> ClipInput:
    """The clip, with its sound in turns if there is some.

    Raises `FatalModelError` for a profile that the model can't take.
    """
    _check_profile(name, media, profile)
    count, height, width, _ = media.frames.shape
    grid = seconds_per_grid(count, media.receipt.duration)
    # A copy, since torch warns of arrays that can't be written to, as the reader's.
    data: dict[str, Sequence[Any]] = {"video": [media.frames.copy()]}
    options: dict[str, Any] = {
        # The processor divides by it again: a hair less, and no time comes out too early.
        "fps": math.nextafter(FRAMES_PER_GRID / grid, 0),
        "do_sample_frames": False,
        "do_resize": False,
    }
    sound = media.audio
    if sound is not None and len(sound) * TOKENS_PER_SECOND < SAMPLE_RATE:
        sound = None  # it is too short to give a token
    heard = 0 if sound is None else count_sound_tokens(len(sound))
    if sound is not None:
        data["audio"] = [(sound, profile.sample_rate)]
        options |= {"use_audio_in_video": True, "second_per_grid_ts": [grid]}
    seen = (height // SIDE) * (width // SIDE)
    layout = lay_out(math.ceil(count / FRAMES_PER_GRID), seen, grid, heard)
    totals = Counter(dict.fromkeys((VIDEO, AUDIO), 0))
    for token, number in layout:
        totals[token] += number
    return ClipInput(
        parts=[{"type": "video"}],
        data=data,
        options=options,
        layout=layout,
        counts=f"{totals[VIDEO]} video tokens, {totals[AUDIO]} audio tokens",
    )


def count_sound_tokens(samples: int) -> int:
    """The tokens of so many samples at 16 kHz: spectra every 10 ms, halved twice.

    Source: the audio encoder's `_get_feat_extract_output_lengths` in transformers.
    """
    spectra = math.ceil(samples / SAMPLES_PER_SPECTRUM)
    return ((spectra - 1) // 2 + 1 - 2) // 2 + 1


def lay_out(grids: int, tokens: int, seconds: float, heard: int) -> list[Run]:
    """The placeholders of `grids` of `tokens` each, every so many `seconds`, and `heard` of sound.

    In each turn of two seconds the picture comes first, then the sound of that time; what is left
    of the sound ends it. Source: Qwen2.5-Omni technical report, section 2.2.
    """
    if not heard:
        return [(VIDEO, grids * tokens)]
    turns = Counter(int(grid * seconds * TOKENS_PER_SECOND) // TURN for grid in range(grids))
    placed: list[str] = []
    left = heard
    for turn in range(max(turns) + 1):
        placed += [VIDEO] * (turns[turn] * tokens) + [AUDIO] * min(TURN, left)
        left -= min(TURN, left)
    placed += [AUDIO] * left
    return [(token, sum(1 for _ in same)) for token, same in groupby(placed)]


def _check_profile(name: str, media: Media, profile: MediaProfile) -> None:
    if profile.sample_rate != SAMPLE_RATE:
        raise FatalModelError(
            f"{name} hears sound at {SAMPLE_RATE} Hz, but the profile {profile.name!r} gives "
            f"{profile.sample_rate} Hz; take another profile"
        )
    if any(length % SIDE for length in media.frames.shape[1:3]):
        raise FatalModelError(
            f"{name} sees frames whose sides are multiples of {SIDE}, but the profile "
            f"{profile.name!r} has the factor {profile.factor}; take another profile"
        )
