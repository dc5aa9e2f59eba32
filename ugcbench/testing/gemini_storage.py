"""How does the Files API take in, prepare and give up what is uploaded?"""

from __future__ import annotations

import json
import re
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ugcbench.testing.faults import Fault
from ugcbench.testing.gemini_requests import GoogleRefusal
from ugcbench.testing.loopback import Request, Response, json_response

UploadFault = Fault | Literal["processing_failed", "never_active", "lost"]
"""What can go wrong with one upload: how its first request fails, or what becomes of the file.

`processing_failed` ends as FAILED, `never_active` stays PROCESSING; `lost` is gone as soon as it is
asked about.
"""

NAME = re.compile(r"files/[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""How a client may name a file."""

TIME = "2026-11-22T00:00:00Z"


@dataclass(slots=True)
class StoredFile:
    """A file of the service; `data` are its bytes, `state` is PROCESSING, ACTIVE or FAILED."""

    name: str
    mime_type: str
    display_name: str
    data: bytes
    state: str = "PROCESSING"
    polls: int = 0
    fate: UploadFault | None = None

    def describe(self, origin: str) -> dict[str, Any]:
        """The file as the API tells of it."""
        told: dict[str, Any] = {
            "name": self.name,
            "displayName": self.display_name,
            "mimeType": self.mime_type,
            "sizeBytes": str(len(self.data)),
            "createTime": TIME,
            "updateTime": TIME,
            "uri": f"{origin}/v1beta/{self.name}",
            "state": self.state,
            "source": "UPLOADED",
        }
        if self.state == "FAILED":
            told["error"] = {"code": 3, "message": "The video could not be processed."}
        return told


@dataclass(slots=True)
class _Session:
    """An upload that has begun: the file to be, and how many bytes are to come."""

    file: StoredFile
    size: int


class FileStorage:
    """The files of one server.

    `polls` is how often a new file is asked about until it is ACTIVE. `files` are those that exist
    by name; `uploaded` and `deleted` the names that ever were.
    """

    def __init__(self, polls: int = 1) -> None:
        self.polls = polls
        self.files: dict[str, StoredFile] = {}
        self.uploaded: list[str] = []
        self.deleted: list[str] = []
        self.fates: deque[UploadFault | None] = deque()
        self._sessions: dict[str, _Session] = {}

    def start(self, request: Request, origin: str, fate: UploadFault | None) -> Response:
        """Begin a resumable upload: the answer says where its bytes are to be sent."""
        headers = request.headers
        wanted = (headers.get("x-goog-upload-protocol"), headers.get("x-goog-upload-command"))
        if wanted != ("resumable", "start"):
            raise GoogleRefusal(400, "Only resumable uploads are known here.")
        told = (json.loads(request.body or b"{}") or {}).get("file") or {}
        name = told.get("name") or f"files/{uuid.uuid4().hex[:12]}"
        if not NAME.fullmatch(name):
            raise GoogleRefusal(400, f"* CreateFileRequest.file.name: '{name}' is no file name")
        if name in self.files:
            raise GoogleRefusal(409, f"File {name} already exists.", name="ALREADY_EXISTS")
        mime = headers.get("x-goog-upload-header-content-type", "")
        file = StoredFile(name, mime, told.get("displayName", ""), b"", fate=fate)
        size = int(headers["x-goog-upload-header-content-length"])
        session = uuid.uuid4().hex
        self._sessions[session] = _Session(file, size)
        url = f"{origin}/upload/session/{session}"
        return json_response(
            {}, headers={"x-goog-upload-url": url, "x-goog-upload-status": "active"}
        )

    def take(self, request: Request, session_id: str, origin: str) -> Response:
        """Take in a chunk; the last one, sent with `finalize`, makes the file."""
        session = self._sessions.get(session_id)
        if session is None:
            raise GoogleRefusal(404, "There is no such upload.")
        file = session.file
        if int(request.headers.get("x-goog-upload-offset", -1)) != len(file.data):
            raise GoogleRefusal(400, f"The next byte to be uploaded is {len(file.data)}.")
        file.data += request.body
        if "finalize" not in request.headers.get("x-goog-upload-command", ""):
            return Response(200, b"", {"x-goog-upload-status": "active"})
        if len(file.data) != session.size:
            raise GoogleRefusal(400, f"{session.size} bytes were announced.")
        del self._sessions[session_id]
        self.files[file.name] = file
        self.uploaded.append(file.name)
        final = {"x-goog-upload-status": "final"}
        return json_response({"file": file.describe(origin)}, headers=final)

    def look(self, name: str) -> StoredFile:
        """A file that a client asks about, which brings it nearer to ACTIVE."""
        file = self.find(name)
        if file.state == "PROCESSING" and file.fate != "never_active":
            file.polls += 1
            if file.polls >= self.polls:
                file.state = "FAILED" if file.fate == "processing_failed" else "ACTIVE"
        return file

    def find(self, name: str) -> StoredFile:
        """The file of that name; raises `GoogleRefusal` as if it were somebody else's."""
        if name not in self.files:
            raise GoogleRefusal(
                403,
                f"You do not have permission to access the File {name.removeprefix('files/')} "
                "or it may not exist.",
            )
        return self.files[name]

    def delete(self, name: str) -> Mapping[str, Any]:
        """Give a file up."""
        self.find(name)
        del self.files[name]
        self.deleted.append(name)
        return {}
