"""How does a text lose the paths of the machine that it was written on?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ugcbench.types import Failure

FOLDERS = re.compile(
    r"""(?:file://|(?<![\w./~-])|(?<=\w/))  # not within an address or a relative path; hf//data/x
        (?:[A-Za-z]:)?[\\/](?=[^\s\\/"'])  # the root
        (?:[^\s\\/"']+[\\/])+  # the folders""",
    re.VERBOSE,
)
"""The folders of an absolute path."""

CUT = "\N{HORIZONTAL ELLIPSIS}/"


def strip_paths(text: str) -> str:
    """The text with each absolute path cut down to its last name, as in `…/clip.mp4`."""
    if "/" not in text and "\\" not in text:
        return text
    home = str(Path.home())  # may hold spaces, at which a path seems to end
    if len(home) > 1:
        text = text.replace(f"{home}/", "/~/")
    return FOLDERS.sub(CUT, text)


def strip_failure(failure: Failure | None) -> Failure | None:
    """The failure with a message that names no folder of this machine."""
    if failure is None:
        return None
    return failure.model_copy(update={"message": strip_paths(failure.message)})


def strip_values(options: Mapping[str, object]) -> dict[str, object]:
    """Options as they may be shown elsewhere."""
    return {name: _strip(value) for name, value in options.items()}


def _strip(value: object) -> object:
    if isinstance(value, Mapping):
        return strip_values(value)
    if isinstance(value, list | tuple):
        return [_strip(item) for item in value]
    return strip_paths(value) if isinstance(value, str) else value
