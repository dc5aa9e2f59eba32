"""How is a running fleet told to be larger or smaller?"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

SIGNALS = {signal.SIGTTIN: 1, signal.SIGTTOU: -1}
"""As for other servers with workers: one more, one fewer."""


@contextlib.contextmanager
def heeding(change: Callable[[int], None]) -> Iterator[None]:
    """Call `change` with 1 or -1 on SIGTTIN or SIGTTOU; without effect outside the main thread."""
    loop = asyncio.get_running_loop()
    heeded = []
    with contextlib.suppress(ValueError, RuntimeError):  # signals are the main thread's
        for number, step in SIGNALS.items():
            loop.add_signal_handler(number, change, step)
            heeded.append(number)
    try:
        yield
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)
