"""How does a checkpoint answer on vLLM's engine, with a clip or without, as a model or a judge?"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ugcbench.errors import FatalModelError, UsageError
from ugcbench.types import MediaProfile, Prediction, Prompt, Usage
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.clip_chat import sign
from ugcbench_models.local.replies import explain_silence
from ugcbench_models.local.residency import Resident
from ugcbench_models.local.text_chat import DTYPES

if TYPE_CHECKING:
    from ugcbench.media import Media, MediaReader
    from ugcbench_models.local.vllm_engine import VLLMEngine

HABITS = {
    # The engine's own processes begin anew: a copy of one with threads can hang.
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    "VLLM_LOGGING_LEVEL": "WARNING",
    # Standard output is for results.
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    # A run tells nobody that it takes place.
    "VLLM_NO_USAGE_STATS": "1",
    # It would say that what only vLLM reads, such as the time grid of a clip, is ignored.
    "TRANSFORMERS_VERBOSITY": "error",
}
"""Environment variables of vLLM and transformers that are set unless the user has set them."""


class VLLMChat:
    """A checkpoint run on this machine by vLLM, in one asynchronous engine.

    It is loaded when it is first asked. Requests go to the engine as they come, which batches them
    continuously; what those about one clip share is computed once. A prompt's schema is held to
    while decoding. How a clip is given depends on the kind of checkpoint (`find_family`); a prompt
    about a clip is rejected where none is known.

    Args:
        model: a directory with a checkpoint, or its id on the Hugging Face hub.
        path: a directory, in its place.
        revision: a commit, tag or branch of it on the hub.
        dtype: `auto` is the checkpoint's own; or float32, bfloat16, float16.
        audio: whether the model gets the sound.
        structured: whether replies are held to a prompt's schema.
        context: the most tokens of prompt and reply; by default what the checkpoint takes.
        tensor_parallel: GPUs that share each layer.
        data_parallel: copies of the model that share the requests.
        gpu_memory: the part of each GPU's memory that the engine takes, for weights and caches.
        template_options: variables of the chat template.
        trust_remote_code: whether code that comes with the checkpoint may run.
        engine_options: further arguments of vLLM's `AsyncEngineArgs`.
        reader: what decodes the clips; shared with others, so `close` leaves it alone.

    Raises `UsageError` if an option has no sense.

    """

    def __init__(
        self,
        *,
        model: str,
        path: str | None = None,
        revision: str | None = None,
        dtype: str = "auto",
        audio: bool = True,
        structured: bool = True,
        context: int | None = None,
        tensor_parallel: int = 1,
        data_parallel: int = 1,
        gpu_memory: float = 0.9,
        template_options: Mapping[str, Any] | None = None,
        trust_remote_code: bool = False,
        engine_options: Mapping[str, Any] | None = None,
        reader: MediaReader | None = None,
    ) -> None:
        if dtype not in DTYPES:
            raise UsageError(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}")
        if tensor_parallel < 1 or data_parallel < 1:
            raise UsageError("tensor_parallel and data_parallel must be at least 1")
        if not 0 < gpu_memory <= 1:
            raise UsageError(f"gpu_memory is a part of the whole, such as 0.9, not {gpu_memory}")
        self._source = Source(
            name=path or model, revision=revision, dtype=dtype, trusted=trust_remote_code
        )
        self._audio = audio
        self._structured = structured
        self._template_options = dict(template_options or {})
        self._engine_options = {
            "max_model_len": context,
            "tensor_parallel_size": tensor_parallel,
            "data_parallel_size": data_parallel,
            "gpu_memory_utilization": gpu_memory,
            **(engine_options or {}),
        }
        self._shared_reader = reader
        self._resident: Resident[VLLMEngine] = Resident(self._load)

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer `prompt`; see `ugcbench.specs.Model`. Cancelling takes it out of the engine."""
        engine = await self._resident.get()
        media = await self._read(prompt)
        started = time.monotonic()
        request = await asyncio.to_thread(
            engine.prepare, prompt, media, structured=self._structured
        )
        reply = await engine.answer(request)
        empty = None if reply.text.strip() else explain_silence(reply.finish)
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=None if empty else reply.text,
            failure=empty,
            model=self._source.name,
            finish=reply.finish,
            usage=Usage(input_tokens=reply.prompt_tokens, output_tokens=reply.made),
            seconds=round(time.monotonic() - started, 4),
            receipt=None if media is None else sign(media, request.sent, audio=self._audio),
        )

    async def close(self) -> None:
        """End the engine and its processes, and close the reader unless given."""
        await self._resident.close()
        if "_reader" in vars(self) and self._reader is not self._shared_reader:
            await asyncio.to_thread(self._reader.close)

    def _load(self) -> VLLMEngine:
        """Import vLLM and start its engine; half a minute to minutes."""
        for name, value in HABITS.items():
            os.environ.setdefault(name, value)
        try:
            from ugcbench_models.local.vllm_engine import VLLMEngine
        except ModuleNotFoundError as error:
            raise FatalModelError(
                f"{self._source.name} needs {error.name}: pip install 'ugcbench[vllm]'"
            ) from error
        except (ImportError, OSError, RuntimeError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise FatalModelError(
                f"vLLM can't be imported here ({reason}); install it anew in an environment of its "
                "own: pip install 'ugcbench[vllm]'"
            ) from error
        return VLLMEngine(self._source, self._template_options, self._engine_options)

    # The decoder is not needed for prompts without a clip.
    @cached_property
    def _reader(self) -> MediaReader:
        from ugcbench.media import MediaReader

        return self._shared_reader or MediaReader()

    async def _read(self, prompt: Prompt) -> Media | None:
        if prompt.media is None:
            return None
        media = await self._reader.read(prompt.media, prompt.profile or MediaProfile())
        return media if self._audio else dataclasses.replace(media, audio=None)
