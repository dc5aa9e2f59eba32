"""How is the network between a client and a server of this machine cut?"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER: a connection that is closed is reset, and what was under way is thrown away."""


class Wire:
    """Passes bytes between its own port and `target`, another port of 127.0.0.1, until it is cut.

    Lives as long as its `with` block.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._do(self._cut())

    def mend(self) -> None:
        """Take connections again, at the same port, and pass what is said."""
        self._do(self._mend())

    def reset(self) -> None:
        """Reset every connection; new ones are taken."""
        self._do(self._reset())

    def hush(self) -> None:
        """Pass nothing any more, and say nothing of it."""
        self._do(self._hush())

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._mend())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _mend(self) -> None:
        self._open.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._reset()

    async def _reset(self) -> None:
        for end in self._ends:
            linger = end.get_extra_info("socket")
            linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            end.transport.abort()

    async def _hush(self) -> None:
        self._open.clear()

    async def _end(self) -> None:
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one client to the server, both ways, until one of them ends it."""
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            ends = {writer, far_writer}
            self._ends |= ends
            both = [self._pass(reader, far_writer), self._pass(far_reader, writer)]
            pumps = [asyncio.create_task(one) for one in both]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._ends -= ends
                for pump in pumps:
                    pump.cancel()
                for end in ends:
                    end.close()
                await asyncio.gather(*pumps, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1 << 16):
            await self._open.wait()
            writer.write(chunk)
            await writer.drain()
