"""How does a server of pages run until it is stopped?"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from ugcbench.errors import UsageError
from ugcbench.pages.guard import Guard

LOOPBACK = "127.0.0.1"


def serve(pages: ASGIApp, *, port: int, told: Callable[[str], None]) -> None:
    """Serve pages, guarded, on the loopback interface until SIGINT or SIGTERM.

    `told` is given the address with its key once the port is taken, any free one for 0. Raises
    `UsageError` if another program has the port.
    """
    with contextlib.closing(_listen(port)) as listening:
        port = listening.getsockname()[1]
        guard = Guard(pages, port)
        config = uvicorn.Config(
            guard,
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        told(f"http://{LOOPBACK}:{port}/?key={guard.key}")
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise UsageError(
            f"port {port} can't be taken ({error.strerror}); name another one by --port"
        ) from error
    return listening
