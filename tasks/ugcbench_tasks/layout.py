"""How do the files of the official UGC-VideoCap release become clips with gold?

The release holds one JSON file per kind of question and one JSON Lines file of on-screen text:

    omni_bench_qa/benchmark_qa/tone.json   {"question": str, "valid_count": int, "samples": [
                                             {"video_id", "path", "answer", "options"?}]}
    results/ocr/ocr.jsonl                  {"video_id": str, "ocr": [str]} a line
    videos/<video_id>.mp4                  the clips, which the release itself leaves out

The same files directly in `benchmark_qa/` or in the directory itself are found as well. A file may
be absent: then no clip has that gold.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from ugcbench.errors import DatasetError
from ugcbench.paths import Enclosure, find_below
from ugcbench.types import Clip, Gold
from ugcbench_tasks.gold import KEYS
from ugcbench_tasks.gold_files import GoldFile, read_bytes, read_gold_file
from ugcbench_tasks.salvage import Salvage, sort_out

FILES = {
    "final_caption": "final_caption_qa.json",
    "audio_caption": "audio_caption_qa.json",
    "visual_caption": "visual_caption_qa.json",
    "voice_source": "voice_source.json",
    "tone": "tone.json",
    "bgm": "BGM.json",
    "objects": "object.json",
    "background": "back_ground_change_new.json",
    "ocr": "ocr.jsonl",
}
FOLDERS = ("omni_bench_qa/benchmark_qa", "results/ocr", "benchmark_qa", "")


class OfficialLayout:
    """The clips below `root`, in the order in which the gold files first name them.

    `videos` is the folder of the clips if it isn't `root/videos`. `revision` is the first 12 hex
    digits of a SHA-256 over the gold files. Nothing but the gold is read, and the clips need not be
    there. Raises `DatasetError` if `root` holds no gold file, and while iterating if one is broken.
    """

    def __init__(
        self, root: str | Path, *, videos: str | Path | None = None, name: str | None = None
    ) -> None:
        self.root = Path(root).resolve()
        self.files = find_files(self.root)
        self.name = name or self.root.name
        self._videos = None if videos is None else Path(videos)

    def __iter__(self) -> Iterator[Clip]:
        errors = [error for file in self.gold_files for error in file.errors]
        if errors:
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            raise DatasetError(f"{errors[0]}{more}; see `ugcbench data validate {self.root}`")
        for part in self._clips():
            if isinstance(part, DatasetError):
                raise part
            yield part

    def salvage(self) -> Salvage:
        """Every clip with the gold that can be read, and an error for everything that can't."""
        errors = tuple(error for file in self.gold_files for error in file.errors)
        found = sort_out(self._clips())
        return Salvage(found.clips, (*errors, *found.errors))

    @property
    def videos(self) -> Path:
        """The folder in which the clips are looked for."""
        return self._videos or self.root / "videos"

    @cached_property
    def revision(self) -> str:
        """The content hash of the gold files, the same wherever they lie."""
        digest = hashlib.sha256()
        for key, file in self.files.items():
            digest.update(f"{key} {hashlib.sha256(read_bytes(file)).hexdigest()}\n".encode())
        return digest.hexdigest()[:12]

    @cached_property
    def gold_files(self) -> tuple[GoldFile, ...]:
        """What each gold file holds."""
        return tuple(read_gold_file(key, file) for key, file in self.files.items())

    def _clips(self) -> Iterator[Clip | DatasetError]:
        paths: dict[str, str | None] = {}
        gold: dict[str, dict[str, Gold]] = {}
        for file in self.gold_files:
            for entry in file.entries:
                gold.setdefault(entry.video_id, {})[file.key] = entry.gold
                paths[entry.video_id] = paths.get(entry.video_id) or entry.path
        top = self.root if self._videos is None else self._videos
        enclosure = Enclosure(top.resolve())
        for video_id, known in gold.items():
            media = self._find_media(video_id, paths[video_id])
            if enclosure.find(str(media.relative_to(top))) is None:
                yield DatasetError(
                    f"{media} leads out of {top} by a link; put the clips there, or name their own "
                    "folder with the option videos=DIR"
                )
            else:
                yield Clip(id=video_id, media=str(media), gold=known)

    def _find_media(self, video_id: str, path: str | None) -> Path:
        if self._videos is None and path:
            own = find_below(self.root, path)
            if own and own.is_file():
                return own
        return self.videos / f"{video_id}.mp4"


def find_files(root: Path) -> dict[str, Path]:
    """The gold files below `root` by gold key, in the order of `KEYS`; raises `DatasetError`."""
    if not root.is_dir():
        raise DatasetError(f"{root}: no such directory")
    found = {
        key: file
        for key in KEYS
        for folder in reversed(FOLDERS)
        if (file := root / folder / FILES[key]).is_file()
    }
    for file in found.values():
        if find_below(root.resolve(), str(file.relative_to(root))) is None:
            raise DatasetError(f"{file} leads out of {root} by a link; put the file itself there")
    if not found:
        raise DatasetError(
            f"{root}: no gold file of UGC-VideoCap there; looked for {', '.join(FILES.values())} "
            f"in the directory itself and in {', '.join(filter(None, FOLDERS))}"
            + "".join(f"; {hint}" for hint in find_renamed(root).values())
        )
    return found


def find_renamed(root: Path) -> dict[str, str]:
    """Per absent gold file, in words, a file below `root` whose name is so like it that it may be
    the one that was renamed.
    """
    names = {
        file.name: file
        for folder in FOLDERS
        for file in sorted((root / folder).glob("*"))
        if file.is_file() and file.name not in FILES.values()
    }
    by_case = {name.casefold(): name for name in names}
    hints = {}
    for key, wanted in FILES.items():
        if any((root / folder / wanted).is_file() for folder in FOLDERS):
            continue
        near = difflib.get_close_matches(wanted.casefold(), list(by_case), n=1, cutoff=0.75)
        if near:
            found = names[by_case[near[0]]].relative_to(root)
            hints[key] = f"{found} lies there: if it is {wanted}, give it back that name"
    return hints
