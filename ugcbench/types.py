"""What travels along the road from a video to a number?

The types stand in the order in which a run makes them: `Clip` (a dataset's row) -> `Sample` ->
`Prompt` -> `Prediction` -> `Score` -> `Record` -> `Cell` -> `Summary`. All are frozen pydantic
models that refuse unknown fields, so that a file written by another version is noticed and never
half understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Answer = str | tuple[str, ...]
"""A gold answer: one text, or several short texts (on-screen lines)."""

Status = Literal["ok", "missing", "refused", "malformed", "api_error", "timeout"]
"""How the way to a score ended; see `Score`."""

Unit = Annotated[float, Field(ge=0.0, le=1.0)]
"""A number in [0, 1]."""

Rate = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
"""A ratio of counts: in [0, 1], or above where there is more of the one than of the other, such as
made-up events for each event of a video.
"""


class Frozen(BaseModel):
    """Base of all types here: immutable, closed, compared by value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MediaProfile(Frozen):
    """How a clip is turned into what a model gets; named, versioned, part of the protocol hash.

    `fps` frames a second, at most `max_frames`, each at most `max_pixels` with its aspect kept and
    sides multiples of `factor`; an even number of frames if `even` (Qwen's temporal patches hold
    two); sound mono at `sample_rate` Hz. Source: paper section 4.1; protocol `paper`.
    """

    name: str = "paper"
    version: int = 1
    fps: float = Field(1.0, gt=0)
    max_frames: int = Field(32, ge=1)
    max_pixels: int = Field(100_176, ge=1)
    factor: int = Field(28, ge=1)
    even: bool = True
    sample_rate: int = Field(16_000, ge=1)
    resize: Literal["pillow-bicubic", "swscale-bicubic"] = "pillow-bicubic"


class Sampling(Frozen):
    """Decoding parameters of a request; temperature 0 means greedy."""

    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(1024, ge=1)
    seed: int | None = None


class Gold(Frozen):
    """What a dataset knows about one clip for one task.

    `question` is the dataset's own wording if it has one; `choices` are the options of a multiple
    choice.
    """

    answer: Answer
    choices: tuple[str, ...] = ()
    question: str | None = None


class Clip(Frozen):
    """One row of a dataset: a clip and the gold of every task that has some for it.

    `media` is a path, never opened here; `gold` maps a task's gold key (`voice_source`, `ocr`, ...)
    to its gold.
    """

    id: str
    media: str | None
    gold: Mapping[str, Gold]
    meta: Mapping[str, Any] = {}


class Sample(Frozen):
    """What is true: one question about one clip.

    `id` is unique within its task; `clip` says which clip it is about, the unit by which intervals
    are clustered and media are shared. `weights` say by name how much the sample counts in columns
    that are weighted; see `ugcbench.specs.Column`.
    """

    id: str
    clip: str
    media: str | None
    answer: Answer
    choices: tuple[str, ...] = ()
    question: str | None = None
    meta: Mapping[str, Any] = {}
    weights: Mapping[str, Rate] = {}


class Prompt(Frozen):
    """What a model sees; never the answer.

    `media` is a path with the `profile` it is to be read by, or None for a text-only request.
    `output_schema` is a JSON schema that the reply must follow; `enforce_schema` says whether the
    provider is to be held to it, where it can be. `fields` holds the texts that were
    filled into the template, for models that are no language models and can't read prose.
    `sample_id` is for bookkeeping and is not sent.
    """

    task: str
    sample_id: str
    text: str
    system: str | None = None
    media: str | None = None
    profile: MediaProfile | None = None
    sampling: Sampling = Sampling()
    choices: tuple[str, ...] = ()
    output_schema: Mapping[str, Any] | None = None
    enforce_schema: bool = True
    fields: Mapping[str, str] = {}


class Receipt(Frozen):
    """What was read from a clip and handed to the model.

    `sha256` of the file; `frame_times` in seconds from the clip's first picture, true presentation
    times; `frame_size` width and height in pixels after rotation and resizing; `source_size` the
    same before; `audio_seconds` 0 for a silent clip; `oddities` are stable words for what was
    unusual; `decoder` names library and version; `sent` says in what form an adapter passed it on.
    """

    sha256: str
    file_bytes: int
    decoder: str
    profile: str
    duration: float
    frame_times: tuple[float, ...]
    frame_size: tuple[int, int]
    source_size: tuple[int, int]
    rotation: int = 0
    audio_seconds: float
    oddities: tuple[str, ...] = ()
    sent: str | None = None


class Usage(Frozen):
    """What a request used: tokens as the provider counts them, None where it doesn't say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    attempts: int = 1


class Failure(Frozen):
    """Why there is no text.

    `status` is the score status that follows; `kind` a stable word (`rate_limit`, `media_empty`,
    ...); `message` is for people.
    """

    status: Literal["missing", "refused", "api_error", "timeout"]
    kind: str
    message: str


class Prediction(Frozen):
    """What a model said, or why not: exactly one of `text` and `failure` is given.

    `model` is the name that the provider reports having answered, which may differ from the one
    asked. `seconds` is wall time including retries.
    """

    task: str
    sample_id: str
    text: str | None = None
    failure: Failure | None = None
    model: str | None = None
    finish: str | None = None
    usage: Usage = Usage()
    seconds: float = 0.0
    receipt: Receipt | None = None

    @model_validator(mode="after")
    def _has_text_or_failure(self) -> Self:
        if (self.text is None) == (self.failure is None):
            raise ValueError("a prediction holds either a text or a failure")
        return self


class Verdict(Frozen):
    """One line of verdicts.jsonl: what a judge replied to a prompt.

    `key` is the content address: it changes with prediction, reference, rubric, judge and
    parameters, all of which are in the prompt.
    """

    key: str
    judge: str
    prediction: Prediction


class Score(Frozen):
    """How good a prediction is, or why that is unknown.

    `value` lies in [0, 1] and is given exactly when `status` is `ok`: an error is never a number.
    `parts` lie in [0, 1] as well, but for rates of error, which can lie above. `source` says whose
    failure a status other than `ok` is: the model's, or the judge's. `verdicts` are the content
    addresses of the judge's replies in `verdicts.jsonl`, `judge_model` the name under which the
    judge's provider replied (names joined by ` + ` for a panel). `disagreement` is the mean
    absolute difference between two of several verdicts, None for a single one.
    """

    status: Status
    value: Unit | None = None
    parts: Mapping[str, Rate] = {}
    source: Literal["model", "judge"] = "model"
    verdicts: tuple[str, ...] = ()
    judge_model: str | None = None
    disagreement: Rate | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _is_a_number_only_if_ok(self) -> Self:
        if (self.value is not None) != (self.status == "ok"):
            raise ValueError("a score has a value exactly when its status is ok")
        return self


class Record(Frozen):
    """One line of records.jsonl: a prediction beside its score, and the sample's weights."""

    task: str
    sample_id: str
    clip: str
    prediction: Prediction
    score: Score
    weights: Mapping[str, Rate] = {}


class Bridging(Frozen):
    """Marks a number that was carried over from one judge's scale to another's.

    `judge` gave the verdicts, `anchor` is the judge on whose scale the number stands, `method` how
    the map between them was fitted, `bridge` its hash.
    """

    anchor: str
    judge: str
    method: str
    bridge: str


class Cell(Frozen):
    """One number of a table with all that is needed to trust it.

    `name` is `<task>` or `<task>:<part>`. `value`, `low`, `high` (95 % interval, clustered by clip)
    and `baseline` (constant answer) lie in [0, 1], but for rates of error, which can lie above;
    None where nothing could be scored. `weight`, `absent` and `lower_is_better` are those of the
    column. `asked` is the number of samples put to the model (of those with a weight, where there
    is one), `n` how many count in `value`, `coverage` their ratio,
    `statuses` the count of each score status. `judge` was asked, `judge_answered` names the models
    that replied, `disagreement` is the mean of the scores' own. `comparable` is False for an
    offline judge's number; `bridged` is given for one carried over from another judge; `table` says
    whether the cell is one of the benchmark's columns.
    """

    name: str
    label: str
    value: Rate | None
    low: Rate | None
    high: Rate | None
    n: int
    asked: int
    coverage: Unit
    statuses: Mapping[str, int]
    baseline: Unit | None = None
    protocol: str
    protocol_hash: str
    judge: str | None = None
    judge_answered: tuple[str, ...] = ()
    disagreement: Rate | None = None
    comparable: bool = True
    bridged: Bridging | None = None
    table: bool = True
    weight: str | None = None
    absent: Rate | None = None
    lower_is_better: bool = False

    @property
    def part(self) -> str | None:
        """The part of the scores that it shows, None for their value."""
        return self.name.partition(":")[2] or None


class Summary(Frozen):
    """What summary.json holds: every cell of one run, and what the run cost.

    `source` is `recorded` where the answers were imported and not asked for here.
    `dataset` and `protocol` carry revision and hash behind an @. `average` is the mean of the
    table's columns, None unless all of them have a value and are better in the same direction.
    """

    run: str
    source: Literal["run", "recorded"] = "run"
    model: str
    model_answered: tuple[str, ...]
    dataset: str
    protocol: str
    cells: tuple[Cell, ...]
    average: Rate | None
    requests: int
    usage: Usage
    judge_usage: Usage
    versions: Mapping[str, str]
