"""What does a plugin hand over, and what must it fulfil?

A plugin's hooks return specs: a name and a target string `module:attribute`, imported only when
the name is used. The target of a `TaskSpec` is a function `(Setting) -> Task`, of a `ModelSpec` a
callable that returns a `Model`, of a `DatasetSpec` a callable that returns a `Dataset`, of an
`ExecutorSpec` a callable that returns a `Model` whose instances run elsewhere.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

if typing.TYPE_CHECKING:
    from ugcbench.protocol import Protocol
    from ugcbench.types import Clip, Prediction, Prompt, Sample, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A name under which something can be asked for, and where it is found.

    `target` is `module:attribute`; `options` are keyword arguments for it that a user's own
    options override; `extra` names the optional dependencies to install for it
    (`pip install 'ugcbench[extra]'`), `distribution` the package that brings the extra.
    """

    name: str
    target: str
    summary: str
    aliases: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    extra: str | None = None
    distribution: str = "ugcbench"
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec(Spec):
    """A task. `group` is its benchmark; `table` says whether `--tasks all` includes it."""

    group: str
    table: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec(Spec):
    """A model. With `prefix`, the name stands for all names `name/<model>`, and what comes after
    the slash is passed as `model=`.

    `roles` says whether it can be asked about clips (`model`), judge (`judge`), or both.
    `comparable` is False for a judge whose verdicts must not stand beside an LLM judge's.
    `needs` names what the run hands to the target beside the options: `work` is a function that
    iterates the run's (task, sample) pairs, for baselines that are made from the gold. `free`
    says that an answer costs no money. `reports_model` says that replies carry the id of the
    model that gave them, which must then be the one asked for. `recorded` marks a judge that
    only repeats stored verdicts of the model whose name stands after the slash, under which
    they are reported. `media` names what of a clip it claims to take in. `keys` are environment
    variables of which one must hold a key, unless an option or a server without keys makes up
    for it. `codec` is the target of what a model that can be trained is trained through; see
    `ugcbench.codecs`. `annotates` names the only fields of a clip's annotation that it can draft,
    such as `audio.speakers`, for detectors that are no language models; by default it is asked for
    any. `operational` names the options that say only where it runs and how fast, and may change
    when a run is resumed. `backends` names the extra that is needed in place of `extra` for
    values of the option `backend`.
    """

    prefix: bool = False
    comparable: bool = True
    free: bool = False
    reports_model: bool = False
    recorded: bool = False
    roles: frozenset[str] = frozenset({"model", "judge"})
    needs: tuple[str, ...] = ()
    media: frozenset[str] = frozenset({"pictures", "sound"})
    keys: tuple[str, ...] = ()
    codec: str | None = None
    annotates: tuple[str, ...] = ()
    operational: frozenset[str] = frozenset()
    backends: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSpec(Spec):
    """A dataset. `group` names the tasks that `all` means on it.

    With `paths`, the target opens what a user gives as a path, passed as `path=`. With `marks`,
    names of files, only a path that is such a file, or a folder that holds one, is its own; it goes
    before the openers of any path. `revisions` holds a line about each revision by its name;
    `name@revision` is passed to the target as `revision=`.
    """

    group: str
    paths: bool = False
    marks: tuple[str, ...] = ()
    revisions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorSpec(Spec):
    """A place where instances of a model run. Its target is called with `placement`, a
    `ugcbench.placements.Placement` that can be sent to another process and makes the model there,
    with `workers`, how many instances there are to be, and with the user's options; it returns a
    `Model` that gives each prompt to one of them.
    """


class Model(typing.Protocol):
    """Anything that answers prompts: an API, a local checkpoint, a judge, a baseline.

    An engine that batches does so behind `generate`, which is called concurrently.
    """

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer `prompt`.

        Raises a `ModelError` if there is no answer, a `MediaError` if the clip can't be read. A
        refusal is no error: it is returned as a `Prediction` whose failure says `refused`.
        """
        ...

    async def close(self) -> None:
        """Free what the model holds; called once, after the last answer."""
        ...


class Scorer(typing.Protocol):
    """The way from a prediction to a score: stateless and total."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same prediction could get another score."""
        ...

    @property
    def judge(self) -> str | None:
        """The name of the judge asked, or None."""
        ...

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Score `prediction`, whose text may be anything at all, against `sample`."""
        ...


class Dataset(typing.Protocol):
    """Clips in a fixed order, iterated lazily and as often as wanted."""

    @property
    def name(self) -> str:
        """The name under which results are reported."""
        ...

    @property
    def revision(self) -> str:
        """A version or content hash: equal revisions mean equal clips and gold."""
        ...

    def __iter__(self) -> Iterator[Clip]: ...


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge by name: the model that is asked.

    `comparable` says whether its verdicts may stand beside an LLM judge's, `recorded` that they
    were given elsewhere, by the released rubrics, and are only repeated here. A panel has
    `members`, each a judge of its own, and its `model` is never asked itself.
    """

    name: str
    model: Model
    comparable: bool = True
    recorded: bool = False
    members: tuple[Judge, ...] = ()

    @property
    def asked(self) -> tuple[Judge, ...]:
        """The judges that give the verdicts: the members of a panel, or the judge itself."""
        return self.members or (self,)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a task is built for: the protocol, and the judge if the task needs one."""

    protocol: Protocol
    judge: Judge | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a results table: the mean of the scores' values, or of a named `part` of them.

    With `weight`, only the samples count whose `weights` hold that name, each as much as it says
    there: a ratio of sums, such as all missed events of all events, or the mean over one kind of
    question. `absent` is what counts for an answer that counts but has no such part; by default
    what it counts itself. Where `lower_is_better`, the column is a rate of error.
    """

    label: str
    part: str | None = None
    table: bool = True
    weight: str | None = None
    absent: float | None = None
    lower_is_better: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A frozen bundle: which samples, which prompt, which scorer, which columns.

    `sample` gives the task's sample of a clip, or None if the clip has no gold for it. `prompt`
    never sees a sample's answer in what it returns. `fingerprint` changes with the wording of the
    prompt and with every rule of the protocol that shapes it. `baseline` says whether a constant
    answer's score is reported beside the result, `scores_empty` that an empty text is an answer for
    the scorer and no refusal.
    """

    name: str
    version: int
    sample: Callable[[Clip], Sample | None]
    prompt: Callable[[Sample], Prompt]
    scorer: Scorer
    columns: tuple[Column, ...]
    fingerprint: str
    baseline: bool = False
    scores_empty: bool = False
