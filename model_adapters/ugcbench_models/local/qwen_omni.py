"""How does Qwen2.5-Omni, or a model tuned from it, answer on transformers?

Only the part that writes text is loaded: the talker and its voices stay on the disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torchvision  # noqa: F401 - the processor says only in riddles that it needs it
import transformers

from ugcbench.media import Media
from ugcbench.types import MediaProfile, Prompt
from ugcbench_models.local.batching import Abandoned
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.checkpoints import load
from ugcbench_models.local.decoding import Row, pad_left
from ugcbench_models.local.generation import Generator
from ugcbench_models.local.qwen_omni_clips import ClipProcessor, OmniClip
from ugcbench_models.local.qwen_omni_prompts import (
    ENDS,
    KINDS,
    MODEL_CLASS,
    PROCESSOR_CLASS,
    PromptEncoder,
    join_clips,
)
from ugcbench_models.local.replies import Reply


@dataclass(frozen=True, slots=True, eq=False)
class OmniRequest:
    """A prompt's tokens, the clip that their placeholders stand for, and how to decode."""

    tokens: Sequence[int]
    clip: OmniClip | None
    row: Row

    @property
    def prompt_tokens(self) -> int:
        """The tokens of the prompt, those of the clip included."""
        return len(self.tokens)

    @property
    def length(self) -> int:
        """The most tokens that prompt and reply take together."""
        return len(self.tokens) + self.row.limit

    @property
    def kind(self) -> str:
        """Whether the model is told of a clip with sound is one switch for a whole batch."""
        if self.clip is None:
            return "text"
        return "frames and sound" if self.clip.sounding else "frames"

    @property
    def sent(self) -> str:
        """What of the clip the model gets."""
        if self.clip is None:
            return ""
        return f"{self.clip.counts}; {MODEL_CLASS} of transformers {transformers.__version__}"


class QwenOmniEngine(Generator):
    """A loaded checkpoint; see `ugcbench_models.local.clip_chat.ClipEngine`.

    Raises `FatalModelError` if the checkpoint can't be loaded.
    """

    def __init__(self, source: Source, template_options: Mapping[str, Any]) -> None:
        loaded, processor = load(source, MODEL_CLASS, PROCESSOR_CLASS, KINDS)
        loaded.model.get_output_embeddings().register_forward_pre_hook(_keep_last)
        ends = loaded.tokenizer.convert_tokens_to_ids(list(ENDS))
        loaded.stops = tuple(dict.fromkeys((*loaded.stops, *ends)))
        super().__init__(loaded, source.name)
        self._clips = ClipProcessor(processor, source.name, loaded.model.dtype)
        self._prompts = PromptEncoder(
            loaded.tokenizer, source.name, template_options, self._clips.place
        )

    def encode(self, media: Media, profile: MediaProfile) -> OmniClip:
        """The clip as inputs of the model."""
        return self._clips.encode(media, profile)

    def prepare(self, prompt: Prompt, clip: OmniClip | None) -> OmniRequest:
        """The request of a prompt; raises `RequestRejectedError`, as for one that is too long."""
        tokens = self._prompts.encode(prompt, clip)
        row = self._plan(
            prompt,
            len(tokens),
            what=f"the prompt has {len(tokens)} tokens",
            advice="use a profile with fewer or smaller frames",
        )
        return OmniRequest(tokens, clip, row)

    def answer(self, requests: Sequence[OmniRequest], abandoned: Abandoned) -> list[Reply]:
        """The replies to a batch of one kind; raises `OutOfMemoryError`."""
        inputs = collate(requests, self._loaded.pad)
        return self._reply(inputs, [request.row for request in requests], abandoned)


def collate(requests: Sequence[OmniRequest], pad: int) -> dict[str, Any]:
    """The model's inputs for a batch of one kind.

    Prompts are padded on the left.
    """
    inputs: dict[str, Any] = dict(pad_left([request.tokens for request in requests], pad))
    inputs |= join_clips([request.clip for request in requests if request.clip is not None])
    return inputs


def _keep_last(head: torch.nn.Module, args: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    """Let the head score the last token of each row only.

    That is all that decoding uses. The scores of all tokens of a batch of clips, over a vocabulary
    of 152,000, take more memory than the weights.
    """
    return (args[0][:, -1:],)
