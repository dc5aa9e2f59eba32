"""How does a row become what the model gets, and which rows can't be trained on?"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from ugcbench.codecs import Codec, Example
from ugcbench.errors import MediaError, PreflightError, UsageError
from ugcbench.media import Media, read
from ugcbench.plugins import Registry
from ugcbench.protocol import PROFILES
from ugcbench.types import MediaProfile, Prompt
from ugcbench_train import recipe as recipes
from ugcbench_train.codec_opening import open_codec_of
from ugcbench_train.recipe import Recipe
from ugcbench_train.rows import Row

KEPT = 4
"""Encoded clips that are kept for the completions of a group; one takes up to 80 MB."""

READERS = 8
"""The most clips that are surveyed at a time."""


def open_codec(recipe: Recipe, registry: Registry | None = None) -> Codec:
    """What the recipe's model is trained through; raises `UsageError`, `FatalModelError`."""
    path = None if recipe.path is None else str(recipe.path)
    return open_codec_of(recipe.model, path=path, revision=recipe.revision, registry=registry)


def find_profile(media: recipes.Media) -> MediaProfile:
    """The media profile by its name; raises `UsageError`."""
    if media.profile not in PROFILES:
        known = ", ".join(PROFILES)
        raise UsageError(f"media.profile: there is no profile {media.profile!r}; known: {known}")
    return PROFILES[media.profile]


class Examples:
    """The rows as the model gets them, read when they are asked for, the latest ones kept.

    May be used from several threads. Raises `MediaError` for a clip that can't be read.
    """

    def __init__(self, codec: Codec, media: recipes.Media, rows: Sequence[Row]) -> None:
        self.codec = codec
        self.rows = rows
        self._media = media
        self._profile = find_profile(media)
        self._kept: OrderedDict[int, Example] = OrderedDict()
        self._lock = Lock()

    def __getitem__(self, number: int) -> Example:
        """The row of that number."""
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        example = self.encode(self.rows[number])
        with self._lock:
            self._kept[number] = example
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return example

    def encode(self, row: Row) -> Example:
        """A row as the model gets it, not kept."""
        return self.codec.encode(self.ask(row), self.watch(row))

    def ask(self, row: Row) -> Prompt:
        """The prompt of a row, as the evaluation would put it."""
        return Prompt(
            task="train",
            sample_id=row.id,
            text=row.prompt,
            media=row.video,
            profile=self._profile,
        )

    def watch(self, row: Row) -> Media:
        """The clip of a row, without its sound if the recipe says so."""
        media = read(row.video, self._profile)
        return media if self._media.audio else dataclasses.replace(media, audio=None)


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """A row's numbers: tokens of its prompt, of its clip's sound, of its caption and its end.

    `problem` says in stable words why it can't be trained on, `detail` more about it.
    """

    prompt: int = 0
    heard: int = 0
    caption: int = 0
    problem: str | None = None
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Survey:
    """What was found about each row, in order."""

    rows: Sequence[Row]
    findings: Sequence[Finding]

    @property
    def usable(self) -> list[Row]:
        """The rows that can be trained on."""
        return [row for row, found in self._pairs if found.problem is None]

    @property
    def skipped(self) -> Mapping[str, int]:
        """How many rows are left out, by reason."""
        return Counter(found.problem for _, found in self._pairs if found.problem is not None)

    @property
    def _pairs(self) -> list[tuple[Row, Finding]]:
        return list(zip(self.rows, self.findings, strict=True))

    def check(self, most: float) -> None:
        """Raise `PreflightError` if no row is left or more than a share of `most` is not."""
        lost = [(row, found) for row, found in self._pairs if found.problem is not None]
        if len(lost) <= most * len(self.rows) and len(lost) < len(self.rows):
            return
        reasons = ", ".join(f"{reason}: {count}" for reason, count in self.skipped.items())
        row, found = lost[0] if lost else (None, Finding())
        first = f"; the first is {row.id} ({found.detail})" if row else ""
        raise PreflightError(
            f"{len(lost)} of {len(self.rows)} rows can't be trained on ({reasons or 'no rows'})"
            f"{first}; repair them, or raise data.max_skipped, which is {most:g}"
        )


def survey(
    examples: Examples,
    recipe: Recipe,
    *,
    file: Path,
    share: Callable[[Sequence[Finding]], Sequence[Finding]] | None = None,
    part: slice = slice(None),
) -> Survey:
    """Encode every row once and find those that can't be trained on.

    What was found is written to `file` and taken from there if rows, clips and settings are the
    same. With several processes each surveys its `part` of the rows, and `share` brings all parts
    together in the order of the rows.
    """
    key = _identify(examples, recipe)
    known = _recall(file, key)
    if known is None:
        limit = recipe.media.max_prompt_tokens, _caption_limit(recipe)
        with ThreadPoolExecutor(min(READERS, os.cpu_count() or 1)) as pool:
            mine = pool.map(lambda row: inspect(examples, row, *limit), examples.rows[part])
            findings = list(mine)
        known = list(share(findings)) if share else findings
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, {"key": key, "findings": [dataclasses.asdict(found) for found in known]})
    return Survey(examples.rows, known)


def inspect(examples: Examples, row: Row, prompt: int, caption: int | None) -> Finding:
    """What there is to know about a row.

    `prompt` is the most tokens of the prompt and `caption` of the caption, None if it isn't read.
    """
    try:
        example = examples.encode(row)
    except MediaError as error:
        return Finding(problem="unreadable clip", detail=str(error))
    tokens = len(example.tokens)
    said = 0 if caption is None else len(examples.codec.encode_reply(row.caption or ""))
    found = Finding(prompt=tokens, heard=example.heard, caption=said)
    if tokens > prompt:
        detail = f"{tokens} tokens, at most {prompt}"
        return dataclasses.replace(found, problem="prompt too long", detail=detail)
    if caption is not None and said > caption:
        detail = f"{said} tokens, at most {caption}"
        return dataclasses.replace(found, problem="caption too long", detail=detail)
    return found


def _caption_limit(recipe: Recipe) -> int | None:
    return recipe.sft.max_caption_tokens if recipe.stage == "sft" else None


def _identify(examples: Examples, recipe: Recipe) -> str:
    """Changes whenever something else could be found."""
    facts = {
        "model": examples.codec.name,
        "media": recipe.media.model_dump(mode="json"),
        "caption": _caption_limit(recipe),
        "rows": [[row.model_dump(mode="json"), _stamp(row.video)] for row in examples.rows],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _stamp(path: str) -> list[int]:
    try:
        found = Path(path).stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]


def _recall(file: Path, key: str) -> list[Finding] | None:
    try:
        stored = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    if stored.get("key") != key:
        return None
    return [Finding(**found) for found in stored["findings"]]


def _write(file: Path, content: Mapping[str, object]) -> None:
    partial = file.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(content), encoding="utf-8")
    partial.replace(file)
