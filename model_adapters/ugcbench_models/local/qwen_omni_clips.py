"""How does a clip become what Qwen2.5-Omni takes: patches, a spectrogram and their placeholders?

transformers' processor lays picture and sound out in turns of two seconds. It is given our frames
and sound as they are, one clip at a time, and what it made is compared with what the clip must
give, since its traps are silent: it resizes, applies one frame rate to all clips of a call, cuts
long sound, and leaves sound out if the switch for it has another name in this version.
"""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
import transformers
from transformers import processing_utils

from ugcbench.errors import FatalModelError
from ugcbench.media import Media
from ugcbench.types import MediaProfile

FRAMES_PER_GRID = 2
"""Frames that share their tokens."""

TOKENS_PER_SECOND = 25
"""Of sound, and of time in the model's positions. Source: Qwen2.5-Omni technical report, 2.2."""

TICKS = 1024
"""Times are rounded to this part of a second. The processor computes them in double precision and
the model in single; these are exact in both, for clips of up to ten minutes, so that a frame on the
border of two turns falls into the same one for both."""


def seconds_per_grid(frames: int, duration: float) -> float:
    """How long each two of `frames` frames of a clip of `duration` seconds stand for.

    The clip is shared out equally, as Qwen's own loader does. The reader takes frame k of n from
    the k-th of n equal parts of a clip, so every frame is on the screen within the time that its
    grid stands for, and beside the sound of that time.
    """
    return max(round(FRAMES_PER_GRID * duration / frames * TICKS), 1) / TICKS


def frame_rate(grid: float) -> float:
    """The frames a second that make the processor count `grid` seconds per grid.

    It divides by it again: a hair less, and no time comes out before its turn.
    """
    return math.nextafter(FRAMES_PER_GRID / grid, 0)


@dataclass(frozen=True, slots=True, eq=False)
class OmniClip:
    """A clip as the model takes it.

    `tokens` are its placeholders and those that enclose them. `inputs` are tensors whose first
    dimension counts patches or clips: the sound's features [1, mel, time] and their mask [1, time]
    are there only if it has sound. `counts` tells the media's tokens in words.
    """

    tokens: Sequence[int]
    inputs: Mapping[str, torch.Tensor]
    counts: str

    @property
    def sounding(self) -> bool:
        """Whether the model hears something."""
        return "input_features" in self.inputs


class ClipProcessor:
    """A checkpoint's processor (`Qwen2_5OmniProcessor`); usable from several threads.

    Inputs of floating point come in `dtype`.
    """

    def __init__(self, processor: Any, name: str, dtype: torch.dtype) -> None:  # noqa: ANN401
        self._processor = copy.copy(processor)
        # Its native part is not for several threads, and the prompts use the other one.
        self._tokenizer = self._processor.tokenizer = copy.deepcopy(processor.tokenizer)
        self._name = name
        self._dtype = dtype
        self._lock = threading.Lock()
        # Since transformers 5.23 the switch for the sound has another name.
        renewed = getattr(processing_utils, "OmniModalProcessorMixin", None)
        self._renamed = renewed is not None and isinstance(processor, renewed)
        self._place = f"{processor.vision_bos_token}{processor.video_token}"
        self._place += processor.vision_eos_token
        self.place: Sequence[int] = self._tokenizer(self._place)["input_ids"]
        """The tokens that a chat template writes where the clip is to be."""

    def encode(self, media: Media, profile: MediaProfile) -> OmniClip:
        """The clip for the model; raises `FatalModelError` if it would get something else."""
        self._check_profile(media, profile)
        sound = media.audio
        if sound is not None and len(sound) * TOKENS_PER_SECOND < profile.sample_rate:
            sound = None  # it is too short to give a token
        grid = seconds_per_grid(len(media.frames), media.receipt.duration)
        with self._lock:
            made = self._process(media.frames, sound, grid)
        made = {name: torch.from_numpy(value) for name, value in made.items()}
        inputs = {
            "pixel_values_videos": made["pixel_values_videos"].to(self._dtype),
            "video_grid_thw": made["video_grid_thw"],
            "video_second_per_grid": made["video_second_per_grid"].float(),
        }
        if sound is not None:
            heard = made["feature_attention_mask"]
            length = int(heard.sum())
            inputs["input_features"] = made["input_features"][..., :length].to(self._dtype)
            inputs["feature_attention_mask"] = heard[:, :length]
        clip = OmniClip(made["input_ids"][0].tolist(), inputs, self._count(made["input_ids"][0]))
        seconds = 0.0 if sound is None else len(sound) / profile.sample_rate
        self._check(clip, media, seconds, grid)
        return clip

    def _process(self, frames: Any, sound: Any, grid: float) -> Any:  # noqa: ANN401
        """What the processor makes of a clip."""
        asked: dict[str, Any] = {
            "text": [self._place],
            "videos": [torch.tensor(frames).permute(0, 3, 1, 2)],
            "fps": frame_rate(grid),
            "do_sample_frames": False,
            "do_resize": False,
            "cap_pixels_per_frame": False,
            "return_tensors": "np",
        }
        if sound is not None:
            # The length keeps it from being cut, or padded to minutes. Behind the sound stands the
            # silence that the last window of the spectrogram looks into.
            length = len(sound) + self._processor.feature_extractor.n_fft
            asked |= {"audio": [sound], "audio_kwargs": {"max_length": length}}
            if self._renamed:
                asked |= {"load_audio_from_video": True, "audio_from_video_indices": [0]}
            else:
                asked |= {"use_audio_in_video": True}
        return self._processor(**asked)

    def _count(self, tokens: torch.Tensor) -> str:
        seen, heard = (int((tokens == token).sum()) for token in self._media_tokens)
        return f"{seen} video tokens, {heard} audio tokens"

    @property
    def _media_tokens(self) -> Sequence[int]:
        names = [self._processor.video_token, self._processor.audio_token]
        found: Sequence[int] = self._tokenizer.convert_tokens_to_ids(names)
        return found

    def _check_profile(self, media: Media, profile: MediaProfile) -> None:
        extractor = self._processor.feature_extractor
        if profile.sample_rate != extractor.sampling_rate:
            raise FatalModelError(
                f"{self._name} hears sound at {extractor.sampling_rate} Hz, but the profile "
                f"{profile.name!r} gives {profile.sample_rate} Hz; take another profile"
            )
        side = self._side
        if any(length % side for length in media.frames.shape[1:3]):
            raise FatalModelError(
                f"{self._name} sees frames whose sides are multiples of {side}, but the profile "
                f"{profile.name!r} has the factor {profile.factor}; take another profile"
            )

    @property
    def _side(self) -> int:
        """Pixels of the side of the square that becomes one token."""
        processor = self._processor.video_processor
        return int(processor.patch_size * processor.merge_size)

    def _check(self, clip: OmniClip, media: Media, seconds: float, grid: float) -> None:
        """Compare what was made of a clip with what it must give."""
        count, height, width, _ = media.frames.shape
        picture, sound = self._media_tokens
        grids = math.ceil(count / FRAMES_PER_GRID)
        expected = grids * (height // self._side) * (width // self._side)
        if (seen := clip.tokens.count(picture)) != expected:
            self._refuse(f"{seen} tokens of {count} frames instead of {expected}")
        if abs((heard := clip.tokens.count(sound)) - seconds * TOKENS_PER_SECOND) > 1:
            self._refuse(f"{heard} tokens of {seconds:.2f} s of sound instead of 25 a second")
        if (said := float(clip.inputs["video_second_per_grid"][0])) != grid:
            self._refuse(f"a time grid of {said:g} s instead of {grid:g} s")

    def _refuse(self, made: str) -> NoReturn:
        raise FatalModelError(
            f"the processor of {self._name} made {made}: transformers {transformers.__version__} "
            "lays clips out in another way than this adapter knows; try transformers 5.19"
        )
