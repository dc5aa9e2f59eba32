"""How does a model behind an OpenAI-compatible chat API answer a prompt?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ValidationError

from ugcbench.errors import TransientModelError
from ugcbench.types import Failure, MediaProfile, Prediction, Prompt, Receipt, Usage
from ugcbench_models.clip_options import ClipOptions
from ugcbench_models.endpoints import Endpoint
from ugcbench_models.openai_connection import Connection, find_endpoint, is_openai
from ugcbench_models.strict_schema import make_strict

if TYPE_CHECKING:
    from ugcbench.media import MediaReader
    from ugcbench_models.chat_parts import ChatPart
    from ugcbench_models.clip_parts import ClipEncoder


class OpenAIChat:
    """A model or judge asked by chat completions, at OpenAI or any server that speaks its API.

    A clip is sent as a sentence with the frames' times, the frames as JPEG, the sound as one WAV
    and then the prompt's text; `receipt.sent` says what went. Nothing is left out unless an option
    says so. Servers that take videos (vLLM, SGLang) can get one by `video_url`.

    Args:
        model: the name that the server knows.
        base_url: the server's address, mostly ending in /v1; else OPENAI_BASE_URL, else OpenAI's.
        api_key: else OPENAI_API_KEY. A server on this machine needs none.
        frames: whether frames are sent.
        audio: whether sound is sent, also beside a video; off for servers that take it from there.
        video_url: `jpegs` sends the very frames as one video, `file` the clip's file, from which
            the server takes frames as it was told when it was started.
        jpeg_quality: 1 to 95.
        timeout: seconds until an answer must be complete.
        structured: whether a prompt's schema is sent as `response_format`.
        max_tokens_field: the field that limits the reply; `max_completion_tokens` for OpenAI and
            `max_tokens` for other servers if not given.
        extra_body: further fields of the request's body; null leaves a field out.
        reader: what decodes the clips; shared with others, so `close` leaves it alone.

    Raises `UsageError` if an option has no sense.

    """

    def __init__(
        self,
        *,
        model: str,
        base_url: str | None = None,
        api_key: str | None = None,
        frames: bool = True,
        audio: bool = True,
        video_url: Literal["jpegs", "file"] | None = None,
        jpeg_quality: int = 90,
        timeout: float = 120.0,
        structured: bool = True,
        max_tokens_field: Literal["max_completion_tokens", "max_tokens"] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        reader: MediaReader | None = None,
    ) -> None:
        self._model = model
        self._base_url = base_url
        self._api_key = api_key
        self._timeout = timeout
        self._structured = structured
        self._limit_field = max_tokens_field
        self._extra_body = dict(extra_body or {})
        self._shared_reader = reader
        self._clip_options = ClipOptions(
            frames=frames, audio=audio, jpeg_quality=jpeg_quality, video=video_url
        )

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer `prompt` by one request; see `ugcbench.specs.Model`."""
        connection = self._connection
        content, receipt = await self._build_content(prompt)
        started = time.monotonic()
        reply = await connection.post(self._build_body(prompt, content))
        prediction = _read_reply(prompt, reply)
        seconds = round(time.monotonic() - started, 4)
        return prediction.model_copy(update={"seconds": seconds, "receipt": receipt})

    async def close(self) -> None:
        """Close the connections, and the reader unless it was given."""
        if "_connection" in vars(self):
            await self._connection.close()
        if "_reader" in vars(self) and self._reader is not self._shared_reader:
            self._reader.close()

    @cached_property
    def _endpoint(self) -> Endpoint:
        return find_endpoint(self._base_url, self._api_key)

    @cached_property
    def _connection(self) -> Connection:
        return Connection(self._endpoint, self._model, self._timeout)

    # A judge, asked with text alone, needs none of the decoder that these two import.
    @cached_property
    def _reader(self) -> MediaReader:
        from ugcbench.media import MediaReader

        return self._shared_reader or MediaReader()

    @cached_property
    def _encoder(self) -> ClipEncoder[ChatPart]:
        from ugcbench_models.chat_parts import CHAT_PARTS
        from ugcbench_models.clip_parts import ClipEncoder

        return ClipEncoder(self._clip_options, CHAT_PARTS)

    async def _build_content(self, prompt: Prompt) -> tuple[str | list[ChatPart], Receipt | None]:
        """The user's message: the text alone, or the clip's parts and then the text."""
        if prompt.media is None:
            return prompt.text, None
        profile = prompt.profile or MediaProfile()
        media = await self._reader.read(prompt.media, profile)
        clip = await self._encoder.encode(media, profile)
        parts = [*clip.parts, {"type": "text", "text": prompt.text}]
        if self._clip_options.video == "file":
            from ugcbench_models.chat_parts import file_part

            parts.insert(0, await asyncio.to_thread(file_part, prompt.media))
        return parts, clip.receipt

    def _build_body(self, prompt: Prompt, content: str | list[ChatPart]) -> dict[str, Any]:
        system = [{"role": "system", "content": prompt.system}] if prompt.system else []
        sampling = prompt.sampling
        body = {
            "model": self._model,
            "messages": [*system, {"role": "user", "content": content}],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p if sampling.top_p < 1 else None,
            "seed": sampling.seed,
            self._choose_limit_field(): sampling.max_tokens,
            "response_format": self._choose_format(prompt),
            **self._extra_body,
        }
        return {name: value for name, value in body.items() if value is not None}

    def _choose_limit_field(self) -> str:
        """Servers that don't know the newer name ignore it, and the limit with it."""
        if self._limit_field:
            return self._limit_field
        return "max_completion_tokens" if is_openai(self._endpoint) else "max_tokens"

    def _choose_format(self, prompt: Prompt) -> dict[str, Any] | None:
        schema = prompt.output_schema
        if schema is None or not (self._structured and prompt.enforce_schema):
            return None
        named = {"name": "reply", "strict": True, "schema": make_strict(schema)}
        return {"type": "json_schema", "json_schema": named}


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(BaseModel):
    """What is used of a reply; everything else in it is ignored."""

    model: str | None = None
    choices: list[_Choice]
    usage: _Usage | None = None


def _read_reply(prompt: Prompt, reply: str | Failure) -> Prediction:
    if isinstance(reply, Failure):
        return Prediction(task=prompt.task, sample_id=prompt.sample_id, failure=reply)
    try:
        completion = _Completion.model_validate_json(reply)
    except ValidationError:
        raise TransientModelError(
            f"the server's reply is no chat completion: {reply[:200]!r}; if that persists, check "
            "`--option base_url=URL`, which mostly ends in /v1"
        ) from None
    choice = completion.choices[0] if completion.choices else _Choice(message=_Message())
    usage = completion.usage or _Usage()
    failure = _find_failure(choice)
    return Prediction(
        task=prompt.task,
        sample_id=prompt.sample_id,
        text=None if failure else choice.message.content,
        failure=failure,
        model=completion.model,
        finish=choice.finish_reason,
        usage=Usage(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens),
    )


def _find_failure(choice: _Choice) -> Failure | None:
    """Why a choice holds no answer, or None."""
    message = choice.message
    if choice.finish_reason == "content_filter":
        return Failure(status="refused", kind="content_filter", message="the reply was filtered")
    if message.refusal:
        return Failure(status="refused", kind="refusal", message=message.refusal)
    if not (message.content or "").strip():
        reason = f"the reply has no text (finish reason: {choice.finish_reason})"
        return Failure(status="refused", kind="empty", message=reason)
    return None
