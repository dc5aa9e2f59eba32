"""How do prompts about clips become a batch of Qwen2.5-Omni's tokens and tensors?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional

from ugcbench.errors import FatalModelError
from ugcbench.types import Prompt
from ugcbench_models.local.chats import ChatEncoder
from ugcbench_models.local.qwen_omni_clips import OmniClip

MODEL_CLASS = "Qwen2_5OmniThinkerForConditionalGeneration"
PROCESSOR_CLASS = "Qwen2_5OmniProcessor"
KINDS = ("Qwen2.5-Omni", "qwen2_5_omni", "qwen2_5_omni_thinker")
ENDS = ("<|im_end|>", "<|endoftext|>")
"""Tokens that end a reply; a checkpoint's own configuration may name one of them only."""

VIDEO = {"type": "video"}
"""A part of a message, as the chat template knows it."""

SOUND = ("input_features", "feature_attention_mask")
"""Inputs that end in a dimension of time."""


class PromptEncoder:
    """Writes prompts by a tokenizer's chat template; usable from several threads.

    `place` are the tokens that the template writes where the clip is to be. Raises
    `FatalModelError` as `ChatEncoder` does.
    """

    def __init__(
        self,
        tokenizer: Any,  # noqa: ANN401
        name: str,
        template_options: Mapping[str, Any],
        place: Sequence[int],
    ) -> None:
        self._chats = ChatEncoder(tokenizer, name, template_options)
        self._name = name
        self._place = list(place)

    def encode(self, prompt: Prompt, clip: OmniClip | None) -> list[int]:
        """The prompt's tokens, with the clip's in their place; raises `RequestRejectedError`."""
        if clip is None:
            return self._chats.encode(prompt)
        tokens, place = self._chats.encode(prompt, [VIDEO]), self._place
        starts = range(len(tokens) - len(place) + 1)
        start = next((at for at in starts if tokens[at : at + len(place)] == place), None)
        if start is None:
            raise FatalModelError(
                f"the chat template of {self._name} has no place for a video; copy the one that "
                "Qwen2.5-Omni comes with into its folder"
            )
        return [*tokens[:start], *clip.tokens, *tokens[start + len(place) :]]


def join_clips(clips: Sequence[OmniClip]) -> dict[str, Any]:
    """The inputs of the clips of a batch, in their order; some may be silent.

    Spectrograms are padded on the right; patches and grids follow each other.
    """
    inputs: dict[str, Any] = {}
    for name in dict.fromkeys(name for clip in clips for name in clip.inputs):
        parts = [clip.inputs[name] for clip in clips if name in clip.inputs]
        inputs[name] = torch.cat(_pad_right(parts) if name in SOUND else parts)
    if clips:
        inputs["use_audio_in_video"] = SOUND[0] in inputs
    return inputs


def _pad_right(parts: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    longest = max(part.shape[-1] for part in parts)
    return [functional.pad(part, (0, longest - part.shape[-1])) for part in parts]
