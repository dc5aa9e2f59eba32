"""Which address belongs to which clip?

A list of addresses has one clip a line: its id, a tab, comma or space, and the address. Blank lines
and lines that begin with # are skipped, as is a first line of headings. A line that is only an
address is taken if its path holds the id of a clip of the dataset, as in
`https://example.org/PI-0b1c.mp4`; otherwise nothing says which clip it shows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ugcbench.errors import DatasetError

SEPARATOR = re.compile(r"[\t, ]+")
HEADINGS = {"url", "urls", "link", "video_url", "address"}
SHOWN = 5


def read_urls(path: Path, ids: Collection[str]) -> Mapping[str, str]:
    """Addresses by clip id, in the order of the file.

    Raises `DatasetError` that names each wrong line: no address, not http or https, an id that is
    not of the dataset, an id with two addresses.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: can't be read: {error}") from error
    found: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = SEPARATOR.split(line.strip(), maxsplit=1)
        if not words[0] or words[0].startswith("#"):
            continue
        if number == 1 and words[-1].strip().casefold() in HEADINGS:
            continue
        try:
            name, url = _read_line(words, ids)
            if found.setdefault(name, url) != url:
                raise ValueError(f"{name} has another address above")
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        more = [f"... and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise DatasetError("\n  ".join([*problems[:SHOWN], *more]))
    if not found:
        raise DatasetError(f"{path}: holds no address; write lines of id<TAB>address")
    return found


def _read_line(words: list[str], ids: Collection[str]) -> tuple[str, str]:
    url = words[-1].strip()
    parts = urlsplit(url)  # raises ValueError for what can't be one
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in url:
        raise ValueError(f"{url!r} is no address that begins with http:// or https://")
    if len(words) == 1:
        named = [PurePosixPath(step).stem for step in unquote(parts.path).split("/")]
        own = [name for name in named if name in ids]
        if len(own) != 1:
            raise ValueError(f"{url} does not say which clip it shows; write id<TAB>address")
        return own[0], url
    if words[0] not in ids:
        raise ValueError(f"{words[0]!r} is no clip of the dataset")
    return words[0], url
