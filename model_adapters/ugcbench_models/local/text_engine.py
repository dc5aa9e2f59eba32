"""How does a causal language model answer prompts of text?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ugcbench.errors import ModelError, RequestRejectedError
from ugcbench.types import Prompt
from ugcbench_models.local.batching import Abandoned
from ugcbench_models.local.chats import ChatEncoder
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.checkpoints import Checkpoint, load_causal_lm
from ugcbench_models.local.decoding import Row, decode, pad_left, release_memory
from ugcbench_models.local.grammars import Grammars


@dataclass(frozen=True, slots=True)
class TextRequest:
    """A prompt's tokens and how the reply is to be decoded."""

    tokens: Sequence[int]
    row: Row

    @property
    def length(self) -> int:
        """The most tokens that prompt and reply take together."""
        return len(self.tokens) + self.row.limit


@dataclass(frozen=True, slots=True)
class TextReply:
    """What the model said; `made` counts the tokens of the reply."""

    text: str
    finish: str
    made: int


class TextEngine:
    """A loaded checkpoint; `prepare` may be called from several threads, `answer` from one.

    Raises `FatalModelError` if the checkpoint can't be loaded.
    """

    def __init__(self, source: Source, template_options: Mapping[str, Any]) -> None:
        self._name = source.name
        loaded = load_causal_lm(source)
        self._checkpoint: Checkpoint | None = loaded
        self._chats = ChatEncoder(loaded.tokenizer, source.name, template_options)
        self._grammars = Grammars(loaded)

    def prepare(self, prompt: Prompt, *, structured: bool) -> TextRequest:
        """The request of a prompt; raises `RequestRejectedError`, as for one that is too long."""
        tokens, context = self._chats.encode(prompt), self._loaded.context
        limit = prompt.sampling.max_tokens
        if context is not None and len(tokens) >= context:
            raise RequestRejectedError(
                f"the prompt has {len(tokens)} tokens, but {self._name} takes {context} with the "
                "reply; use a checkpoint with a longer context"
            )
        if context is not None:
            limit = min(limit, context - len(tokens))
        schema = prompt.output_schema if structured and prompt.enforce_schema else None
        grammar = self._grammars.compile(schema) if schema is not None else None
        return TextRequest(tokens, Row(prompt.sampling, limit, grammar))

    def answer(self, requests: Sequence[TextRequest], abandoned: Abandoned) -> list[TextReply]:
        """The replies to a batch; raises `OutOfMemoryError`."""
        loaded = self._loaded
        inputs = pad_left([request.tokens for request in requests], loaded.pad)
        replies = decode(loaded, inputs, [request.row for request in requests], abandoned)
        return [
            TextReply(
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
