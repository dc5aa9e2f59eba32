"""Which cells of a run were carried over to another judge's scale?

`ugcbench judge bridge --apply RUN` leaves them in RUN/bridged.json, beside the run's own numbers.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ugcbench.errors import RunCorruptError, RunError
from ugcbench.types import Cell, Summary

BRIDGED = "bridged.json"


def read_bridged(path: Path, summary: Summary) -> tuple[Cell, ...]:
    """The bridged cells of the run directory `path`, none without such a file.

    Raises `RunError` if the run was scored anew since they were made, and `RunCorruptError` for a
    file that can't be read.
    """
    file = path / BRIDGED
    if not file.is_file():
        return ()
    try:
        cells = TypeAdapter(tuple[Cell, ...]).validate_json(file.read_bytes())
    except ValidationError as error:
        raise RunCorruptError(f"{file}: {error}") from error
    native = {cell.name: _basis(cell) for cell in summary.cells}
    for cell in cells:
        if cell.bridged is None:
            raise RunCorruptError(f"{file}: {cell.name} doesn't say how it was bridged")
        if native.get(cell.name) != _basis(cell):
            raise RunError(
                f"{path} was scored anew since {file.name} was made; remove that file, or type: "
                f"ugcbench judge bridge CALIBRATION_DIR --apply {path}"
            )
    return cells


def _basis(cell: Cell) -> tuple[object, ...]:
    """What a bridged cell shares with the cell that it was made from."""
    judge = cell.bridged.judge if cell.bridged else cell.judge
    return judge, cell.protocol_hash, cell.n, cell.asked
