"""What does the page get, and in which files?

The page is a folder of static files, the same whether it is served or opened from a disk. Data
come as classic scripts, because a page that is opened by file:// may not fetch. Each of them is one
call, and the name that it passes is its address below `data/`:

    data/index.js         ugcbench_view('index', Index)
    data/chunk/12.js      ugcbench_view("chunk/12", Chunk)
    data/clip/7.js        ugcbench_view("clip/7", ClipMedia)

The page defines `window.ugcbench_view(name, value)` before it adds a `<script src>` for one of
them. What follows `<script>` in a page's own files is not inline, so the policy is strict:
`script-src 'self'`. All addresses in the data (`source`, `sheet`) are relative to index.html.
Around the data lie:

    index.html            page/index.html as it is
    page/*                the other files of page/
    house/house.css       the colours and type of all our pages
    media/7.mp4           the clip of index.clips[7]; answers byte ranges when served
    frames/7-0.webp       a sheet of the frames of its first frame set

Scores, parts and disagreements are numbers in [0, 1], seconds are seconds from the clip's first
picture. No text here is markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ugcbench.types import Cell, Failure, Frozen, Receipt, Sampling, Usage

FORMAT = 1
"""Changes when a page written for older data would misread newer ones."""

CALLED = "ugcbench_view"
"""The function that every data file calls with its name and its value."""


class TaskShown(Frozen):
    """A task that at least one run has: its name, such as `ugc/caption`, and its named parts in
    the order of the tables, such as `audio`, `visual`, `details`.
    """

    name: str
    label: str
    parts: tuple[str, ...] = ()


class RunShown(Frozen):
    """One run: what was asked, under which rules, and what came out.

    `key` is unique among the runs and made of `A-Z a-z 0-9 . _ -` only, for links; `name` is that
    of its directory. `recorded` marks answers that were imported. `dataset` and `protocol` carry
    revision and hash behind an @. `missing` is the number that each of these statuses of a model's
    answer counts as; without one it is left out of the mean. `cells` are those of the summary (see
    `ugcbench.types.Cell` for its fields), `average` the mean of those with `table`. `provenance`
    holds further facts in words, label to text, in the order to be shown. `notices` say what a
    reader should know first: that no prompt can be shown, that the gold has changed since.
    """

    key: str
    name: str
    model: str
    model_answered: tuple[str, ...]
    recorded: bool
    dataset: str
    protocol: str
    judge: str | None
    judge_answered: tuple[str, ...]
    comparable: bool
    missing: Mapping[str, float]
    cells: tuple[Cell, ...]
    average: float | None
    requests: int
    usage: Usage
    judge_usage: Usage
    provenance: Mapping[str, str]
    notices: tuple[str, ...] = ()


class RunColumns(Frozen):
    """What one run says to each entry; every array is as long as `Entries.task`.

    `outcome` points into `Index.outcomes` and is -1 where the run has no such sample. `value` is
    the score, None unless the outcome is `ok`. `disagreement` is that between votes or judges, None
    for a single verdict. `seconds` is the wall time of the answer, None where it was imported.
    `answer` is the beginning of the answer on one line, `""` where there is none.
    """

    outcome: list[int]
    value: list[float | None]
    disagreement: list[float | None]
    tokens_in: list[int | None]
    tokens_out: list[int | None]
    seconds: list[float | None]
    answer: list[str]


class Entries(Frozen):
    """The (task, sample) pairs in the order of the dataset, clip by clip; an entry is a place.

    `task` and `clip` point into `Index.tasks` and `Index.clips`. `sample` is the sample's id, None
    where it is that of the clip. `reference` is the beginning of the gold answer on one line, `""`
    where it isn't known. `spread` is the greatest difference between the scores of two runs, None
    where fewer than two have one. `runs` holds the columns of each of `Index.runs`.
    """

    task: list[int]
    clip: list[int]
    sample: list[str | None]
    reference: list[str]
    spread: list[float | None]
    runs: list[RunColumns]


class PictureShown(Frozen):
    """A picture of the runs: `pictures/NAME-light.svg` and `pictures/NAME-dark.svg`."""

    name: str
    title: str


class Shared(Frozen):
    """How far runs can be compared: `in_all` of `entries` are in every run.

    `only` counts the entries that are in one run alone, by the run's key; `told` says in words what
    isn't shared: samples, protocols, judges, datasets.
    """

    entries: int
    in_all: int
    only: Mapping[str, int]
    told: tuple[str, ...]


class Index(Frozen):
    """Everything that the page needs at once.

    `outcomes` are a score's statuses, those of a judge's failure with `judge_` before them, as in
    `Cell.statuses`. `clips` are the clips' ids. The details of entry `i` are in
    `chunk/{i // per_chunk}`. `media` says what of the clips can be shown: `clips` (with frames and
    waveform), `frames` (without the clip itself) or `none`; then there is no `clip/N`. `media_told`
    says in words why not all can be shown. `pictures` are what plugins drew of the runs.
    """

    format: int = FORMAT
    title: str
    version: str
    runs: tuple[RunShown, ...]
    tasks: tuple[TaskShown, ...]
    outcomes: tuple[str, ...]
    clips: tuple[str, ...]
    entries: Entries
    per_chunk: int
    shared: Shared
    media: Literal["clips", "frames", "none"]
    media_told: str | None = None
    pictures: tuple[PictureShown, ...] = ()


class PromptShown(Frozen):
    """What a model was asked, rebuilt from task and dataset. `media` says whether a clip went with
    it, `profile` names how the clip was read.
    """

    text: str
    system: str | None
    sampling: Sampling
    media: bool
    profile: str | None
    output_schema: Mapping[str, Any] | None = None


class VerdictShown(Frozen):
    """One reply of a judge.

    `judge` was asked, `model` replied. `fields` are those of the JSON object in the reply, without
    its reason, None if there is none; `reason` is the text under `reason`, and `text` the whole
    reply. `failure` says why there is no reply.
    """

    judge: str
    model: str | None
    fields: Mapping[str, Any] | None
    reason: str | None
    text: str | None
    failure: Failure | None
    usage: Usage
    seconds: float


class AnswerShown(Frozen):
    """What one run has to one entry.

    `prompt` points into `Chunk.prompts`, None where it can't be rebuilt. Exactly one of `text` and
    `failure` is given. `model` is who answered. `outcome` is one of `Index.outcomes`; `value`,
    `parts`, `disagreement`, `judge_model` and `note` are those of the score. `verdicts` are the
    judge's replies in the order in which they were asked for: votes, judges of a panel, and replies
    that could not be read and were asked for again. `receipt` is what was read from the clip, None
    for an imported answer or a model that reads no clip. `expected` lists what the run counts for
    this sample instead of the entry's reference, where its gold is another one.
    """

    prompt: int | None
    text: str | None
    failure: Failure | None
    model: str | None
    finish: str | None
    usage: Usage
    seconds: float | None
    outcome: str
    value: float | None
    parts: Mapping[str, float]
    disagreement: float | None
    judge_model: str | None
    note: str | None
    verdicts: tuple[VerdictShown, ...]
    receipt: Receipt | None
    expected: tuple[str, ...] | None = None


class Detail(Frozen):
    """One entry in full.

    `reference` holds the gold's texts (one, or several short ones such as on-screen lines), None if
    it isn't known. `question` is the dataset's own wording, if it has one. `runs` holds one
    `AnswerShown` for each of `Index.runs`, None where the run has no such sample.
    """

    entry: int
    task: str
    sample: str
    clip: str
    reference: tuple[str, ...] | None
    question: str | None
    choices: tuple[str, ...]
    runs: tuple[AnswerShown | None, ...]


class Chunk(Frozen):
    """The details of `Index.per_chunk` entries in a row; the last chunk may have fewer."""

    prompts: tuple[PromptShown, ...]
    details: tuple[Detail, ...]


class FrameSet(Frozen):
    """The frames of a clip as one media profile reads them.

    `runs` are the places of the runs to which they belong. `seen` says that these very frames went
    to the model: a run's receipt names the same file and the same times. False: that is what the
    run's rules would read, but the model took in no clip, or the receipt is another one (`told`).
    `sheet` is an image of all frames, row by row from the left, `columns` to a row, each `width` by
    `height` pixels. `times` are seconds.
    """

    runs: tuple[int, ...]
    profile: str
    seen: bool
    times: tuple[float, ...]
    sheet: str
    columns: int
    width: int
    height: int
    told: str | None = None


class Waveform(Frozen):
    """The sound's outline: the greatest magnitude in each of equal spans of `seconds` together,
    in hundredths of full scale (0 to 100), mono, on the picture's clock.
    """

    seconds: float
    peaks: tuple[int, ...]


class ClipMedia(Frozen):
    """What can be seen and heard of one clip.

    `source` is the clip to be played and `kind` its media type, None where it can't be (`told`).
    `duration` is the picture's, `size` its width and height as stored. `waveform` is None for a
    silent clip. `oddities` are stable words for what is unusual about the file. `told` are
    sentences for the reader: that the clip isn't here, can't be read, or won't play.
    """

    clip: str
    source: str | None = None
    kind: str | None = None
    duration: float | None = None
    size: tuple[int, int] | None = None
    frames: tuple[FrameSet, ...] = ()
    waveform: Waveform | None = None
    oddities: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
