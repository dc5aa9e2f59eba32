"""How do the requests about a clip share one upload of it, and when is it deleted?"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
import weakref
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass

import google.genai
from google.genai import types

from ugcbench.errors import FatalModelError, ModelError
from ugcbench.sharing import join
from ugcbench_models.gemini_connection import Connection
from ugcbench_models.gemini_errors import LostFileError

IDLE_KEPT = 8
"""Uploads that nobody uses and that are kept all the same: the tasks of a clip follow each other,
and several clips are in flight."""

DELETE_ATTEMPTS = 3
DELETE_PAUSE = 0.5
"""How often a deletion is tried, and seconds in between."""

LAST_MILLISECONDS = 5_000
"""How long the end of the interpreter is held up by each deletion, at most."""

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Upload:
    """One upload: its name, the work that ends with its URI, and how many requests need it."""

    name: str
    work: asyncio.Task[str]
    users: int = 0


class Uploads:
    """The clips that are at the service, each once for all requests about it.

    An upload is deleted when it is not in use and `keep` others were used since, when it failed or
    got lost, and at the end. Its name is ours, so that it can be deleted even if the answer to the
    upload never came. Files that are left when the interpreter ends without `close`, or that
    `close` was not allowed to delete, are deleted on the way out; what remains after that expires
    at the service within 48 hours.
    """

    def __init__(self, connection: Connection, keep: int = IDLE_KEPT) -> None:
        self._connection = connection
        self._keep = keep
        self._open: OrderedDict[str, _Upload] = OrderedDict()
        self._deleting: set[asyncio.Task[None]] = set()
        self._names: set[str] = set()
        self._sweep = weakref.finalize(self, _delete_rest, connection.client, self._names)

    @contextlib.asynccontextmanager
    async def lend(self, path: str, mime_type: str) -> AsyncIterator[str]:
        """The URI of the clip at `path`, which stays valid within the block.

        Raises a `ModelError` if the upload fails; then the next request begins another one.
        """
        upload = self._find(path, mime_type)
        upload.users += 1
        try:
            # A request that is cancelled must not take the upload from the others.
            yield await join(upload.work)
        except LostFileError:
            self._drop(path, upload)
            raise
        finally:
            upload.users -= 1
            self._retire()

    async def close(self) -> None:
        """Delete everything, also what is still being uploaded."""
        for path, upload in list(self._open.items()):
            upload.work.cancel()
            self._drop(path, upload)
        while self._deleting:
            await asyncio.gather(*self._deleting)
        if not self._names:
            self._sweep.detach()

    def _find(self, path: str, mime_type: str) -> _Upload:
        upload = self._open.get(path)
        if upload is None:
            name = f"files/ugcbench-{uuid.uuid4().hex[:24]}"
            self._names.add(name)
            work = asyncio.create_task(self._connection.upload(path, name, mime_type))
            upload = self._open[path] = _Upload(name, work)
            work.add_done_callback(lambda work: self._settle(path, upload))
        self._open.move_to_end(path)
        return upload

    def _settle(self, path: str, upload: _Upload) -> None:
        """Drop an upload that failed; asking for the error marks it as seen."""
        if upload.work.cancelled() or upload.work.exception():
            self._drop(path, upload)

    def _retire(self) -> None:
        idle = [(p, u) for p, u in self._open.items() if not u.users and u.work.done()]
        for path, upload in idle[: max(0, len(idle) - self._keep)]:
            self._drop(path, upload)

    def _drop(self, path: str, upload: _Upload) -> None:
        """Lend it no more, and delete it in the background; once is enough."""
        if self._open.get(path) is upload:
            del self._open[path]
            task = asyncio.create_task(self._delete(upload))
            self._deleting.add(task)
            task.add_done_callback(self._deleting.discard)

    async def _delete(self, upload: _Upload) -> None:
        await asyncio.wait([upload.work])
        for attempt in range(DELETE_ATTEMPTS):
            if attempt:
                await asyncio.sleep(DELETE_PAUSE)
            problem = await self._try_delete(upload)
            if problem is None:
                break
        if problem is None or isinstance(problem, LostFileError):
            self._names.discard(upload.name)
        else:
            log.warning("%s; the file expires at the service within 48 hours", problem)

    async def _try_delete(self, upload: _Upload) -> ModelError | None:
        """Why the file may still be there, or None."""
        work = upload.work
        broken_off = work.cancelled() or work.exception() is not None
        try:
            await self._connection.delete(upload.name)
        except LostFileError as error:
            # The service may still be finishing what it got of an upload that broke off.
            return error if broken_off else None
        except FatalModelError as error:
            return None if broken_off else error  # a wrong key has uploaded nothing
        except ModelError as error:
            return error
        return None


def _delete_rest(client: google.genai.Client, names: set[str]) -> None:
    in_time = types.DeleteFileConfig(http_options=types.HttpOptions(timeout=LAST_MILLISECONDS))
    with contextlib.closing(client):
        for name in names:
            with contextlib.suppress(Exception):  # there is nobody left to tell
                client.files.delete(name=name, config=in_time)
