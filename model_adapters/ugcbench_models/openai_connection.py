"""Where is an OpenAI-compatible server, with which key is it asked, and how is one request sent?"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import openai

from ugcbench.errors import FatalModelError, ModelTimeoutError
from ugcbench.types import Failure
from ugcbench_models.endpoints import Endpoint, make_endpoint
from ugcbench_models.openai_errors import FailureReader

OPENAI_URL = "https://api.openai.com/v1"

CONNECT_SECONDS = 10.0
"""Time to reach a server; the time for its answer is another matter."""


def find_endpoint(base_url: str | None, api_key: str | None) -> Endpoint:
    """The endpoint of an adapter's options, completed by OPENAI_BASE_URL and OPENAI_API_KEY.

    A server on this machine may do without a key. Raises `FatalModelError` for what is no URL, and
    without a key or with one that can't be sent.
    """
    endpoint = make_endpoint(
        str(base_url or "") or os.environ.get("OPENAI_BASE_URL") or OPENAI_URL,
        str(api_key or "") or os.environ.get("OPENAI_API_KEY") or "",
        example="http://HOST:PORT/v1",
        advice="type `export OPENAI_API_KEY=...`",
    )
    if endpoint.has_login:
        raise FatalModelError(
            f"a password in the URL of {endpoint.address} can't be sent beside the key; give it as "
            "`--option api_key=KEY`"
        )
    return endpoint


def is_openai(endpoint: Endpoint) -> bool:
    """Whether it is OpenAI's own service, there or at Azure."""
    return endpoint.host.endswith((".openai.com", ".openai.azure.com"))


def _transport(url: str) -> openai.DefaultAioHttpClient:
    """The aiohttp transport, which takes 0.6 of the CPU time that the default one takes.

    For plain HTTP no certificates are loaded (0.1 s), and no redirect is followed to where they
    would be needed.
    """
    secure = not url.lower().startswith("http://")
    return openai.DefaultAioHttpClient(verify=secure, follow_redirects=secure)


class Connection:
    """A client of one server, for many requests at a time.

    Repeating failed requests is left to the caller. Up to 100 connections are kept open between
    requests.
    """

    def __init__(self, endpoint: Endpoint, model: str, timeout: float) -> None:
        self._endpoint = endpoint
        self._failures = FailureReader(model, endpoint)
        self._timeout = timeout
        self._client = openai.AsyncOpenAI(
            base_url=endpoint.url,
            api_key=endpoint.key,
            max_retries=0,
            timeout=openai.Timeout(None, connect=CONNECT_SECONDS),
            http_client=_transport(endpoint.url),
        )

    async def post(self, body: dict[str, Any]) -> str | Failure:
        """The reply to a chat request as JSON text, or the failure of a prompt that is filtered.

        Raises a `ModelError`. The text is not parsed by the client, which would take a third of the
        time that a request costs here.
        """
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._client.post("/chat/completions", cast_to=str, body=body)
                return self._endpoint.hide(reply)
        except TimeoutError:
            raise ModelTimeoutError(f"no complete answer within {self._timeout:g} s") from None
        except openai.OpenAIError as error:
            # Not chained: the client's own text and request may hold the key.
            failure = self._failures.find_refusal(error)
            if failure is None:
                raise self._failures.translate(error) from None
            return failure

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
