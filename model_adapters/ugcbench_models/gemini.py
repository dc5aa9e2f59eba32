"""How does a Gemini model answer a prompt?"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from google.genai import types

from ugcbench.errors import UsageError
from ugcbench.types import MediaProfile, Prediction, Prompt
from ugcbench_models.clip_options import ClipOptions
from ugcbench_models.endpoints import Endpoint
from ugcbench_models.gemini_connection import Connection, find_endpoint
from ugcbench_models.gemini_files import Uploads
from ugcbench_models.gemini_replies import read_reply
from ugcbench_models.gemini_schema import simplify

if TYPE_CHECKING:
    from ugcbench.media import MediaReader
    from ugcbench_models.clip_parts import ClipParts
    from ugcbench_models.gemini_clips import ClipSender

INLINE_LIMIT = 4_000_000
"""Bytes up to which a clip's file travels inside each request. The service takes 100 MB in base64,
but all tasks of a clip share one upload, where each of them would send the file again."""

LARGEST_INLINE = 70_000_000
"""Bytes that are still below 100 MB in base64, with room for the prompt. Source: the service's
announcement of January 2026."""

THINKING_ROOM = 8192
"""Tokens that a model thinks at most if no budget is set. Source: the service's guide to thinking
(automatic budget of Gemini 2.5)."""


class Gemini:
    """A model or judge behind the Gemini API.

    By default the clip's own file is sent, picture and sound as they are, and the service samples
    it at the profile's rate, lowered so that a long clip gives no more frames than the profile has:
    that is how these models are meant to be asked, with sound and picture on one clock, and how
    the paper asked them. It also means that the service picks and resizes the frames;
    `receipt.sent` says so. `media=profile` sends exactly the profile's frames as JPEG and its sound
    as one WAV, as the chat adapter does.

    Args:
        model: the name that the service knows.
        base_url: the server's address without a path; else GOOGLE_GEMINI_BASE_URL, else Google's.
        api_key: else GOOGLE_API_KEY, else GEMINI_API_KEY. A server on this machine needs none.
        media: `original` or `profile`, see above.
        frames: whether frames are sent; only `media=profile` can leave them out.
        audio: whether sound is sent; likewise.
        jpeg_quality: 1 to 95, for `media=profile`.
        inline_limit: bytes up to which a file is sent inside the request instead of uploaded.
        timeout: seconds until an answer must be complete.
        upload_timeout: seconds until an uploaded clip must be ready.
        structured: whether a prompt's schema is sent as `responseJsonSchema`.
        thinking_budget: tokens that the model may think, 0 for none, -1 for as many as it likes.
            The service counts thoughts against the reply's limit, so the budget is added to the
            prompt's `max_tokens`; without one, room for 8,192 tokens is.
        extra_body: further fields of the request's body, as the REST reference names them, such as
            {"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"}}.
        reader: what decodes the clips; shared with others, so `close` leaves it alone.

    Raises `UsageError` if an option has no sense.

    """

    def __init__(
        self,
        *,
        model: str,
        base_url: str | None = None,
        api_key: str | None = None,
        media: Literal["original", "profile"] = "original",
        frames: bool = True,
        audio: bool = True,
        jpeg_quality: int = 90,
        inline_limit: int = INLINE_LIMIT,
        timeout: float = 120.0,
        upload_timeout: float = 240.0,
        structured: bool = True,
        thinking_budget: int | None = None,
        extra_body: Mapping[str, Any] | None = None,
        reader: MediaReader | None = None,
    ) -> None:
        _check_media(media, whole=frames and audio)
        if not 0 <= inline_limit <= LARGEST_INLINE:
            raise UsageError(f"inline_limit must be from 0 to {LARGEST_INLINE}, not {inline_limit}")
        self._model = model
        self._base_url = base_url
        self._api_key = api_key
        self._media = media
        self._clip_options = ClipOptions(frames=frames, audio=audio, jpeg_quality=jpeg_quality)
        self._inline_limit = inline_limit
        self._timeout = timeout
        self._upload_timeout = upload_timeout
        self._structured = structured
        self._thinking_budget = thinking_budget
        self._extra_body = dict(extra_body or {})
        self._shared_reader = reader

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer `prompt` by one call, after an upload if need be; see `ugcbench.specs.Model`."""
        connection = self._connection
        async with self._lend_clip(prompt) as clip:
            parts = [*(clip.parts if clip else ()), types.Part(text=prompt.text)]
            contents = [types.Content(role="user", parts=parts)]
            started = time.monotonic()
            reply = await connection.generate(contents, self._build_config(prompt))
        seconds = round(time.monotonic() - started, 4)
        prediction = read_reply(prompt, reply, clip.receipt if clip else None, self._endpoint)
        return prediction.model_copy(update={"seconds": seconds})

    async def close(self) -> None:
        """Delete what was uploaded, and close the connections, and the reader unless given."""
        made = vars(self)
        try:
            if "_uploads" in made:
                await self._uploads.close()
        finally:
            if "_connection" in made:
                await self._connection.close()
            if "_reader" in made and self._reader is not self._shared_reader:
                self._reader.close()

    @cached_property
    def _endpoint(self) -> Endpoint:
        return find_endpoint(self._base_url, self._api_key)

    @cached_property
    def _connection(self) -> Connection:
        return Connection(self._endpoint, self._model, self._timeout, self._upload_timeout)

    @cached_property
    def _uploads(self) -> Uploads:
        return Uploads(self._connection)

    # A judge, asked with text alone, needs none of the decoder that these two import.
    @cached_property
    def _reader(self) -> MediaReader:
        from ugcbench.media import MediaReader

        return self._shared_reader or MediaReader()

    @cached_property
    def _sender(self) -> ClipSender:
        from ugcbench_models.gemini_clips import ClipSender

        return ClipSender(
            self._media, self._clip_options, self._inline_limit, self._reader, self._uploads
        )

    def _lend_clip(
        self, prompt: Prompt
    ) -> contextlib.AbstractAsyncContextManager[ClipParts[types.Part] | None]:
        if prompt.media is None:
            return contextlib.nullcontext()
        return self._sender.lend(prompt.media, prompt.profile or MediaProfile())

    def _build_config(self, prompt: Prompt) -> types.GenerateContentConfig:
        sampling = prompt.sampling
        schema = prompt.output_schema
        wanted = self._structured and prompt.enforce_schema and schema is not None
        budget = self._thinking_budget
        return types.GenerateContentConfig(
            system_instruction=prompt.system,
            temperature=sampling.temperature,
            top_p=sampling.top_p if sampling.top_p < 1 else None,
            seed=sampling.seed,
            max_output_tokens=sampling.max_tokens + choose_room(budget),
            response_mime_type="application/json" if wanted else None,
            response_json_schema=simplify(schema) if wanted and schema is not None else None,
            thinking_config=None
            if budget is None
            else types.ThinkingConfig(thinking_budget=budget),
            http_options=types.HttpOptions(extra_body=self._extra_body or None),
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )


def choose_room(budget: int | None) -> int:
    """Tokens for thoughts that are added to a reply's limit."""
    return THINKING_ROOM if budget is None or budget < 0 else budget


def _check_media(media: str, whole: bool) -> None:
    if media not in ("original", "profile"):
        raise UsageError(f"media must be original or profile, not {media!r}")
    if media == "original" and not whole:
        raise UsageError(
            "media=original sends the clip's file as it is; to leave frames or sound out, add "
            "`--option media=profile`"
        )
