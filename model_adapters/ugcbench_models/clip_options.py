"""What of a clip may a user leave out of a request?"""

from __future__ import annotations

from dataclasses import dataclass

from ugcbench.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipOptions:
    """What of a clip is sent: its `frames`, its `audio`, and the JPEG quality.

    `video` says that the API gets the frames as one video, of a form that it names: `jpegs` (the
    very frames, one after the other) or `file` (the clip's own file, from which the server takes
    the frames). Raises `UsageError` for a form that isn't known, for a video without frames, and
    for a quality that is not from 1 to 95.
    """

    frames: bool = True
    audio: bool = True
    jpeg_quality: int = 90
    video: str | None = None

    def __post_init__(self) -> None:
        if self.video not in (None, "jpegs", "file"):
            raise UsageError(f"video_url must be jpegs or file, not {self.video!r}")
        if self.video and not self.frames:
            raise UsageError("frames=false leaves nothing for video_url; leave one of them out")
        if not 1 <= self.jpeg_quality <= 95:
            raise UsageError(f"jpeg_quality must be from 1 to 95, not {self.jpeg_quality}")
