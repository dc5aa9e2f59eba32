"""How are lines of JSON read, and is each still the line that was written?

A sealed line begins with the CRC-32 of all that stands behind it, as the first field of its object,
so that a byte that was changed, or a hole that made one line of two, is not taken for an answer.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from ugcbench.errors import RunCorruptError, RunError

SEAL = re.compile(rb'{"crc32":"([0-9a-f]{8})",')

READ_AT_ONCE = 1 << 13
"""Bytes read for a line that is looked up: enough for most, and twice as many where it goes on."""


def lines_with_offset(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, each with the byte at which it begins; none if there is no file."""
    if not path.exists():
        return
    offset = 0
    try:
        with path.open("rb") as file:
            for raw in file:
                yield offset, raw
                offset += len(raw)
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}") from error


def parse_line(path: Path, offset: int, raw: bytes) -> dict[str, Any]:
    """One JSON object; raises `RunCorruptError` naming file and byte, and what to do."""
    try:
        line = from_json(unseal(raw))
    except ValueError as error:
        why = str(error).replace("line 1 column", "character")
        raise RunCorruptError(tell_damage(path, offset, f"not JSON, or damaged ({why})")) from error
    if not isinstance(line, dict) or "crc32" in line:
        why = "its checksum is none" if isinstance(line, dict) else "not a JSON object"
        raise RunCorruptError(tell_damage(path, offset, why))
    return line


def seal(line: bytes) -> bytes:
    """A JSON object that isn't empty, without a newline, with its checksum."""
    return b'{"crc32":"%08x",%b' % (zlib.crc32(line), line[1:])


def unseal(line: bytes) -> bytes:
    """The JSON object that was sealed; a line without a seal is left as it is.

    Raises `ValueError` where the checksum is that of another line.
    """
    line = line.removesuffix(b"\n")
    found = SEAL.match(line)
    if found is None:
        return line
    inside = b"{" + line[found.end() :]
    if zlib.crc32(inside) != int(found[1], 16):
        raise ValueError("its checksum is that of another line")
    return inside


def read_line(descriptor: int, offset: int) -> bytes:
    """The line that begins at a byte of an open file, without its newline."""
    parts = []
    size = READ_AT_ONCE
    while chunk := os.pread(descriptor, size, offset):
        head, newline, _ = chunk.partition(b"\n")
        parts.append(head)
        if newline:
            break
        offset, size = offset + len(chunk), 2 * size
    return b"".join(parts)


def repair_tail(path: Path) -> str | None:
    """Cut a torn last line off a JSONL file, or end it if only its newline is missing.

    Returns what was done in words, or None.
    """
    if not path.exists() or not (size := path.stat().st_size):
        return None
    with path.open("rb+") as file:
        start = _last_line_start(file, size)
        file.seek(start)
        tail = file.read()
        if tail.endswith(b"\n"):
            return None
        try:
            from_json(tail)
        except ValueError:
            file.truncate(start)
            return f"{path.name}: a torn last line of {len(tail)} bytes was cut off"
        file.write(b"\n")
        return f"{path.name}: the last line was ended"


def _last_line_start(file: Any, size: int) -> int:  # noqa: ANN401
    """Where the line begins that the last byte of the file belongs to."""
    end, block = size - 1, 1 << 16
    while end > 0:
        begin = max(0, end - block)
        file.seek(begin)
        at = file.read(end - begin).rfind(b"\n")
        if at >= 0:
            return int(begin + at + 1)
        end = begin
    return 0


def tell_damage(path: Path, offset: int, why: str) -> str:
    """Where a file is damaged, and how to go on; only an answer that was asked for is lost."""
    if path.name == "records.jsonl":
        remedy = f"write it anew by: ugcbench run --resume {path.parent}"
    else:
        with path.open("rb") as file:
            number = file.read(offset).count(b"\n") + 1
        remedy = (
            f"put a whole copy of the file back, or delete line {number} of it and go on: what the "
            "line held is asked for again"
        )
    return f"{path}, byte {offset}: {why}; {remedy}"
