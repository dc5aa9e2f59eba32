"""How does the dataset hub answer a client that lists and downloads one repository?

It speaks the part of the hub's protocol that `huggingface_hub` uses to read a dataset repository:

    GET  /api/datasets/<repository>[/revision/<commit or main>]       commit and names of all files
    HEAD /datasets/<repository>/resolve/<commit or main>/<path>       ETag, X-Repo-Commit and size
    GET  the same                                                     the bytes, or a range of them

Point the client at it by the environment variable `HF_ENDPOINT`, before it is imported.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from ugcbench.testing.loopback import LoopbackServer, Request, Response, json_response

RANGE = re.compile(r"bytes=(\d+)-(\d*)$")


class HubServer(LoopbackServer):
    """A hub that holds one dataset repository.

    `files` maps paths to bytes, `commit` is a hash over them. With `gated`, nothing is given out.
    `cut` says, by path, after how many bytes the first download breaks off.
    """

    def __init__(
        self,
        repository: str,
        files: Mapping[str, bytes],
        *,
        gated: bool = False,
        cut: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(self._answer)
        self.repository = repository
        self.files = dict(files)
        self.gated = gated
        self._cut = dict(cut or {})

    @property
    def commit(self) -> str:
        """40 hexadecimal digits, as of a git commit."""
        digest = hashlib.sha1(usedforsecurity=False)
        for path, content in sorted(self.files.items()):
            digest.update(path.encode() + b"\0" + _etag(content).encode())
        return digest.hexdigest()

    def _answer(self, request: Request) -> Response:
        path = unquote(urlsplit(request.path).path)
        api, files = f"/api/datasets/{self.repository}", f"/datasets/{self.repository}/resolve/"
        revisions = {"main", self.commit}
        if path in {api, *(f"{api}/revision/{revision}" for revision in revisions)}:
            return self._refusal() or json_response(self._info())
        revision, _, name = path.removeprefix(files).partition("/")
        if not path.startswith(files):
            return _error(404, "RepoNotFound", "Repository not found")
        if revision not in revisions:
            return _error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        if name not in self.files:
            return _error(404, "EntryNotFound", "Entry not found", {"x-repo-commit": self.commit})
        return self._refusal() or self._send(request, name)

    def _refusal(self) -> Response | None:
        message = f"Access to dataset {self.repository} is restricted."
        return _error(401, "GatedRepo", message) if self.gated else None

    def _info(self) -> Mapping[str, object]:
        return {
            "_id": self.commit[:24],
            "id": self.repository,
            "sha": self.commit,
            "private": False,
            "gated": self.gated,
            "disabled": False,
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "siblings": [{"rfilename": name} for name in self.files],
        }

    def _send(self, request: Request, name: str) -> Response:
        content = self.files[name]
        headers = {
            "etag": f'"{_etag(content)}"',
            "x-repo-commit": self.commit,
            "accept-ranges": "bytes",
            "content-type": "application/octet-stream",
        }
        if request.method == "HEAD":
            return Response(200, content, headers)
        wanted = RANGE.match(request.headers.get("range", ""))
        if wanted is None:
            return Response(200, content, headers, cut=self._cut.pop(name, None))
        begin, end = int(wanted[1]), int(wanted[2] or len(content) - 1)
        headers["content-range"] = f"bytes {begin}-{end}/{len(content)}"
        return Response(206, content[begin : end + 1], headers, cut=self._cut.pop(name, None))


def _etag(content: bytes) -> str:
    """The hash of a git blob, which is what the hub gives as the ETag of a small file."""
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


def _error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    told = {"x-error-code": code, "x-error-message": message, **(headers or {})}
    return json_response({"error": message}, status, told)
