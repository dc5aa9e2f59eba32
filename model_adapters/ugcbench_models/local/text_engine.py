"""How does a causal language model answer prompts of text?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ugcbench.types import Prompt
from ugcbench_models.local.batching import Abandoned
from ugcbench_models.local.chats import ChatEncoder
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.checkpoints import load_causal_lm
from ugcbench_models.local.decoding import Row, pad_left
from ugcbench_models.local.generation import Generator
from ugcbench_models.local.replies import Reply


@dataclass(frozen=True, slots=True)
class TextRequest:
    """A prompt's tokens and how the reply is to be decoded."""

    tokens: Sequence[int]
    row: Row

    @property
    def length(self) -> int:
        """The most tokens that prompt and reply take together."""
        return len(self.tokens) + self.row.limit


class TextEngine(Generator):
    """A loaded checkpoint; `prepare` may be called from several threads, `answer` from one.

    Raises `FatalModelError` if the checkpoint can't be loaded.
    """

    def __init__(self, source: Source, template_options: Mapping[str, Any]) -> None:
        loaded = load_causal_lm(source)
        super().__init__(loaded, source.name)
        self._chats = ChatEncoder(loaded.tokenizer, source.name, template_options)

    def prepare(self, prompt: Prompt) -> TextRequest:
        """The request of a prompt, whose `output_schema` is to be held to.

        Raises `RequestRejectedError`, as for one that is too long.
        """
        tokens = self._chats.encode(prompt)
        row = self._plan(
            prompt,
            len(tokens),
            what=f"the prompt has {len(tokens)} tokens",
            advice="use a checkpoint with a longer context",
        )
        return TextRequest(tokens, row)

    def answer(self, requests: Sequence[TextRequest], abandoned: Abandoned) -> list[Reply]:
        """The replies to a batch; raises `OutOfMemoryError`."""
        inputs = pad_left([request.tokens for request in requests], self._loaded.pad)
        return self._reply(inputs, [request.row for request in requests], abandoned)
