"""How does vLLM's engine answer a prompt?"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vllm
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.exceptions import VLLMError
from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
from vllm.utils.async_utils import cancel_task_threadsafe
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

from ugcbench.errors import (
    FatalModelError,
    ModelError,
    RequestRejectedError,
    TransientModelError,
)
from ugcbench.media import Media
from ugcbench.types import MediaProfile, Prompt
from ugcbench_models.local.chats import ChatEncoder
from ugcbench_models.local.checkpoint_files import Source, find_checkpoint
from ugcbench_models.local.vllm_clips import ClipInput, name_items
from ugcbench_models.local.vllm_families import find_family

SOFTWARE = f"vLLM {vllm.__version__}"
GRACE = 20.0
"""Seconds that the engine's processes have to end in order before they are killed."""

ATTEMPTS = 3
"""A request that was given up after its clip was processed leaves the engine's two caches at odds;
the engine then asks for the clip once more."""


@dataclass(frozen=True, slots=True)
class VLLMRequest:
    """What the engine is handed for a prompt; `clip` is None if it is about none."""

    asked: Mapping[str, Any]
    params: vllm.SamplingParams
    clip: ClipInput | None

    @property
    def sent(self) -> str:
        """What of the clip the model gets, and by which software."""
        return SOFTWARE if self.clip is None else f"{self.clip.counts}; {SOFTWARE}"


@dataclass(frozen=True, slots=True)
class VLLMReply:
    """What the model said; `made` counts the tokens of the reply.

    `finish` is `stop` or `length`.
    """

    text: str
    finish: str
    prompt_tokens: int
    made: int


class VLLMEngine:
    """A started engine; `prepare` may be called from several threads, `answer` from one event loop.

    Its caches (of prompts' beginnings, of processed and of encoded clips) know clips by the hash of
    the file and the profile. Raises `FatalModelError` if it can't be started.
    """

    def __init__(
        self, source: Source, template_options: Mapping[str, Any], engine_options: Mapping[str, Any]
    ) -> None:
        self._name = source.name
        folder = find_checkpoint(source)
        self._family = find_family(folder, source)
        self._template_options = template_options
        self._chats: dict[str | None, ChatEncoder] = {}
        self._chats[None] = self._make_encoder(None)
        self._numbers = itertools.count()
        self._engine: AsyncLLM | None = _start(folder, source, self._family.limits, engine_options)

    def prepare(self, prompt: Prompt, media: Media | None, *, structured: bool) -> VLLMRequest:
        """The request of a prompt; raises `RequestRejectedError` for one that can't be asked."""
        schema = prompt.output_schema if structured and prompt.enforce_schema else None
        params = _sample(prompt, schema, self._family.stops)
        if media is None:
            tokens = self._chats[None].encode(prompt)
            self._check_length(len(tokens), None)
            return VLLMRequest({"prompt_token_ids": tokens}, params, None)
        profile = prompt.profile or MediaProfile()
        clip = self._family.encode(media, profile)
        if clip.template not in self._chats:
            self._chats[clip.template] = self._make_encoder(clip.template)
        asked = {
            "prompt_token_ids": self._chats[clip.template].encode(prompt, clip.parts, clip.expand),
            "multi_modal_data": dict(clip.data),
            "mm_processor_kwargs": dict(clip.options),
            "multi_modal_uuids": name_items(clip, media.receipt.sha256, profile),
        }
        return VLLMRequest(asked, params, clip)

    async def answer(self, request: VLLMRequest) -> VLLMReply:
        """The reply; a caller that is cancelled takes the request out of the engine.

        Raises `RequestRejectedError`, as for a prompt that is too long, and `FatalModelError` if
        the engine has died, or if the model would get something else than was meant.
        """
        for _ in range(ATTEMPTS):
            reply = await self._ask(request)
            if reply is not None:
                return reply
        raise TransientModelError(f"{SOFTWARE} lost a clip out of its cache; ask again")

    def close(self) -> None:
        """End the engine's processes, which frees the memory."""
        engine, self._engine = self._engine, None
        if engine is None:
            return
        if engine.output_handler is not None and not engine.get_num_unfinished_requests():
            # It would take the end for a failure, and say so.
            cancel_task_threadsafe(engine.output_handler)
        engine.shutdown(timeout=GRACE)

    def _make_encoder(self, template: str | None) -> ChatEncoder:
        """What writes chats by a template that takes the place of the tokenizer's, if given."""
        tokenizer = copy.deepcopy(self._family.tokenizer)  # each has a lock of its own
        tokenizer.chat_template = template or tokenizer.chat_template
        return ChatEncoder(tokenizer, self._name, self._template_options)

    async def _ask(self, request: VLLMRequest) -> VLLMReply | None:
        """The reply, or None if the engine asks to be given the clip anew."""
        engine = self._running
        try:
            (rendered,) = await engine.renderer.render_cmpl_async([dict(request.asked)])
            tokens = rendered["prompt_token_ids"]
            self._family.check(tokens, request.clip)
            self._check_length(len(tokens), request.clip)
            stream = engine.generate(rendered, request.params, f"ugcbench-{next(self._numbers)}")
            outputs = [output async for output in stream]
        except EngineDeadError as error:
            if self._engine is None:
                raise ModelError(f"{self._name} was closed before it could answer") from error
            raise FatalModelError(
                f"vLLM's engine with {self._name} has died; its own last lines say why. If it was "
                "memory, give gpu_memory=0.8, a smaller context or tensor_parallel=2"
            ) from error
        except (VLLMError, ValueError) as error:
            cause = error.__cause__ if isinstance(error, EngineGenerateError) else error
            raise RequestRejectedError(f"{self._name}: {_first_line(cause or error)}") from error
        (reply,) = outputs[-1].outputs
        if reply.finish_reason not in ("stop", "length"):
            return None
        return VLLMReply(reply.text, reply.finish_reason, len(tokens), len(reply.token_ids))

    def _check_length(self, tokens: int, clip: ClipInput | None) -> None:
        context = self._running.model_config.max_model_len
        if tokens >= context:
            cure = "another checkpoint" if clip is None else "a profile with fewer frames"
            raise RequestRejectedError(
                f"the prompt has {tokens} tokens, but {self._name} takes {context} with the reply; "
                f"use {cure}, or a larger context if the option was given"
            )

    @property
    def _running(self) -> AsyncLLM:
        if self._engine is None:
            raise ModelError(f"{self._name} is closed")
        return self._engine


def _start(
    folder: Path, source: Source, limits: Mapping[str, int], options: Mapping[str, Any]
) -> AsyncLLM:
    settings: dict[str, Any] = {
        "model": str(folder),
        "dtype": source.dtype,
        "trust_remote_code": source.trusted,
        "load_format": "safetensors",
        "generation_config": "vllm",  # how a reply is decoded is the protocol's matter
        "enable_prefix_caching": True,
        "limit_mm_per_prompt": dict(limits),
        # Free white space would let a weak model write nothing else.
        "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
        "disable_log_stats": True,
        **options,
    }
    try:
        return AsyncLLM.from_engine_args(AsyncEngineArgs(**settings))
    except Exception as error:
        raise FatalModelError(_explain(source, error)) from error


def _explain(source: Source, error: Exception) -> str:
    """Why the engine didn't start, in one line."""
    text = str(error)
    if "trust_remote_code" in text:
        return (
            f"{source.name} can't be loaded: it comes with code of its own; if you trust it, say "
            "trust_remote_code=true"
        )
    if isinstance(error, TypeError) and "keyword argument" in text:
        return f"vLLM doesn't know one of the engine_options: {text.rpartition(' ')[2]}"
    if "initialization failed" in text:
        return (
            f"vLLM's engine with {source.name} didn't start; its own lines above say why. If it "
            "was memory, give gpu_memory=0.8, a smaller context or tensor_parallel=2"
        )
    return f"{source.name} can't be run by vLLM: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    """The line of an error that says what is wrong; pydantic's errors have it further down."""
    text = str(error.args[0]) if isinstance(error, VLLMError) and error.args else str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith("Value error, ")]
    return (telling or lines or [type(error).__name__])[0].removeprefix("Value error, ")


def _sample(
    prompt: Prompt, schema: Mapping[str, Any] | None, stops: Sequence[int]
) -> vllm.SamplingParams:
    sampling = prompt.sampling
    return vllm.SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=sampling.max_tokens,
        seed=sampling.seed,
        stop_token_ids=list(stops),
        structured_outputs=None if schema is None else StructuredOutputsParams(json=dict(schema)),
        spaces_between_special_tokens=False,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )
