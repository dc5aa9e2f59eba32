"""Daily-Omni: questions with four choices on picture and sound, asked directly or of captions."""

from __future__ import annotations

from collections.abc import Iterable

from ugcbench import DatasetSpec, TaskSpec, hookimpl

GROUP = "daily-omni"


@hookimpl
def ugcbench_tasks() -> Iterable[TaskSpec]:
    """The two ways of asking."""
    yield TaskSpec(
        name="daily-omni/direct",
        target="ugcbench_daily_omni.tasks:direct",
        summary="the model gets clip, question and four choices; accuracy",
        group=GROUP,
    )
    yield TaskSpec(
        name="daily-omni/caption",
        target="ugcbench_daily_omni.tasks:caption",
        summary="the model captions the clip, the judge answers from the caption alone; accuracy",
        group=GROUP,
    )


@hookimpl
def ugcbench_datasets() -> Iterable[DatasetSpec]:
    """The reader of the public files."""
    yield DatasetSpec(
        name="daily-omni",
        target="ugcbench_daily_omni.release:Release",
        summary="your copy of its files: --dataset DIR, which holds qa.json and Videos/",
        group=GROUP,
        paths=True,
        marks=("qa.json",),
    )
