"""What could not be read, and where?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ugcbench.errors import DatasetError

SHOWN = 20


@dataclass
class Problems:
    """Collects problems in words, each beginning with file and line, so that all are shown."""

    found: list[str] = field(default_factory=list)

    def add(self, place: str, what: str) -> None:
        """Note one problem."""
        self.found.append(f"{place}: {what}")

    def stop(self) -> None:
        """Raise `DatasetError` with all problems if there are any."""
        if self.found:
            more = len(self.found) - SHOWN
            rest = [f"... and {more} more"] if more > 0 else []
            listing = "\n".join([*self.found[:SHOWN], *rest])
            raise DatasetError(
                f"{len(self.found)} problems, nothing was imported (--skip-bad imports the rest):\n"
                f"{listing}"
            )


def read_json(file: Path, problems: Problems) -> Any:  # noqa: ANN401
    """The JSON value of a file, or None with a problem noted."""
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        problems.add(f"{file}:{error.lineno}", f"not JSON ({error.msg}); is the file cut off?")
    except UnicodeDecodeError as error:
        problems.add(str(file), f"not UTF-8 (byte {error.start})")
    except (ValueError, RecursionError) as error:
        problems.add(str(file), f"can't be read ({error})")
    return None


def read_json_lines(file: Path, problems: Problems) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and object of every line that can be read; the others are noted as problems."""
    for number, raw in enumerate(file.read_bytes().splitlines(), start=1):
        place = f"{file}:{number}"
        if not raw.strip():
            continue
        try:
            value = json.loads(raw.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            problems.add(place, f"not JSON ({error})")
            continue
        if isinstance(value, dict):
            yield place, value
        else:
            problems.add(place, "not a JSON object")
