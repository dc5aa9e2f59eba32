"""Which hooks may a plugin implement?

A plugin is a module (or any object) registered under the entry-point group `ugcbench`; a hook is a
function of one of these names marked with `ugcbench.hookimpl`. Hooks return values and are called
with the arguments that they name. docs/plugins.md shows each as a complete plugin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from pathlib import Path

    import click

    from ugcbench.lifecycles import Lifecycle
    from ugcbench.pages.pictures import RunPicture
    from ugcbench.specs import DatasetSpec, ExecutorSpec, ModelSpec, TaskSpec
    from ugcbench.types import Record, Summary

hookspec = pluggy.HookspecMarker("ugcbench")
hookimpl = pluggy.HookimplMarker("ugcbench")


@hookspec
def ugcbench_tasks() -> Iterable[TaskSpec]:
    """Tasks that the plugin adds."""
    return ()


@hookspec
def ugcbench_models() -> Iterable[ModelSpec]:
    """Models and judges that the plugin adds."""
    return ()


@hookspec
def ugcbench_lifecycles() -> Iterable[Lifecycle]:
    """What providers announced about models that the plugin can ask: snapshots and shutdowns."""
    return ()


@hookspec
def ugcbench_datasets() -> Iterable[DatasetSpec]:
    """Datasets that the plugin adds."""
    return ()


@hookspec
def ugcbench_executors() -> Iterable[ExecutorSpec]:
    """Places where instances of a model can run, other than the run's own process."""
    return ()


@hookspec
def ugcbench_commands(group: click.Group) -> None:
    """Add subcommands to the command line's `group`; called once, before it parses."""


@hookspec
def ugcbench_record(record: Record) -> None:
    """Told once per sample, in the order of the dataset, after records.jsonl is on disk."""


@hookspec
def ugcbench_finished(summary: Summary, path: Path) -> None:
    """Told once per run, after summary.json is on disk in the run directory `path`."""


@hookspec
def ugcbench_pictures(runs: Sequence[Path]) -> Iterable[RunPicture]:
    """Pictures of finished runs, given by their directories, for pages that show these runs."""
    return ()
