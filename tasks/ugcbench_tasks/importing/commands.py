"""What can be typed after `ugcbench import`?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.printing import echo
from ugcbench.errors import UsageError

if TYPE_CHECKING:
    from ugcbench import Registry, Result
    from ugcbench_tasks.importing.problems import Problems

SKIP_EMPTY = frozenset({"gemma-3n-e4b-it", "gemma-3n-e2b-it", "minicpm-o-2.6"})
"""Whose on-screen text the paper scored by the scorer that leaves empty answers out."""

skip_bad_option = click.option(
    "--skip-bad", is_flag=True, help="Report what can't be read, and import the rest."
)


@click.group("import", short_help="Turn recorded answers and verdicts into runs.")
def import_group() -> None:
    """Turn answers and verdicts that were recorded elsewhere into ordinary runs."""


@import_group.command("ugc-videocap")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder that gets one run directory for each system.",
)
@click.option("--name", "names", multiple=True, metavar="FILE=SYSTEM", help="Whose a file is.")
@skip_bad_option
@click.pass_obj
def import_checkout(
    registry: Registry, directory: Path, output: Path, names: tuple[str, ...], *, skip_bad: bool
) -> None:
    """Import the results folder of the official repository, checked out at DIRECTORY.

    Every system becomes a run with the released answers, and with the released caption verdicts as
    those of gpt-4o-2024-08-06, scored by the paper's protocol. Nothing of DIRECTORY is executed.
    """
    from ugcbench_tasks.importing.checkout import read_checkout
    from ugcbench_tasks.importing.problems import Problems
    from ugcbench_tasks.importing.scripts import write_prompts
    from ugcbench_tasks.importing.writing import JUDGE, write_run
    from ugcbench_tasks.layout import OfficialLayout

    problems = Problems()
    clips = list(OfficialLayout(directory))
    recordings = read_checkout(directory, _read_names(names), problems)
    _report(problems, skip_bad=skip_bad)
    for recording in recordings:
        path = output / recording.system
        protocol = "paper-skip-empty" if recording.system in SKIP_EMPTY else "paper"
        write_run(
            recording,
            clips,
            path,
            protocol=protocol,
            dataset="ugc-videocap-release",
            judge=f"stored/{JUDGE}",
            registry=registry,
        )
        write_prompts(directory, path)
        _show(_scored(path, registry))


@import_group.command("captions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", required=True, metavar="NAME", help="Whose captions they are.")
@click.option("--dataset", required=True, metavar="NAME|PATH", help="What they caption.")
@click.option("--judge", metavar="NAME", help="Score them at once.")
@click.option("--protocol", default="v1", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="The new run directory.")
@skip_bad_option
@click.pass_obj
def import_captions(registry: Registry, /, file: Path, **typed: Any) -> None:  # noqa: ANN401
    """Import saved captions from FILE: JSON {id: caption}, JSON Lines, or CSV.

    Then they are scored like any run:  ugcbench score RUN --judge NAME --output NEW_DIR
    """
    from ugcbench.datasets import open_dataset
    from ugcbench_tasks.importing.captions import read_captions
    from ugcbench_tasks.importing.problems import Problems
    from ugcbench_tasks.importing.writing import write_run

    problems = Problems()
    dataset, _ = open_dataset(registry, typed["dataset"], {})
    recording = read_captions(file, typed["model"], problems)
    clips = list(dataset)
    known = {clip.id for clip in clips}
    for _, sample in [key for key in recording.predictions if key[1] not in known]:
        problems.add(f"{file}: {sample}", f"{dataset.name} has no such clip")
        del recording.predictions["ugc/caption", sample]
    _report(problems, skip_bad=typed["skip_bad"])
    path = typed["output"] or Path("runs") / typed["model"].replace("/", "-")
    write_run(
        recording,
        clips,
        path,
        protocol=typed["protocol"],
        dataset=dataset.name,
        judge=typed["judge"],
        registry=registry,
    )
    if typed["judge"]:
        _show(_scored(path, registry))
    else:
        echo(f"run: {path}\nscore it with: ugcbench score {path} --judge NAME --output NEW")


def _read_names(pairs: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for pair in pairs:
        file, equals, system = pair.partition("=")
        if not (file and equals and system):
            raise UsageError(f"--name {pair!r} is not FILE=SYSTEM")
        names[Path(file).stem] = system
    return names


def _report(problems: Problems, *, skip_bad: bool) -> None:
    if not skip_bad:
        problems.stop()
    for problem in problems.found:
        echo(f"skipped: {problem}", err=True)


def _scored(path: Path, registry: Registry) -> Result:
    from ugcbench import rescore

    return rescore(path, registry=registry)


def _show(result: Result) -> None:
    echo(f"{result.title}\n{result.table()}\nrun: {result.path}\n")
