"""Where on this machine is the clip that a row names?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class ClipPaths:
    """Finds clips: where the row says, in the folder of its file, then in the folder of media.

    The official files name paths of their authors' machine, so a clip of that file name in the
    folder of media is taken as well.

    Args:
        folder: what relative paths are relative to.
        media: a further folder in which clips lie.

    """

    folder: Path
    media: Path | None = None

    def candidates(self, video: str) -> list[Path]:
        """All places where the clip may lie, the likeliest first; absolute paths."""
        named = PurePosixPath(video)
        places = [self.folder / named]
        if self.media is not None:
            places += [self.media / named, self.media / named.name]
        return list(dict.fromkeys(place.absolute() for place in places))

    def find(self, video: str) -> Path | None:
        """The first place where a file is, or None."""
        return next((place for place in self.candidates(video) if place.is_file()), None)
