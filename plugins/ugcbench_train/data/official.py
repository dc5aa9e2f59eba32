"""How do the official training files hold a row?

One line of `sft_1k.jsonl` and `grpo_1k.jsonl` is a JSON object in the layout of ms-swift:

    {"videos": ["/where/it/was/PI-....mp4"],
     "messages": [{"role": "user", "content": "<video>Describe ..."},
                  {"role": "assistant", "content": "The video ..."}]}

The GRPO file has no assistant's message, but the caption as `solution`. Source: the training data
in the public release of UGC-VideoCap.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ugcbench.errors import UsageError
from ugcbench.types import Frozen
from ugcbench_train.rows import Row, Text

TAG = "<video>"
"""Stands in the user's message where the clip goes."""

OfficialFormat = Literal["official-sft", "official-grpo"]


class Message(Frozen):
    """One turn of the dialogue."""

    role: Literal["user", "assistant"]
    content: Text


class OfficialRow(Frozen):
    """One line: one clip, one question about it and at most one answer."""

    videos: Annotated[tuple[Text, ...], Field(min_length=1, max_length=1)]
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=2)]
    solution: Text | None = None

    @model_validator(mode="after")
    def _is_one_question(self) -> Self:
        if tuple(message.role for message in self.messages) not in (
            ("user",),
            ("user", "assistant"),
        ):
            raise ValueError("the messages must be one of the user and at most one answer to it")
        if not self.prompt.strip() or TAG in self.prompt:
            raise ValueError(f"the user's message must be {TAG} once and then a text")
        if len({self.solution, *self._answers} - {None}) > 1:
            raise ValueError("the assistant's message and the solution differ")
        return self

    @property
    def prompt(self) -> str:
        """The user's words without the tag."""
        return self.messages[0].content.removeprefix(TAG)

    @property
    def caption(self) -> str | None:
        """The answer, wherever it stands."""
        return next(iter(self._answers), self.solution)

    @property
    def _answers(self) -> list[str]:
        return [message.content for message in self.messages[1:]]


def is_official(line: object) -> bool:
    """Whether a parsed line is meant to be in the official layout."""
    return isinstance(line, dict) and ("videos" in line or "messages" in line)


def from_official(line: object) -> Row:
    """The row of a parsed line; its id is the file's name without its ending.

    Raises `pydantic.ValidationError`.
    """
    found = OfficialRow.model_validate(line)
    video = found.videos[0]
    return Row(
        id=PurePosixPath(video).stem, video=video, prompt=found.prompt, caption=found.caption
    )


def to_official(row: Row, style: OfficialFormat) -> dict[str, Any]:
    """The line of a row; raises `UsageError` if it has no caption."""
    if row.caption is None:
        raise UsageError(f"row {row.id!r} has no caption, which {style} needs; distil one first")
    line: dict[str, Any] = {
        "videos": [row.video],
        "messages": [{"role": "user", "content": TAG + row.prompt}],
    }
    if style == "official-grpo":
        return {**line, "solution": row.caption}
    line["messages"].append({"role": "assistant", "content": row.caption})
    return line
