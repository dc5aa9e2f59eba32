"""Where is the Gemini API, with which key is it asked, and how is one call made?"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import google.genai
from google.genai import errors, types

from ugcbench.errors import ModelTimeoutError, RequestRejectedError, TransientModelError
from ugcbench_models.endpoints import Endpoint, make_endpoint
from ugcbench_models.gemini_errors import FailureReader, LostFileError

GEMINI_URL = "https://generativelanguage.googleapis.com"

API_VERSION = "v1beta"
"""The only version with previews, `-latest` names and sampling rates of videos."""

FIRST_POLL = 0.2
LONGEST_POLL = 5.0
"""Seconds between questions whether an uploaded file is ready; they grow from first to longest."""

CALL_SECONDS = 30.0
"""Time for a call that moves no media: asking about a file, deleting it."""


def find_endpoint(base_url: str | None, api_key: str | None) -> Endpoint:
    """The endpoint of an adapter's options, completed by GOOGLE_GEMINI_BASE_URL, and by
    GOOGLE_API_KEY or GEMINI_API_KEY in the order in which Google's client looks at them.

    A server on this machine may do without a key. Raises `FatalModelError` for what is no URL, and
    without a key or with one that can't be sent.
    """
    keys = (str(api_key or ""), os.environ.get("GOOGLE_API_KEY"), os.environ.get("GEMINI_API_KEY"))
    return make_endpoint(
        str(base_url or "") or os.environ.get("GOOGLE_GEMINI_BASE_URL") or GEMINI_URL,
        next(filter(None, keys), ""),
        example="http://HOST:PORT",
        advice="type `export GEMINI_API_KEY=...` (or GOOGLE_API_KEY)",
    )


class Connection:
    """A client of one server, for many calls at a time; must be made within the event loop.

    Repeating failed calls is left to the caller, but for the chunks of an upload, which the client
    itself sends up to three times. Every method raises a `ModelError`.

    Args:
        endpoint: the server and the key.
        model: the model's name.
        timeout: seconds for an answer.
        upload_timeout: seconds until an uploaded file must be ready.

    """

    def __init__(
        self, endpoint: Endpoint, model: str, timeout: float, upload_timeout: float
    ) -> None:
        self._model = model
        self._timeout = timeout
        self._upload_timeout = upload_timeout
        self._failures = FailureReader(model, endpoint)
        # Left to itself the client would use a proxy for this machine, too.
        self._session = aiohttp.ClientSession(
            trust_env=not endpoint.is_loopback, connector=aiohttp.TCPConnector(limit=0)
        )
        self.client = google.genai.Client(
            vertexai=False, api_key=endpoint.key, http_options=_choose_http(endpoint, self._session)
        )

    async def generate(
        self, contents: list[types.Content], config: types.GenerateContentConfig
    ) -> types.GenerateContentResponse:
        """The answer to one call of generateContent, whatever it holds."""
        async with self._call(self._timeout, "no complete answer"):
            reply = await self.client.aio.models.generate_content(
                model=self._model, contents=contents, config=config
            )
            if not _says_anything(reply):
                raise ValueError("it holds nothing that is known")
            return reply

    async def upload(self, path: str, name: str, mime_type: str) -> str:
        """Upload the file at `path` as `name` and wait until it can be used; returns its URI.

        Raises `RequestRejectedError` if the service can't process it.
        """
        async with self._call(self._upload_timeout, f"{path} was not taken in"):
            # An open file, because of a path the client would tell the file's name as well.
            with await asyncio.to_thread(Path(path).open, "rb") as file:
                sent = await self.client.aio.files.upload(
                    file=file, config=types.UploadFileConfig(name=name, mime_type=mime_type)
                )
            ready = await self._await_processing(sent, name)
        if ready.state == types.FileState.FAILED:
            why = ready.error.message if ready.error else "no reason is given"
            raise RequestRejectedError(
                f"{path} could not be processed ({why}); `--option media=profile` sends frames and "
                "sound instead of the file"
            )
        return ready.uri or ""

    async def delete(self, name: str) -> None:
        """Delete an uploaded file; raises `LostFileError` if there is none."""
        async with self._call(CALL_SECONDS, f"{name} was not deleted"):
            try:
                await self.client.aio.files.delete(name=name)
            except errors.ClientError as error:
                if error.code != 404:
                    raise
                raise LostFileError(f"there is no {name}") from None

    async def close(self) -> None:
        """Close the connections, but not the synchronous client, which has none until it is used
        to delete what is left when the interpreter ends.
        """
        await self.client.aio.aclose()
        await self._session.close()

    async def _await_processing(self, file: types.File, name: str) -> types.File:
        pause = FIRST_POLL
        while file.state == types.FileState.PROCESSING:
            await asyncio.sleep(pause)
            pause = min(1.5 * pause, LONGEST_POLL)
            try:
                async with self._call(CALL_SECONDS, f"nothing is told of {name}"):
                    file = await self.client.aio.files.get(name=name)
            except LostFileError:
                raise
            except (TransientModelError, ModelTimeoutError):
                continue  # until the time of the whole upload is up
        return file

    @contextlib.asynccontextmanager
    async def _call(self, seconds: float, failing: str) -> AsyncIterator[None]:
        """Limits the time of a call and translates its failures.

        They are not chained: the client's own errors may hold the key.
        """
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            raise ModelTimeoutError(f"{failing} within {seconds:g} s") from None
        except errors.APIError as error:
            raise self._failures.translate(error) from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._failures.report_silence(error) from None
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # What the client raises on an answer that it doesn't expect, or can't parse.
            raise self._failures.report_nonsense(error) from None


def _choose_http(endpoint: Endpoint, session: aiohttp.ClientSession) -> types.HttpOptions:
    sync: dict[str, Any] = {"trust_env": not endpoint.is_loopback}
    asynchronous: dict[str, Any] = {}
    if endpoint.url.lower().startswith("http://"):
        # No certificates need to be loaded (0.07 s), nor is any trusted where a redirect leads.
        sync["verify"] = asynchronous["ssl"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return types.HttpOptions(
        base_url=endpoint.url,
        api_version=API_VERSION,
        retry_options=types.HttpRetryOptions(attempts=1),
        aiohttp_client=session,
        client_args=sync,
        async_client_args=asynchronous,
    )


def _says_anything(reply: types.GenerateContentResponse) -> bool:
    """Whether it is an answer at all: the client makes an empty one of any JSON."""
    known = (reply.model_version, reply.usage_metadata, reply.prompt_feedback)
    return any(known) or any(candidate.content for candidate in reply.candidates or ())
