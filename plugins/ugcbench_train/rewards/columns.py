"""How does an engine's batch become completions?

Engines hand over what was sampled as texts or as messages, and the dataset's columns as lists of
the same length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ugcbench.errors import UsageError
from ugcbench.types import Answer
from ugcbench_train.rewards.scored import Completion

Sampled: TypeAlias = str | Sequence[Any]
"""A text, or messages (dicts or objects with `role` and `content`)."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what: `gold` by gold key; `group` is that of ids if not given."""

    id: str
    gold: Mapping[str, str]
    group: str | None = None

    def read(self, completions: Sequence[Sampled], given: Mapping[str, Any]) -> list[Completion]:
        """The completions of a batch; raises `UsageError` for a column or gold that is absent."""
        ids = [str(value) for value in self._column(self.id, given)]
        groups = [str(v) for v in self._column(self.group, given)] if self.group else ids
        golds = {key: self._column(column, given) for key, column in self.gold.items()}
        return [
            Completion(
                id=ids[place],
                text=text_of(sampled),
                gold={key: _answer(golds[key][place], ids[place], key) for key in golds},
                group=groups[place],
            )
            for place, sampled in enumerate(completions)
        ]

    def _column(self, name: str, given: Mapping[str, Any]) -> Sequence[Any]:
        if name not in given:
            there = ", ".join(sorted(key for key, value in given.items() if _is_column(value)))
            raise UsageError(
                f"the dataset has no column {name!r}, only: {there or 'none'}; name the one that "
                "is meant when making the reward (`id_column`, `gold_columns`, `group_column`)"
            )
        column: Sequence[Any] = given[name]
        return column


def text_of(sampled: Sampled) -> str:
    """The text of a completion; of messages the last one of the assistant, without its pictures."""
    if isinstance(sampled, str):
        return sampled
    contents = [_of(m, "content") for m in sampled if _of(m, "role") == "assistant"]
    content = contents[-1] if contents else None
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(_of(part, "text") or "" for part in content)


def _of(thing: object, name: str) -> Any:  # noqa: ANN401
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _answer(value: object, row: str, key: str) -> Answer:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and all(isinstance(line, str) for line in value):
        return tuple(value)
    raise UsageError(f"row {row!r} has no text as {key}, but {value!r}; leave such rows out")


def _is_column(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
