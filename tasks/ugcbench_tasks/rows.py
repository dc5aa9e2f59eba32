"""How does a file of rows become values, one after the other, each with its place in the file?

Each reader yields (number, place, value): the number of the line or row, 0 for what is wrong with
the file as a whole, and a `DatasetError` instead of a value that can't be read. JSON Lines and
parquet are read as they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic_core import from_json

from ugcbench.errors import DatasetError, MissingExtraError

Rows = Iterator[tuple[int, str, object]]
BATCH = 1024
"""Rows of a parquet file that are held at once."""


def read_rows(path: Path) -> Rows:
    """The rows of a file, by its ending; `MissingExtraError` for parquet without pyarrow."""
    return READERS[path.suffix.lower()](path)


def _read_lines(path: Path) -> Rows:
    """Every line of a JSON Lines file that isn't blank."""
    name = str(path)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                place = f"{name}:{number}"
                yield number, place, _parse(line, place)


def _read_list(path: Path) -> Rows:
    """Every row of a JSON file that is one list; of one that breaks off, the rows before that."""
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    rows = _parse(raw, str(path))
    if isinstance(rows, DatasetError):
        yield 0, str(path), rows
        rows = _parse_start(raw)
    if not isinstance(rows, list):
        hint = "must be a list of rows; one row per line goes into a .jsonl file"
        yield 0, str(path), DatasetError(f"{path}: {hint}")
        return
    for number, row in enumerate(rows, start=1):
        yield number, f"{path}: row {number}", row


def _read_parquet(path: Path) -> Rows:
    """Every row of a parquet file; nulls are left out as keys that aren't there."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{path}: reading parquet needs pyarrow: pip install 'ugcbench[parquet]'"
        ) from error
    number = 0
    try:
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(BATCH):
            for row in batch.to_pylist():
                number += 1
                yield number, f"{path}: row {number}", _without_nulls(row)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = str(error).partition("\n")[0]
        place = f"{path}: after row {number}" if number else str(path)
        yield 0, place, DatasetError(f"{place}: not parquet, or cut off or damaged: {reason}")


READERS: Mapping[str, Callable[[Path], Rows]] = MappingProxyType(
    {".jsonl": _read_lines, ".json": _read_list, ".parquet": _read_parquet}
)
"""The kinds of file, by ending."""


def _parse(text: bytes, place: str) -> object:
    try:
        value: object = from_json(text.removeprefix(b"\xef\xbb\xbf"))  # some editors write a BOM
        return value
    except ValueError as error:
        reason = str(error).replace("at line 1 column", "at column")
        return DatasetError(f"{place}: not JSON: {reason}")


def _parse_start(raw: bytes) -> object:
    """The rows before the place where the JSON breaks off, less the last, which may be torn."""
    try:
        rows = from_json(raw, allow_partial=True)
    except ValueError:
        return []
    return rows[:-1] if isinstance(rows, list) else []


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value
