"""Which clips are offered, and by which ids do they go?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ugcbench.errors import DatasetError

SUFFIXES = frozenset(
    [
        ".3gp",
        ".avi",
        ".flv",
        ".m2ts",
        ".m4v",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".ogv",
        ".ts",
        ".webm",
        ".wmv",
    ]
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A clip that may be kept; `id` is unique among all that are offered."""

    id: str
    path: Path


@dataclass(frozen=True, slots=True)
class Offers:
    """The clips in a fixed order, and how many other files lie among them."""

    clips: tuple[Offer, ...]
    others: int = 0


def find_offers(source: Path) -> Offers:
    """The clips below a folder, or those that a text file lists, one path a line.

    Listed paths are relative to the list's folder; blank lines and those that begin with # are
    skipped. Hidden files and folders are passed over. Raises `DatasetError` if there is no clip.
    """
    paths, others = _walk(source) if source.is_dir() else (_read_list(source), 0)
    if not paths:
        what = f"no clip below it ({', '.join(sorted(SUFFIXES))})" if source.is_dir() else "no path"
        raise DatasetError(f"{source}: {what}; name a folder of clips, or a list of their paths")
    names = _name(paths)
    return Offers(tuple(map(Offer, names, paths)), others)


def _walk(folder: Path) -> tuple[list[Path], int]:
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if _is_offered(path) and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]
    clips = [path for path in files if path.suffix.lower() in SUFFIXES]
    return clips, len(files) - len(clips)


def _is_offered(path: Path) -> bool:
    """Whether it is a file, or a link to one that is missing, which is then reported as such."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _read_list(file: Path) -> list[Path]:
    if file.suffix.lower() in SUFFIXES and b"\0" in file.read_bytes()[:1024]:
        raise DatasetError(f"{file} is a clip; name its folder, or a list of paths")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file}: can't be read as a list of paths: {error}") from error
    wanted = [line.strip() for line in lines]
    paths = [file.parent / line for line in wanted if line and not line.startswith("#")]
    return list(dict.fromkeys(paths))


def _name(paths: Sequence[Path]) -> list[str]:
    """The stems of the files; where two are alike, with their folders or a number as well."""
    stems = Counter(path.stem for path in paths)
    names: dict[str, None] = {}
    for path in paths:
        name = path.stem if stems[path.stem] == 1 else f"{path.parent.name}-{path.stem}"
        number = 1
        while (unique := name if number == 1 else f"{name}-{number}") in names:
            number += 1
        names[unique] = None
    return list(names)
