"""How do several callers wait for one piece of work?"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

T = TypeVar("T")


async def join(work: asyncio.Future[T]) -> T:
    """Wait for work that others may be waiting for, too, and return what it gives.

    A caller that is cancelled doesn't stop it. If it fails when everybody has gone, nothing is
    printed; whoever made the callers give up has told why. (After `asyncio.shield`, such
    a failure is printed with its traceback.)
    """
    work.add_done_callback(_hear)
    await asyncio.wait((work,))
    return work.result()


def _hear(work: asyncio.Future[Any]) -> None:
    if not work.cancelled():
        work.exception()
