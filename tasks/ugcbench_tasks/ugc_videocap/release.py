"""What is the dataset `ugc-videocap`?

The gold files of the public release, fetched once by `ugcbench data fetch ugc-videocap`, in one of
two revisions: `v1` as published, and `v1.1` with the corrections of `v1.1.json`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import platformdirs

from ugcbench.errors import DatasetError, UnknownNameError
from ugcbench.gold.corrections import Correction
from ugcbench.plugins import nearest
from ugcbench.protocol import digest
from ugcbench.types import Clip
from ugcbench_tasks.layout import OfficialLayout
from ugcbench_tasks.salvage import Salvage
from ugcbench_tasks.ugc_videocap.corrections import read_revision

NAME = "ugc-videocap"
REVISIONS = ("v1", "v1.1")


def default_root() -> Path:
    """Where the release is kept: below $UGCBENCH_HOME, or in the user's data directory."""
    home = os.environ.get("UGCBENCH_HOME") or platformdirs.user_data_path("ugcbench")
    return Path(home) / "datasets" / NAME


def open_release(
    revision: str = "v1.1", *, videos: str | Path | None = None, root: str | Path | None = None
) -> Release:
    """Open the fetched release.

    `videos` is the folder of the clips if it isn't `root/videos`, `root` the folder of the files if
    they weren't fetched into the usual one. Raises `DatasetError` if they are not there.
    """
    if revision not in REVISIONS:
        raise UnknownNameError(
            f"{NAME} has no revision {revision!r}{nearest(revision, REVISIONS)}; "
            f"its revisions are: {', '.join(REVISIONS)}"
        )
    folder = default_root() if root is None else Path(root)
    if root is None and not folder.is_dir():
        raise DatasetError(
            f"{NAME} has not been fetched (no {folder}); type `ugcbench data fetch {NAME}`, "
            "or use the twelve clips that come with ugcbench: `--dataset mini`"
        )
    return Release(OfficialLayout(folder, videos=videos), revision)


class Release:
    """The release's clips in the order of its files, their gold corrected as `revision` says.

    The property `revision` is a content hash over the files and, where there are any, the
    corrections; the revision's name is part of `name`.
    """

    def __init__(self, layout: OfficialLayout, revision: str) -> None:
        self.layout = layout
        self.name = f"{NAME}@{revision}"
        self._revision = read_revision(revision)

    def __iter__(self) -> Iterator[Clip]:
        return self._revision.apply(self.layout)

    def salvage(self) -> Salvage:
        """Every clip with the gold that can be read, and an error for everything that can't."""
        found = self.layout.salvage()
        return Salvage(tuple(self._revision.apply(found.clips)), found.errors)

    @property
    def revision(self) -> str:
        """The content hash."""
        if not self._revision.corrections:
            return self.layout.revision
        return digest([self.layout.revision, self._revision.hash])

    @property
    def videos(self) -> Path:
        """The folder in which the clips are looked for."""
        return self.layout.videos

    @cached_property
    def corrections(self) -> tuple[tuple[Correction, int], ...]:
        """Each correction and the number of clips that it changes here; a note changes none."""
        counts = self._revision.count(self.layout.salvage().clips)
        return tuple((c, counts[n]) for n, c in enumerate(self._revision.corrections))
