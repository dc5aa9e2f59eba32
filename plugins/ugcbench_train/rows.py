"""What is one training example, and which files hold it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ugcbench.types import Frozen


class Row(Frozen):
    """A clip with the prompt that a model gets and, if known, the caption it should give.

    `video` is a path, absolute or relative to the file's folder; `sha256` of the clip's bytes where
    it was computed; `url` where the clip came from. `provenance` says who wrote the caption: teacher
    model as asked and as it answered, prompt's and parameters' hash, date, tokens.
    """

    id: str
    video: str
    prompt: str
    caption: str | None = None
    sha256: str | None = None
    url: str | None = None
    provenance: Mapping[str, Any] = {}
