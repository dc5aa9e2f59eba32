"""The tasks of UGC-VideoCap, the mini benchmark, and the readers of their files."""

from __future__ import annotations

from collections.abc import Iterable

import click

from ugcbench import DatasetSpec, TaskSpec, hookimpl

HOME = "ugcbench_tasks"


@hookimpl
def ugcbench_tasks() -> Iterable[TaskSpec]:
    """The eight columns of the paper's Table 2, and three tasks outside of it."""
    yield _choice("voice_source", "Voice source", "where the human voice comes from (3 options)")
    yield _choice("tone", "Tone", "tone and mood of the speakers (3 options)")
    yield _task("ocr", "on-screen text, by n-gram overlap")
    yield _task("background", "background changes, judged consistent or not")
    yield _task("objects", "main objects, judged share of the gold objects found")
    yield _task("caption", "the final caption, judged on audio, visual and details")
    yield _single("audio_caption", "heard", "Audio caption")
    yield _single("visual_caption", "seen", "Visual caption")
    yield _choice(
        "bgm", "BGM", "background music, yes or no; the public gold is broken", table=False
    )


@hookimpl
def ugcbench_datasets() -> Iterable[DatasetSpec]:
    """The public release, the shipped mini benchmark, and the opener of a user's own files."""
    yield DatasetSpec(
        name="ugc-videocap",
        target=f"{HOME}.ugc_videocap.release:open_release",
        summary="the public release; first `ugcbench data fetch ugc-videocap`",
        group="ugc",
        licence="MIT",
        revisions={
            "v1.1": "the default: label case and broken gold corrected, see `ugcbench data info`",
            "v1": "as published, for figures beside the paper's",
        },
    )
    yield DatasetSpec(
        name="mini",
        target=f"{HOME}.datasets:mini",
        summary="twelve drawn clips with sound and gold for every task, shipped with ugcbench",
        group="ugc",
        licence="Apache-2.0",
    )
    yield DatasetSpec(
        name="file",
        target=f"{HOME}.datasets:open_dataset",
        summary="your own (--dataset PATH): JSONL, JSON, parquet, or the official layout",
        group="ugc",
        paths=True,
    )


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """`ugcbench data`: datasets are fetched, counted and checked. `ugcbench import`: recorded
    answers and verdicts become runs.
    """
    from ugcbench_tasks.data.commands import data
    from ugcbench_tasks.importing.commands import import_group

    known = group.commands.get("data")  # another plugin's commands, if it was asked first
    for command in known.commands.values() if isinstance(known, click.Group) else ():
        data.add_command(command)
    group.add_command(data)
    group.add_command(import_group)


def _task(name: str, summary: str) -> TaskSpec:
    return TaskSpec(name=f"ugc/{name}", target=f"{HOME}.ugc:{name}", summary=summary, group="ugc")


def _choice(name: str, label: str, summary: str, *, table: bool = True) -> TaskSpec:
    return TaskSpec(
        name=f"ugc/{name}",
        target=f"{HOME}.ugc:choice",
        summary=summary,
        options={"name": name, "gold": name, "label": label},
        group="ugc",
        table=table,
    )


def _single(name: str, modality: str, label: str) -> TaskSpec:
    return TaskSpec(
        name=f"ugc/{name}",
        target=f"{HOME}.ugc:single_caption",
        summary=f"a caption of only what is {modality}, judged by one level",
        options={"name": name, "modality": modality, "label": label},
        group="ugc",
        table=False,
    )
