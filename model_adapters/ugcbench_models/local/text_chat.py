"""How does a local checkpoint of a chat model answer a prompt, mostly as a judge?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ugcbench.errors import FatalModelError, RequestRejectedError, UsageError
from ugcbench.types import Prediction, Prompt, Usage
from ugcbench_models.local.batching import Abandoned, Limits, MicroBatcher
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.replies import Reply, explain_silence
from ugcbench_models.local.residency import Resident

if TYPE_CHECKING:
    from ugcbench_models.local.text_engine import TextEngine, TextRequest

DTYPES = ("auto", "bfloat16", "float16", "float32")


class TextChat:
    """A chat model run on this machine by transformers: reads text, and writes JSON to a schema.

    It is loaded when it is first asked. Concurrent requests share batches; each is answered as it
    would be alone. A prompt's schema is held to while decoding, so that the reply follows it unless
    the token limit cuts it off. A prompt about a clip is rejected.

    Args:
        model: a directory with a checkpoint, or its id on the Hugging Face hub.
        revision: a commit, tag or branch of it on the hub.
        dtype: `auto` is the checkpoint's own; or float32, bfloat16, float16.
        device: `auto` is the GPU where there is one; or cpu, cuda, cuda:1.
        structured: whether replies are held to a prompt's schema.
        batch_tokens: the most tokens of a batch, with padding and replies.
        batch_size: the most requests of a batch.
        template_options: variables of the chat template, such as {"enable_thinking": false}.
        trust_remote_code: whether code that comes with the checkpoint may run.

    Raises `UsageError` if an option has no sense.

    """

    def __init__(
        self,
        *,
        model: str,
        revision: str | None = None,
        dtype: str = "auto",
        device: str = "auto",
        structured: bool = True,
        batch_tokens: int = 32_768,
        batch_size: int = 16,
        template_options: Mapping[str, Any] | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        if dtype not in DTYPES:
            raise UsageError(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}")
        if batch_tokens < 1 or batch_size < 1:
            raise UsageError("batch_tokens and batch_size must be at least 1")
        self._source = Source(
            name=model, revision=revision, dtype=dtype, device=device, trusted=trust_remote_code
        )
        self._structured = structured
        self._template_options = dict(template_options or {})
        self._resident: Resident[TextEngine] = Resident(self._load)
        self._batches: MicroBatcher[TextRequest, Reply] = MicroBatcher(
            self._answer, _length, limits=Limits(batch_tokens, batch_size)
        )

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer `prompt`; see `ugcbench.specs.Model`."""
        if prompt.media is not None:
            raise RequestRejectedError(
                f"hf/{self._source.name} reads text only and can't be asked about a clip"
            )
        engine = await self._resident.get()
        started = time.monotonic()
        if not self._structured:
            prompt = prompt.model_copy(update={"output_schema": None})
        request = await asyncio.to_thread(engine.prepare, prompt)
        reply = await self._batches.submit(request)
        empty = None if reply.text.strip() else explain_silence(reply.finish)
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=None if empty else reply.text,
            failure=empty,
            model=self._source.name,
            finish=reply.finish,
            usage=Usage(input_tokens=len(request.tokens), output_tokens=reply.made),
            seconds=round(time.monotonic() - started, 4),
        )

    async def close(self) -> None:
        """Finish the batch that runs, and free the weights."""
        await self._batches.close()
        await self._resident.close()

    def _load(self) -> TextEngine:
        """Import the frameworks and load the checkpoint; some seconds to minutes."""
        try:
            from ugcbench_models.local.text_engine import TextEngine
        except ModuleNotFoundError as error:
            raise FatalModelError(
                f"hf/{self._source.name} needs {error.name}: pip install 'ugcbench[hf]'"
            ) from error
        return TextEngine(self._source, self._template_options)

    def _answer(self, requests: Sequence[TextRequest], abandoned: Abandoned) -> list[Reply]:
        return self._resident.loaded.answer(requests, abandoned)


def _length(request: TextRequest) -> int:
    return request.length
