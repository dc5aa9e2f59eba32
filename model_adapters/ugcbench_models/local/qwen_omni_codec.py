"""How is Qwen2.5-Omni trained through exactly what the evaluation gives it?

Only the part that writes text is trained. It is loaded from a full checkpoint or from one of that
part alone, and saved in the layout of the published checkpoints, without the part that speaks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torchvision  # noqa: F401 - the processor says only in riddles that it needs it
import transformers

from ugcbench.codecs import Example, Part
from ugcbench.media import Media
from ugcbench.types import MediaProfile, Prompt
from ugcbench_models.local.chats import ChatEncoder
from ugcbench_models.local.checkpoint_files import Source, check_kind, find_checkpoint
from ugcbench_models.local.checkpoints import explained, load_processor, load_weights, quiet
from ugcbench_models.local.qwen_omni_clips import ClipProcessor, OmniClip
from ugcbench_models.local.qwen_omni_prompts import (
    ENDS,
    KINDS,
    MODEL_CLASS,
    PROCESSOR_CLASS,
    PromptEncoder,
    join_clips,
)

FULL_MODEL_CLASS = "Qwen2_5OmniForConditionalGeneration"
BESIDE_MEDIA = ("<|vision_bos|>", "<|vision_eos|>", "<|vision_pad|>", "<|audio_bos|>")
"""With the placeholders themselves and `<|audio_eos|>`, the tokens that a reply must not hold: the
model looks for as many clips as it finds of them."""

IN_PUBLISHED = {
    "model.language_model.": "thinker.model.",
    "model.audio_tower.": "thinker.audio_tower.",
    "model.visual.": "thinker.visual.",
    "lm_head.": "thinker.lm_head.",
}
"""Beginnings of parameters' names in transformers, and in the published checkpoints."""

INPUTS: Mapping[Part, str] = {"pictures": "pixel_values_videos", "sound": "input_features"}


class QwenOmniCodec:
    """See `ugcbench.codecs.Codec`; opened as `ugcbench.codecs.OpenCodec` says."""

    parts: Mapping[str, str] = {
        "vision": "model.visual",
        "audio": "model.audio_tower",
        "language": "model.language_model",
    }

    def __init__(self, *, model: str, path: str | None = None, revision: str | None = None) -> None:
        self.name = path or model
        self._source = Source(name=self.name, revision=None if path else revision, device="cpu")
        self._folder = find_checkpoint(self._source)
        check_kind(self._source, self._folder, *KINDS)
        self.processor = load_processor(self._source, self._folder, PROCESSOR_CLASS)
        self._tokenizer = self.processor.tokenizer
        token = self._tokenizer.convert_tokens_to_ids
        self.stops: tuple[int, ...] = tuple(token(list(ENDS)))
        self.pad: int = self._tokenizer.pad_token_id
        places = ("image_token", "video_token", "audio_token", "audio_eos_token")
        names = [*(getattr(self.processor, place) for place in places), *BESIDE_MEDIA]
        self.media_tokens: tuple[int, ...] = tuple(token(names))
        # What is trained is in single precision; what is looked up is cast by the model itself.
        self._clips = ClipProcessor(self.processor, self.name, torch.float32)
        self._prompts = PromptEncoder(self._tokenizer, self.name, {}, self._clips.place)
        self._chats = ChatEncoder(self._tokenizer, self.name, {})

    @property
    def dtype(self) -> str:
        """The type of the checkpoint's weights."""
        config = self._read_config()
        inner = getattr(config, "thinker_config", config)
        return str(inner.dtype or config.dtype or torch.float32).removeprefix("torch.")

    def load(self, dtype: str = "auto", folder: Path | None = None) -> Any:  # noqa: ANN401
        """The part that writes text; see `ugcbench.codecs.Codec.load`."""
        source = dataclasses.replace(
            self._source,
            name=self.name if folder is None else str(folder),
            dtype=self.dtype if dtype == "auto" else dtype,
        )
        model = load_weights(source, find_checkpoint(source), MODEL_CLASS, torch.device("cpu"))
        model.generation_config = transformers.GenerationConfig(
            eos_token_id=list(self.stops), pad_token_id=self.pad
        )
        _let_silent_clips_share_batches(model)
        return model

    def encode(self, prompt: Prompt, media: Media | None) -> Example:
        """The prompt and its clip; see `ugcbench.codecs.Codec.encode`."""
        clip = None
        if media is not None:
            clip = self._clips.encode(media, prompt.profile or MediaProfile())
        tokens = self._prompts.encode(prompt, clip)
        places = [self.processor.video_token, self.processor.audio_token]
        seen, heard = map(tokens.count, self._tokenizer.convert_tokens_to_ids(places))
        return Example(tokens, {} if clip is None else clip.inputs, seen, heard)

    def encode_reply(self, text: str) -> list[int]:
        """The tokens of `text` and the end of the turn."""
        made = self._tokenizer(self._chats.disarm(text), add_special_tokens=False, verbose=False)
        return [*made["input_ids"], self.stops[0]]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of a reply as the evaluation decodes it."""
        text: str = self._tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def join(self, examples: Sequence[Example]) -> Mapping[str, Any]:
        """The clips' inputs of a batch."""
        return join_clips([OmniClip((), example.inputs, "") for example in examples])

    def without(self, example: Example, part: Part) -> Example:
        """The same tokens with blank pictures or with silence, as the model's inputs have them."""
        name = INPUTS[part]
        if name not in example.inputs:
            return example
        blank = torch.zeros_like(example.inputs[name])
        return dataclasses.replace(example, inputs={**example.inputs, name: blank})

    def save(
        self,
        model: Any,  # noqa: ANN401
        folder: Path,
        weights: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a directory that the evaluation loads; see `ugcbench.codecs.Codec.save`."""
        with quiet():
            model.save_pretrained(folder, state_dict=weights)
            self.processor.save_pretrained(folder)
            config = self._read_config()
            if not hasattr(config, "thinker_config"):
                config = transformers.Qwen2_5OmniConfig(thinker_config=config.to_dict())
            config.enable_audio_output = False
            config.architectures = [FULL_MODEL_CLASS]
            config.dtype = config.thinker_config.dtype = model.dtype
            config.save_pretrained(folder)

    def make_vllm_prompt(self, prompt: Prompt, media: Media) -> Mapping[str, Any]:
        """The prompt before vLLM puts the clip's placeholders in, and the clip."""
        from ugcbench_models.local import vllm_qwen_omni
        from ugcbench_models.local.vllm_clips import name_items

        profile = prompt.profile or MediaProfile()
        clip = vllm_qwen_omni.encode(self.name, media, profile)
        return {
            "prompt_token_ids": self._chats.encode(prompt, clip.parts, clip.expand),
            "multi_modal_data": dict(clip.data),
            "mm_processor_kwargs": dict(clip.options),
            "multi_modal_uuids": name_items(clip, media.receipt.sha256, profile),
        }

    def name_for_vllm(self, parameter: str) -> str:
        """The parameter's name in the published checkpoints, which vLLM loads."""
        for ours, theirs in IN_PUBLISHED.items():
            if parameter.startswith(ours):
                return theirs + parameter.removeprefix(ours)
        return parameter

    def _read_config(self) -> Any:  # noqa: ANN401
        with explained(self._source, self._folder), quiet():
            return transformers.AutoConfig.from_pretrained(self._folder)


def _let_silent_clips_share_batches(model: Any) -> None:  # noqa: ANN401
    """Compute the positions of clips with sound apart from those of clips without.

    transformers (5.23) takes one switch for a whole batch: a silent clip in a batch with sound
    would be placed like text, and the clips behind it by the frames of the one before.
    """
    sound = model.config.audio_start_token_id
    for module in (model, model.model):
        module.get_rope_index = partial(_find_positions, module.get_rope_index, sound)


def _find_positions(
    find: Callable[..., tuple[torch.Tensor, torch.Tensor]],
    sound: int,
    input_ids: torch.Tensor,
    image_grid_thw: torch.Tensor | None = None,
    video_grid_thw: torch.Tensor | None = None,
    attention_mask: torch.Tensor | None = None,
    use_audio_in_video: bool = False,
    audio_seqlens: torch.Tensor | None = None,
    second_per_grids: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions [3, rows, tokens] and their excess over the tokens [rows, 1], a clip a row."""
    sounding = (input_ids == sound).any(1)
    if not use_audio_in_video or bool(sounding.all()):
        return find(
            input_ids,
            image_grid_thw,
            video_grid_thw,
            attention_mask,
            bool(use_audio_in_video),
            audio_seqlens,
            second_per_grids,
        )
    assert video_grid_thw is not None
    assert attention_mask is not None
    assert second_per_grids is not None
    positions = input_ids.new_empty((3, *input_ids.shape))
    excess = input_ids.new_empty((len(input_ids), 1))
    for kind in (True, False):
        rows = sounding == kind
        positions[:, rows], excess[rows] = find(
            input_ids[rows],
            None,
            video_grid_thw[rows],
            attention_mask[rows],
            kind,
            audio_seqlens if kind else None,
            second_per_grids[rows],
        )
    return positions, excess
