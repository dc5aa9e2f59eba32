"""How does Gemma 3n answer on transformers?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import transformers

from ugcbench.errors import ModelError, RequestRejectedError
from ugcbench.types import MediaProfile, Prompt
from ugcbench_models.local.batching import Abandoned
from ugcbench_models.local.chats import ChatEncoder
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.checkpoints import Checkpoint, load
from ugcbench_models.local.clip_chat import ClipReply
from ugcbench_models.local.decoding import Row, decode, pad_left, release_memory
from ugcbench_models.local.gemma3n_clips import ClipProcessor, Gemma3nClip, join_clips
from ugcbench_models.local.grammars import Grammars

if TYPE_CHECKING:
    from ugcbench.media import Media

MODEL_CLASS = "Gemma3nForConditionalGeneration"


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


class Gemma3nEngine:
    """A loaded checkpoint; see `ugcbench_models.local.clip_chat.ClipEngine`.

    Raises `FatalModelError` if the checkpoint can't be loaded.
    """

    def __init__(self, source: Source, template_options: Mapping[str, Any]) -> None:
        self._name = source.name
        loaded, processor = load(source, MODEL_CLASS, "Gemma3nProcessor")
        self._clips = ClipProcessor(processor, loaded.model.config, source.name, loaded.model.dtype)
        self._checkpoint: Checkpoint | None = loaded
        self._chats = ChatEncoder(loaded.tokenizer, source.name, template_options)
        self._grammars = Grammars(loaded)

    def encode(self, media: Media, profile: MediaProfile) -> Gemma3nClip:
        """The clip as inputs of the model."""
        return self._clips.encode(media, profile)

    def prepare(self, prompt: Prompt, clip: Gemma3nClip | None) -> Gemma3nRequest:
        """The request of a prompt; raises `RequestRejectedError`, as for one that is too long."""
        parts = [] if clip is None else clip.parts
        tokens = self._chats.encode(prompt, parts, self._clips.expand)
        self._clips.check(tokens, clip)
        limit, context = prompt.sampling.max_tokens, self._loaded.context
        if context is not None and len(tokens) >= context:
            of_these = "" if clip is None else f", of which {clip.counts}"
            raise RequestRejectedError(
                f"clip and prompt have {len(tokens)} tokens{of_these}, but {self._name} takes "
                f"{context} with the reply; use a profile with fewer frames"
            )
        if context is not None:
            limit = min(limit, context - len(tokens))
        schema = prompt.output_schema if prompt.enforce_schema else None
        grammar = self._grammars.compile(schema) if schema is not None else None
        return Gemma3nRequest(tokens, clip, Row(prompt.sampling, limit, grammar))

    def answer(self, requests: Sequence[Gemma3nRequest], abandoned: Abandoned) -> list[ClipReply]:
        """The replies to a batch; raises `OutOfMemoryError`."""
        loaded = self._loaded
        inputs = {
            **pad_left([request.tokens for request in requests], loaded.pad),
            **join_clips([request.clip for request in requests if request.clip is not None]),
        }
        replies = decode(loaded, inputs, [request.row for request in requests], abandoned)
        return [
            ClipReply(
                loaded.tokenizer.decode(
                    reply.tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
                ),
                reply.finish,
                reply.count,
            )
            for reply in replies
        ]

    def close(self) -> None:
        """Free the weights."""
        self._checkpoint = None
        release_memory()

    @property
    def _loaded(self) -> Checkpoint:
        if self._checkpoint is None:
            raise ModelError(f"{self._name} is closed")
        return self._checkpoint
