"""The event test set of video-SALMONN 2: which events a caption misses, and which it makes up."""

from __future__ import annotations

from collections.abc import Iterable

from ugcbench import DatasetSpec, TaskSpec, hookimpl

GROUP = "video-salmonn2"


@hookimpl
def ugcbench_tasks() -> Iterable[TaskSpec]:
    """The one task."""
    yield TaskSpec(
        name="video-salmonn2/events",
        target="ugcbench_video_salmonn2.tasks:events",
        summary="a caption, judged by the events that it misses, gets wrong or makes up",
        group=GROUP,
    )


@hookimpl
def ugcbench_datasets() -> Iterable[DatasetSpec]:
    """The reader of the public file."""
    yield DatasetSpec(
        name="video-salmonn2",
        target="ugcbench_video_salmonn2.release:Release",
        summary="your copy of its files: --dataset DIR, which holds video_salmonn2_test.json",
        group=GROUP,
        paths=True,
        marks=("video_salmonn2_test.json",),
        licence="Apache-2.0",
    )
