"""How is a row written for ms-swift?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ugcbench.errors import UsageError
from ugcbench_train.data.official import OfficialFormat, to_official
from ugcbench_train.recipe import Stage
from ugcbench_train.rows import Row

TAGS = (
    "<image>",
    "<video>",
    "<audio>",
    "<bbox>",
    "<ref-object>",
    "<cot-process>",
    "<start-image>",
    "<img>",
)
"""What ms-swift takes for media wherever it stands in a message."""

FORMATS: dict[Stage, OfficialFormat] = {"sft": "official-sft", "grpo": "official-grpo"}


def write_lines(rows: Iterable[Row], stage: Stage) -> str:
    """The rows as JSON Lines, with their clips' absolute paths.

    The layout is that of the official files. Raises `UsageError` for a row without a caption, and
    for one whose words ms-swift would take for media.
    """
    return "".join(json.dumps(_line(row, stage), ensure_ascii=False) + "\n" for row in rows)


def _line(row: Row, stage: Stage) -> dict[str, Any]:
    words = (row.prompt, row.caption or "") if stage == "sft" else (row.prompt,)
    for tag in TAGS:
        if any(tag in text for text in words):
            raise UsageError(
                f"row {row.id!r} says {tag}, which ms-swift takes for media; take the row out"
            )
    return to_official(row, FORMATS[stage])
