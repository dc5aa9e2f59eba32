"""What of a clip may a user leave out of a request?"""

from __future__ import annotations

from dataclasses import dataclass

from ugcbench.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipOptions:
    """What of a clip is sent: its `frames`, its `audio`, and the JPEG quality.

    Raises `UsageError` for a quality that is not from 1 to 95.
    """

    frames: bool = True
    audio: bool = True
    jpeg_quality: int = 90

    def __post_init__(self) -> None:
        if not 1 <= self.jpeg_quality <= 95:
            raise UsageError(f"jpeg_quality must be from 1 to 95, not {self.jpeg_quality}")
