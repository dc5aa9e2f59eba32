"""What is one training example, and which files hold it?

A file of rows is JSON Lines in UTF-8, one `Row` a line; `rows.schema.json`, beside this module, is
its JSON Schema. `ugcbench_train.data.files` reads and writes it, and the two official layouts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints

from ugcbench.types import Frozen

NOT_BLANK = r"\S"
Text = Annotated[str, StringConstraints(pattern=NOT_BLANK)]
"""A text that isn't blank."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal digits, in lower case."""


class Row(Frozen):
    """A clip with the prompt that a model gets and, if known, the caption it should give.

    `video` is a path, absolute or relative to the file's folder; `sha256` of the clip's bytes where
    it was computed; `url` where the clip came from. `provenance` says who wrote the caption:
    teacher model as asked and as it answered, prompt's and parameters' hash, date, tokens.
    """

    id: Text
    video: Text
    prompt: Text
    caption: Text | None = None
    sha256: Sha256 | None = None
    url: Text | None = None
    provenance: Mapping[str, Any] = {}


def row_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one line."""
    schema = Row.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
