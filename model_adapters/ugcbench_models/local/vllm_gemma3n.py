"""How is Gemma 3n given a clip on vLLM? All frames as pictures, then the sound in several items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transformers
from PIL import Image

from ugcbench.errors import FatalModelError
from ugcbench.media import Media
from ugcbench.types import MediaProfile
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.gemma3n_clips import count_tokens_per_second, split_sound
from ugcbench_models.local.vllm_clips import ClipInput, Family

PICTURE, SOUND = {"type": "image"}, {"type": "audio"}
LIMITS = {"image": 128, "audio": 64}


def make_family(folder: Path, source: Source, config: Mapping[str, Any]) -> Family:
    """The family of the checkpoint in `folder`."""
    processor = transformers.AutoProcessor.from_pretrained(folder)
    model = transformers.AutoConfig.from_pretrained(folder)
    tokenizer = processor.tokenizer
    tokenizer.chat_template = processor.chat_template or tokenizer.chat_template
    rate = int(processor.feature_extractor.sampling_rate)
    per_second = count_tokens_per_second(processor, model.audio_config)
    clips = Gemma3nClips(
        name=source.name,
        picture=(processor.image_token, int(processor.image_seq_length)),
        sound=(processor.audio_token, int(processor.audio_seq_length)),
        rate=rate,
        longest=int(processor.audio_seq_length / per_second) * rate,
    )
    return Family(
        name=source.name,
        tokenizer=tokenizer,
        encode=clips.encode,
        limits=LIMITS,
        places=(processor.image_token, processor.audio_token),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gemma3nClips:
    """Encodes clips for one checkpoint.

    `picture` and `sound` are the placeholder tokens of an item and how many of them it becomes;
    `rate` is the sound's in Hz, `longest` the most samples of an item of sound.
    """

    name: str
    picture: tuple[str, int]
    sound: tuple[str, int]
    rate: int
    longest: int

    def encode(self, media: Media, profile: MediaProfile) -> ClipInput:
        """The clip; raises `FatalModelError` for a profile that the model can't take."""
        if profile.sample_rate != self.rate:
            raise FatalModelError(
                f"{self.name} hears sound at {self.rate} Hz, but the profile {profile.name!r} "
                f"gives {profile.sample_rate} Hz; take another profile"
            )
        frames = [Image.fromarray(frame) for frame in media.frames]
        sounds = [] if media.audio is None else split_sound(media.audio, self.longest)
        data: dict[str, Sequence[Any]] = {"image": frames}
        counts = f"{len(frames) * self.picture[1]} picture tokens"
        if sounds:
            data["audio"] = [(sound, self.rate) for sound in sounds]
            heard, seconds = len(sounds) * self.sound[1], len(sounds[0]) / self.rate
            counts += f", {heard} audio tokens for {len(sounds)} x {seconds:.1f} s"
        return ClipInput(
            parts=[PICTURE] * len(frames) + [SOUND] * len(sounds),
            data=data,
            layout=[self.picture] * len(frames) + [self.sound] * len(sounds),
            counts=counts,
        )
