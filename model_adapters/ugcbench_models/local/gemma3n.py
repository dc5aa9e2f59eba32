"""How does Gemma 3n answer on transformers?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import transformers

from ugcbench.types import MediaProfile, Prompt
from ugcbench_models.local.batching import Abandoned
from ugcbench_models.local.chats import ChatEncoder
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.checkpoints import load
from ugcbench_models.local.decoding import Row, pad_left
from ugcbench_models.local.gemma3n_clips import ClipProcessor, Gemma3nClip, join_clips
from ugcbench_models.local.generation import Generator
from ugcbench_models.local.replies import Reply

if TYPE_CHECKING:
    from ugcbench.media import Media

MODEL_CLASS = "Gemma3nForConditionalGeneration"
KINDS = ("Gemma 3n", "gemma3n")


@dataclass(frozen=True, slots=True, eq=False)
class Gemma3nRequest:
    """A prompt's tokens, the clip that their placeholders stand for, and how to decode."""

    tokens: Sequence[int]
    clip: Gemma3nClip | None
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
    def kind(self) -> None:
        """One for all: every picture and sound has its own place, so clips of any sort mix."""

    @property
    def sent(self) -> str:
        """What of the clip the model gets."""
        if self.clip is None:
            return ""
        return f"{self.clip.counts}; {MODEL_CLASS} of transformers {transformers.__version__}"


class Gemma3nEngine(Generator):
    """A loaded checkpoint; see `ugcbench_models.local.clip_chat.ClipEngine`.

    Raises `FatalModelError` if the checkpoint can't be loaded.
    """

    def __init__(self, source: Source, template_options: Mapping[str, Any]) -> None:
        loaded, processor = load(source, MODEL_CLASS, "Gemma3nProcessor", KINDS)
        super().__init__(loaded, source.name)
        self._clips = ClipProcessor(processor, loaded.model.config, source.name, loaded.model.dtype)
        self._chats = ChatEncoder(loaded.tokenizer, source.name, template_options)

    def encode(self, media: Media, profile: MediaProfile) -> Gemma3nClip:
        """The clip as inputs of the model."""
        return self._clips.encode(media, profile)

    def prepare(self, prompt: Prompt, clip: Gemma3nClip | None) -> Gemma3nRequest:
        """The request of a prompt; raises `RequestRejectedError`, as for one that is too long."""
        parts = [] if clip is None else clip.parts
        tokens = self._chats.encode(prompt, parts, self._clips.expand)
        self._clips.check(tokens, clip)
        of_these = "" if clip is None else f", of which {clip.counts}"
        row = self._plan(
            prompt,
            len(tokens),
            what=f"clip and prompt have {len(tokens)} tokens{of_these}",
            advice="use a profile with fewer frames",
        )
        return Gemma3nRequest(tokens, clip, row)

    def answer(self, requests: Sequence[Gemma3nRequest], abandoned: Abandoned) -> list[Reply]:
        """The replies to a batch; raises `OutOfMemoryError`."""
        inputs = {
            **pad_left([request.tokens for request in requests], self._loaded.pad),
            **join_clips([request.clip for request in requests if request.clip is not None]),
        }
        return self._reply(inputs, [request.row for request in requests], abandoned)
