"""How does a clip become what Gemma 3n takes: pictures, sounds and their placeholders?

The model knows no video. It gets all frames in the order of time, then all sound, then the prompt's
text: clips of any length in one order, the text last, as the model's own chats have it. Each frame
is squeezed into the square of the model's processor, whatever size the media profile gives it. A
sound may take half a minute; the processor would cut a longer one off without a word, so it is
given in several items.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import timm  # noqa: F401 - the picture encoder; where it is absent, this tells its name
import torch
import transformers

from ugcbench.errors import FatalModelError

if TYPE_CHECKING:
    import numpy.typing as npt

    from ugcbench.media import Media
    from ugcbench.types import MediaProfile

    Signal = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Gemma3nClip:
    """A clip as the model takes it.

    `inputs` are tensors whose first dimension counts pictures or sounds: `pixel_values` [pictures,
    3, side, side]; and if there is sound `input_features` [sounds, mel frames, bands] and
    `input_features_mask` [sounds, mel frames], False for the silence that fills a sound up.
    `counts` tells the media's tokens in words.
    """

    inputs: Mapping[str, torch.Tensor]
    counts: str

    @property
    def pictures(self) -> int:
        """The number of frames."""
        return len(self.inputs["pixel_values"])

    @property
    def sounds(self) -> int:
        """The number of items of sound."""
        return len(self.inputs.get("input_features", ()))

    @property
    def parts(self) -> list[dict[str, str]]:
        """What a chat template writes a placeholder for, in order."""
        return [{"type": "image"}] * self.pictures + [{"type": "audio"}] * self.sounds


def join_clips(clips: Sequence[Gemma3nClip]) -> dict[str, torch.Tensor]:
    """The inputs of several clips: all pictures and all sounds in the order of the clips."""
    names = dict.fromkeys(name for clip in clips for name in clip.inputs)
    return {
        name: torch.cat([clip.inputs[name] for clip in clips if name in clip.inputs])
        for name in names
    }


class ClipProcessor:
    """A checkpoint's processor (`Gemma3nProcessor`); usable from several threads.

    Inputs of floating point come in `dtype`. Raises `FatalModelError` if processor and model
    (`Gemma3nConfig`) don't belong together.
    """

    def __init__(self, processor: Any, config: Any, name: str, dtype: torch.dtype) -> None:  # noqa: ANN401
        self._processor = processor
        self._name = name
        self._dtype = dtype
        a_second = count_tokens_per_second(processor, config.audio_config)
        seconds = int(processor.audio_seq_length / a_second)
        self._longest = seconds * int(processor.feature_extractor.sampling_rate)
        self._compare(config.vision_soft_tokens_per_image, processor.image_seq_length, "picture")
        self._compare(config.audio_soft_tokens_per_image, processor.audio_seq_length, "sound")

    def encode(self, media: Media, profile: MediaProfile) -> Gemma3nClip:
        """The clip for the model; raises `FatalModelError` if it would get something else."""
        inputs = self._see(media)
        height, width = inputs["pixel_values"].shape[-2:]
        seen = len(media.frames) * self._processor.image_seq_length
        counts = f"{seen} picture tokens of frames that its processor resized to {width}x{height}"
        if media.audio is not None:
            items = split_sound(media.audio, self._longest)
            inputs |= self._hear(items, profile)
            heard = len(items) * self._processor.audio_seq_length
            seconds = len(items[0]) / profile.sample_rate
            counts += f", {heard} audio tokens of {len(items)} x {seconds:.1f} s"
        return Gemma3nClip(inputs, counts)

    def expand(self, text: str) -> str:
        """A chat with each placeholder repeated as often as the model gives vectors for it."""
        processor = self._processor
        text = text.replace(processor.image_token, processor.full_image_sequence)
        return text.replace(processor.audio_token, processor.full_audio_sequence)

    def check(self, tokens: Sequence[int], clip: Gemma3nClip | None) -> None:
        """Raise `FatalModelError` unless a chat has room for the clip and for nothing else."""
        processor = self._processor
        pictures, sounds = (0, 0) if clip is None else (clip.pictures, clip.sounds)
        expected = pictures * processor.image_seq_length, sounds * processor.audio_seq_length
        found = tokens.count(processor.image_token_id), tokens.count(processor.audio_token_id)
        if found != expected:
            raise FatalModelError(
                f"the chat template of {self._name} has room for {found[0]} picture and {found[1]} "
                f"audio tokens where the clip has {expected[0]} and {expected[1]}; copy the "
                "checkpoint's chat_template.jinja anew"
            )

    def _see(self, media: Media) -> dict[str, torch.Tensor]:
        frames = torch.tensor(media.frames).permute(0, 3, 1, 2)
        made = self._processor.image_processor(
            list(frames), input_data_format="channels_first", return_tensors="pt"
        )
        pixels = made["pixel_values"]
        if len(pixels) != len(frames):
            self._refuse(f"{len(pixels)} pictures of {len(frames)} frames")
        return {"pixel_values": pixels.to(self._dtype)}

    def _hear(self, items: Sequence[Signal], profile: MediaProfile) -> dict[str, torch.Tensor]:
        extractor = self._processor.feature_extractor
        if profile.sample_rate != extractor.sampling_rate:
            raise FatalModelError(
                f"{self._name} hears sound at {extractor.sampling_rate} Hz, but the profile "
                f"{profile.name!r} gives {profile.sample_rate} Hz; take another profile"
            )
        # Filled up to one length always, since the encoder's convolutions look beyond the end of a
        # sound before its mask is applied: its tokens must not depend on the rest of the batch.
        made = extractor(
            items,
            padding="max_length",
            max_length=self._longest,
            truncation=False,
            return_tensors="pt",
        )
        features, mask = made["input_features"], made["input_features_mask"]
        for item, heard in zip(items, mask.sum(dim=1).tolist(), strict=True):
            self._check_end(len(item), heard * extractor.hop_length + extractor.frame_length)
        return {"input_features": features.to(self._dtype), "input_features_mask": mask}

    def _check_end(self, samples: int, heard: int) -> None:
        """The last window of a spectrogram may lack a few samples at the end, but no more."""
        extractor = self._processor.feature_extractor
        if heard + extractor.hop_length < samples:
            rate = extractor.sampling_rate
            self._refuse(f"{heard / rate:.1f} s of {samples / rate:.1f} s of sound")

    def _compare(self, read: int, written: int, what: str) -> None:
        if written != read:
            raise FatalModelError(
                f"the processor of {self._name} writes {written} tokens for a {what}, but the "
                f"model reads {read}; processor_config.json or config.json is another model's"
            )

    def _refuse(self, made: str) -> NoReturn:
        raise FatalModelError(
            f"the processor of {self._name} made {made}: transformers {transformers.__version__} "
            "works in another way than this adapter knows; try transformers 5.19"
        )


def count_tokens_per_second(processor: Any, audio_config: Any) -> float:  # noqa: ANN401
    """Of sound: how many mel frames there are in a second, and how many the encoder merges."""
    extractor = processor.feature_extractor
    merged = math.prod(time for time, _ in audio_config.sscp_conv_stride_size)
    merged *= audio_config.conf_reduction_factor
    return float(extractor.sampling_rate / extractor.hop_length / merged)


def split_sound(signal: Signal, longest: int) -> list[Signal]:
    """The fewest items of at most `longest` samples, as long as each other but for one sample.

    A rest of a few words or notes, which stands for nothing, is so avoided.
    """
    return np.array_split(signal, math.ceil(len(signal) / longest))
