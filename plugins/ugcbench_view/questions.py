"""What was a model asked, and what is true? Rebuilt from task and dataset: runs hold neither.

A dataset is read once, clip by clip, and what the runs need of it goes to a file of its own, where
it is found by task and sample. What can't be opened is told and never stops the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import cast

from ugcbench.continuation import kept_options
from ugcbench.datasets import open_dataset
from ugcbench.errors import UgcbenchError
from ugcbench.models import Fake
from ugcbench.plans import RunConfig, own_dataset
from ugcbench.plugins import Registry, create
from ugcbench.protocol import digest
from ugcbench.specs import Dataset, Judge, Setting, Task
from ugcbench.store import Log, key_of_prediction, prediction_key, validate
from ugcbench.types import Clip, Frozen, MediaProfile, Prompt, Sample
from ugcbench_view.pathless import strip_paths
from ugcbench_view.reading import RunFiles
from ugcbench_view.shapes import PromptShown

Key = tuple[str, str]
"""A task and the id of one of its samples."""


class Question(Frozen):
    """What a sample asks and expects, and the clip that goes with it; `media` is a path."""

    task: str
    sample_id: str
    reference: tuple[str, ...]
    choices: tuple[str, ...]
    wording: str | None
    prompt: PromptShown
    media: str | None
    profile: MediaProfile | None


class Questions:
    """The questions of runs with the same dataset, tasks and rules, kept in the file `path`.

    `told` says in words what could not be rebuilt, `has_clips` whether any of them names a clip.
    """

    def __init__(self, path: Path, told: Sequence[str] = ()) -> None:
        self.told = list(told)
        self.has_clips = False
        self.log = Log(path, key_of_prediction, repair=False)

    def add(self, question: Question) -> None:
        """Keep a question."""
        self.log.append(question)
        self.has_clips = self.has_clips or question.media is not None

    def find(self, task: str, sample: str) -> Question | None:
        """The question of a sample, if it is known."""
        line = self.log.get(prediction_key(task, sample))
        return None if line is None else validate(Question, line, str(self.log.path))

    def close(self) -> None:
        """Close the file."""
        self.log.close()


def rebuild_questions(
    runs: Sequence[RunFiles], wanted: Collection[Key], registry: Registry, folder: Path
) -> list[Questions]:
    """The questions of each run, as far as they are `wanted`; files are made in `folder`."""
    made: dict[str, Questions] = {}
    for run in runs:
        kind = _kind(run.config)
        if kind not in made:
            made[kind] = _rebuild(run, wanted, registry, folder / f"questions-{len(made)}.jsonl")
    return [made[_kind(run.config)] for run in runs]


def _kind(config: RunConfig) -> str:
    """Equal for two runs exactly if they put the same questions."""
    options = dict(config.dataset_options)
    named = [Path(config.dataset).name, config.dataset_revision, options, config.tasks]
    return digest([*named, config.protocol_hash])


def _rebuild(run: RunFiles, wanted: Collection[Key], registry: Registry, file: Path) -> Questions:
    questions = Questions(file)
    try:
        tasks = _make_tasks(run.config, registry, questions)
        dataset, _ = open_dataset(
            registry, own_dataset(run.path, run.config), kept_options(run.config.dataset_options)
        )
        if dataset.revision != run.config.dataset_revision:
            questions.told.append(
                f"The dataset is at revision {dataset.revision} now and was at "
                f"{run.config.dataset_revision}: prompts and references may differ from the run's."
            )
        for question in _ask(dataset, tasks, wanted):
            questions.add(question)
    except (UgcbenchError, OSError) as error:
        questions.told.append(
            f"Prompts, references and clips can't be shown in full: {strip_paths(str(error))}"
        )
    return questions


def _make_tasks(config: RunConfig, registry: Registry, questions: Questions) -> list[Task]:
    setting = Setting(config.protocol, Judge("nobody", Fake()))
    tasks = []
    for name in config.tasks:
        try:
            tasks.append(cast(Task, create(registry.task(name), setting=setting)))
        except UgcbenchError as error:
            questions.told.append(f"No prompt of {name} can be shown: {strip_paths(str(error))}")
    return tasks


def _ask(dataset: Dataset, tasks: Sequence[Task], wanted: Collection[Key]) -> Iterator[Question]:
    """Each wanted question, until there are no more of them."""
    names = {task.name for task in tasks}
    missing = sum(task in names for task, _ in wanted)
    for clip in dataset:
        if not missing:
            return
        for question in _ask_about(clip, tasks, wanted):
            missing -= 1
            yield question


def _ask_about(clip: Clip, tasks: Sequence[Task], wanted: Collection[Key]) -> Iterator[Question]:
    for task in tasks:
        sample = task.sample(clip)
        if sample is not None and (task.name, sample.id) in wanted:
            yield _question(task, sample, task.prompt(sample))


def _question(task: Task, sample: Sample, prompt: Prompt) -> Question:
    answer = sample.answer
    return Question(
        task=task.name,
        sample_id=sample.id,
        reference=(answer,) if isinstance(answer, str) else answer,
        choices=sample.choices,
        wording=sample.question,
        prompt=_show(prompt),
        media=sample.media,
        profile=prompt.profile,
    )


def _show(prompt: Prompt) -> PromptShown:
    profile = prompt.profile
    return PromptShown(
        text=prompt.text,
        system=prompt.system,
        sampling=prompt.sampling,
        media=prompt.media is not None,
        profile=f"{profile.name}/{profile.version}" if profile else None,
        output_schema=prompt.output_schema,
    )
