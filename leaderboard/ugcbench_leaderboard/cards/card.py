"""What does a result card hold?

One JSON object: the run's summary, every rule behind it, on what it was made, and one record for
each sample, so that whoever has the card can compute its numbers again. The text of an answer may
be left out; its digest stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    FailFast,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from ugcbench.plaintext import OBEYED
from ugcbench.protocol import Protocol
from ugcbench.subsets import Subset
from ugcbench.types import Frozen, Prediction, Rate, Record, Score, Summary

SCHEMA = 1
"""The version of the card's schema that is written and read."""

LONGEST_ANSWER = 500_000
"""Characters of the longest answer whose text is kept."""


def _plain(text: str) -> str:
    if OBEYED.search(text) or "\n" in text or not text.strip():
        raise ValueError("must be one line of visible text")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be an address such as https://example.org/model")
    return text


Line = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Link = Annotated[Line, AfterValidator(_web_address)]
Weights = Literal["open", "closed"]
Name = Annotated[str, Field(min_length=1, max_length=500)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{6,64}$")]


class About(Frozen):
    """What the submitter says of the system; nothing of it can be checked.

    `parameters` is the system's size as people write it, such as `3B`.
    """

    submitter: Line | None = None
    contact: Line | None = None
    link: Link | None = None
    licence: Line | None = None
    weights: Weights | None = None
    parameters: Line | None = None


class System(Frozen):
    """What was asked: the model's name, its options, and the folder of the checkpoint that took
    the place of its published weights. The names under which it answered are in the summary.
    """

    model: Name
    checkpoint: Name | None = None
    options: Mapping[str, Any] = {}


class AskedJudge(Frozen):
    """Who was asked for verdicts; the summary's cells say who answered.

    `shortened` says that the name held folders of a machine, which are left out.
    """

    name: Name
    shortened: bool = False
    options: Mapping[str, Any] = {}


class Clips(Frozen):
    """Which clips were asked about: the dataset's, the first `limit`, or a drawn `subset`."""

    dataset: Name
    revision: Name
    limit: int | None = Field(None, ge=1)
    subset: Subset | None = None


class TaskRules(Frozen):
    """The version of a task, and the digests of its prompt and of its scorer."""

    version: int
    prompt: Name
    scorer: Name


class Hashes(Frozen):
    """Digests of the rules and of the gold: `gold` of the answers that the samples are held
    against, None where the dataset was not at hand when the card was made.
    """

    protocol: Digest
    media_profile: Digest
    gold: Digest | None = None
    tasks: Mapping[str, TaskRules] = {}


class Environment(Frozen):
    """When and on what the run was made."""

    created: Name
    versions: Mapping[str, str]
    git: Name | None = None
    executor: Name = "local"
    workers: int = Field(1, ge=1)


class CardRecord(Frozen):
    """One sample: what was answered, or the kind of failure, and its score.

    `clip` is given where its id is not the sample's. `sha256` is that of the answer's text in
    UTF-8. `weights` are the sample's own, for columns that are weighted.
    """

    task: Name
    sample: Name
    clip: Name | None = None
    answer: Annotated[str, Field(max_length=LONGEST_ANSWER)] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    failure: Name | None = None
    score: Score
    weights: Mapping[str, Rate] = {}

    @property
    def of_clip(self) -> str:
        """The id of the clip that was asked about."""
        return self.sample if self.clip is None else self.clip

    @model_serializer(mode="wrap")
    def _only_what_is_known(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Thousands of records are written without the fields that say nothing."""
        fields: dict[str, Any] = serialize(self)
        fields["score"] = {k: v for k, v in fields["score"].items() if v not in (None, {}, [], ())}
        if fields["score"].get("source") == "model":
            del fields["score"]["source"]
        return {name: value for name, value in fields.items() if value not in (None, {})}

    @classmethod
    def of(cls, record: Record, answer: str | None) -> CardRecord:
        """The card's record of a run's; `answer` is the text that may be shown, if any."""
        prediction = record.prediction
        return cls(
            task=record.task,
            sample=record.sample_id,
            clip=None if record.clip == record.sample_id else record.clip,
            answer=answer,
            sha256=None if prediction.text is None else hash_answer(prediction.text),
            failure=prediction.failure.kind if prediction.failure else None,
            score=record.score.model_copy(update={"note": None}),
            weights=record.weights,
        )

    def as_record(self) -> Record:
        """The run's record, whose prediction is the text alone, empty where it isn't known."""
        return Record(
            task=self.task,
            sample_id=self.sample,
            clip=self.of_clip,
            prediction=Prediction(task=self.task, sample_id=self.sample, text=self.answer or ""),
            score=self.score,
            weights=self.weights,
        )


class Card(Frozen):
    """The whole card."""

    schema_version: Literal[1] = 1
    about: About = About()
    system: System
    judge: AskedJudge | None = None
    clips: Clips
    protocol: Protocol
    hashes: Hashes
    environment: Environment
    summary: Summary
    records: Annotated[tuple[CardRecord, ...], FailFast()]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks that have cells."""
        return tuple(dict.fromkeys(cell.name.partition(":")[0] for cell in self.summary.cells))


def hash_answer(text: str) -> str:
    """The SHA-256 of an answer's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
