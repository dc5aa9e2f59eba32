"""A third-party plugin: a model, a task, a dataset, a command and two listeners."""

import os
from pathlib import Path

import click

from ugcbench import DatasetSpec, ModelSpec, TaskSpec, hookimpl


@hookimpl
def ugcbench_models():
    return [
        ModelSpec(name="example/shout", target="ugcbench_example.shout:Shout", summary="shouts")
    ]


@hookimpl
def ugcbench_tasks():
    return [
        TaskSpec(
            name="example/loudness",
            target="ugcbench_example.loudness:loudness",
            summary="the share of capital letters",
            group="example",
        )
    ]


@hookimpl
def ugcbench_datasets():
    return [
        DatasetSpec(
            name="example-clips",
            target="ugcbench_example.clips:Clips",
            summary="three clips that need no media",
            group="example",
        )
    ]


@hookimpl
def ugcbench_commands(group):
    @group.command()
    def hello():
        """Say hello."""
        click.echo("hello from the example plugin")


@hookimpl
def ugcbench_record(record):
    _log(f"record {record.task} {record.sample_id} {record.score.value}")


@hookimpl
def ugcbench_finished(summary):
    _log(f"finished {summary.model} {summary.average}")


def _log(line):
    """Only where a test asks for it."""
    if "UGCBENCH_EXAMPLE_LOG" in os.environ:
        with Path(os.environ["UGCBENCH_EXAMPLE_LOG"]).open("a") as file:
            file.write(line + "\n")
