"""How does a real HTTP server run beside a test, on a thread and a port of its own?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import responses as reasons
from types import TracebackType
from typing import Any, Self

SECRET_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "x-goog-api-key", "cookie"})
"""Request headers that a server sees but does not keep in its records."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever the client sent
        """The body as JSON; raises `ValueError` if it is none."""
        return json.loads(self.body)

    def without_secrets(self) -> Request:
        """The same request less its credentials."""
        kept = {name: value for name, value in self.headers.items() if name not in SECRET_HEADERS}
        return Request(self.method, self.path, kept, self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer.

    With `cut`, only that many bytes of the body are sent and the connection is closed. With `hang`,
    nothing is sent at all.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    hang: bool = False

    def encode(self, method: str = "GET") -> bytes:
        """Status line, headers, and the body or what `cut` leaves of it; none in answer to HEAD."""
        headers = {**self.headers, "content-length": len(self.body)}
        head = [f"HTTP/1.1 {self.status} {reasons.get(self.status, 'Unknown')}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        body = b"" if method == "HEAD" else self.body[: self.cut]
        return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def json_response(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer whose body is `value` as JSON."""
    body = json.dumps(value).encode()
    return Response(status, body, {"content-type": "application/json", **(headers or {})})


class LoopbackServer:
    """A keep-alive HTTP/1.1 server on 127.0.0.1 that lives as long as its `with` block.

    `respond` makes the answer to a request, on the server's thread; it is sent `latency` seconds
    later. `port` 0 takes any free port. `requests` holds the last `keep` requests without their
    credentials, `calls` is the number of all of them, `peak` the largest number in flight at once.
    Entering raises `OSError` if the port is taken.
    """

    def __init__(
        self,
        respond: Callable[[Request], Response],
        *,
        port: int = 0,
        latency: float = 0.0,
        keep: int = 256,
    ) -> None:
        self.port = port
        self.latency = latency
        self.requests: deque[Request] = deque(maxlen=keep)
        self.calls = 0
        self.peak = 0
        self._respond = respond
        self._in_flight = 0
        self._conversations: set[asyncio.Task[None]] = set()

    @property
    def origin(self) -> str:
        """The address without a path: `http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except OSError:
            self._end_loop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
        self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._converse, "127.0.0.1", self.port, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        self._server.close()
        for task in self._conversations:
            task.cancel()
        await asyncio.gather(*self._conversations)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after the other, until either side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        gone = (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError)
        try:
            with contextlib.suppress(*gone):
                while await self._exchange(reader, writer):
                    pass
        finally:  # also when `respond` fails: asyncio logs why, and the client sees the end
            self._conversations.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays open."""
        request = await read_request(reader)
        self.calls += 1
        self.requests.append(request.without_secrets())
        self._in_flight += 1
        self.peak = max(self.peak, self._in_flight)
        try:
            response = self._respond(request)
            await asyncio.sleep(self.latency)
            if response.hang:
                await asyncio.Event().wait()
        finally:
            self._in_flight -= 1
        writer.write(response.encode(request.method))
        await writer.drain()
        return response.cut is None


async def read_request(reader: asyncio.StreamReader) -> Request:
    """The next request of a connection; raises `asyncio.IncompleteReadError` where it ends.

    The body's length must be announced, as every JSON client does: it isn't read in chunks.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").rstrip().split("\r\n")
    method, path, _ = line.split(" ", 2)
    pairs = (field.partition(":") for field in fields)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)
