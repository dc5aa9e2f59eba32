"""Does a path that a dataset names stay in the folder it belongs to?"""

from __future__ import annotations

from pathlib import Path, PurePosixPath


def find_below(folder: Path, relative: str) -> Path | None:
    """Return `folder/relative`, or None if that is, or points, outside `folder`.

    `folder` must be resolved. Absolute paths, `..` and symbolic links out of the folder all lead
    outside: a dataset from elsewhere must not choose which files of this machine are read.
    """
    path = PurePosixPath(relative)
    if path.is_absolute() or not path.name or "\\" in relative:
        return None
    try:
        inside = (folder / path).resolve().is_relative_to(folder)
    except (OSError, RuntimeError, ValueError):  # too long, a loop of links, a null byte
        return None
    return folder / path if inside else None


def check_file_name(name: str) -> str:
    """Return `name` if it can be the stem of a file in a folder.

    Raises `ValueError` otherwise; pydantic turns that into a validation error.
    """
    if not name.strip() or name in {".", ".."} or any(sign in name for sign in "/\\\0"):
        raise ValueError("must be usable as a file name: not blank, no slash")
    return name
