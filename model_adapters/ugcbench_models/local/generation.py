"""What do all engines on transformers do with a prompt once it is tokens?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ugcbench.errors import ModelError, RequestRejectedError
from ugcbench.types import Prompt
from ugcbench_models.local.batching import Abandoned
from ugcbench_models.local.checkpoints import Checkpoint
from ugcbench_models.local.decoding import Row, decode, release_memory, trim_heap
from ugcbench_models.local.grammars import Grammars
from ugcbench_models.local.replies import Reply


class Generator:
    """A loaded checkpoint, which plans how prompts are to be answered and answers them in batches.

    Engines build on it: they turn prompts and clips into inputs of their model. Until `close`.
    """

    def __init__(self, loaded: Checkpoint, name: str) -> None:
        self._name = name
        self._checkpoint: Checkpoint | None = loaded
        self._grammars = Grammars(loaded)

    def close(self) -> None:
        """Free the weights."""
        self._checkpoint = None
        release_memory()

    @property
    def _loaded(self) -> Checkpoint:
        if self._checkpoint is None:
            raise ModelError(f"{self._name} is closed")
        return self._checkpoint

    def _plan(self, prompt: Prompt, tokens: int, *, what: str, advice: str) -> Row:
        """How to decode the reply to a prompt of so many tokens: it takes what the context leaves.

        Raises `RequestRejectedError` if that is nothing: `what` has the tokens, in words, and
        `advice` says what to do about it.
        """
        limit, context = prompt.sampling.max_tokens, self._loaded.context
        if context is not None:
            if tokens >= context:
                raise RequestRejectedError(
                    f"{what}, but {self._name} takes {context} with the reply; {advice}"
                )
            limit = min(limit, context - tokens)
        schema = prompt.output_schema if prompt.enforce_schema else None
        grammar = self._grammars.compile(schema) if schema is not None else None
        return Row(prompt.sampling, limit, grammar)

    def _reply(
        self, inputs: Mapping[str, Any], rows: Sequence[Row], abandoned: Abandoned
    ) -> list[Reply]:
        """The replies to left-padded inputs; raises `OutOfMemoryError`."""
        loaded = self._loaded
        replies = [
            Reply(
                loaded.tokenizer.decode(
                    reply.tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
                ),
                reply.finish,
                reply.count,
            )
            for reply in decode(loaded, inputs, rows, abandoned)
        ]
        trim_heap()
        return replies
