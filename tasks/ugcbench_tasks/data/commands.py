"""How is `ugcbench data` typed?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.completion import complete_datasets
from ugcbench.commands.names import style_option
from ugcbench.commands.printing import echo
from ugcbench.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from rich.progress import Progress

    from ugcbench.plugins import Registry
    from ugcbench.specs import Dataset
    from ugcbench_tasks.data.downloads import Attempt

dataset_argument = click.argument(
    "dataset", metavar="NAME|PATH", shell_complete=complete_datasets, required=True
)
quiet_option = click.option("--quiet", is_flag=True, help="No progress bar.")


@click.group(short_help="Fetch, count and check datasets.")
def data() -> None:
    """Fetch, count and check datasets: a name, name@revision, or files of your own."""


@data.command()
@click.argument("name", type=click.Choice(["ugc-videocap"]))
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A checkout of the official repository; without it, the files are downloaded.",
)
@click.option(
    "--to",
    "root",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to put them, other than below $UGCBENCH_HOME or your data directory.",
)
@click.option("--partial", is_flag=True, help="Take what is whole if files are absent or broken.")
def fetch(name: str, source: Path | None, root: Path | None, *, partial: bool) -> None:
    """Fetch the gold files of the dataset NAME, once; the videos are not among them."""
    from ugcbench_tasks.ugc_videocap import fetching, hub
    from ugcbench_tasks.ugc_videocap.release import default_root

    origin = hub.Snapshot() if source is None else fetching.Checkout(source)
    told = (lambda file: echo(f"fetching {file}", err=True)) if source is None else _unheard
    fetched = fetching.fetch(origin, root or default_root(), partial=partial, told=told)
    for problem in fetched.problems:
        echo(f"note: {problem}", err=True)
    for file, state in fetched.files.items():
        echo(f"{state:<10}{file}")
    echo(f"in {fetched.root}")
    use = f"--dataset {name}" + (f" --dataset-option root={root}" if root else "")
    echo(f"use it by: ugcbench run {use} ...", err=True)


@data.command()
@dataset_argument
@style_option
@click.pass_obj
def info(registry: Registry, dataset: str, style: str) -> None:
    """Count clips, gold and labels, and list the corrections of the revision."""
    from ugcbench_tasks.data.census import count
    from ugcbench_tasks.data.tables import render_census

    about = count(_open(registry, dataset))
    echo(_as_json(about) if style == "json" else render_census(about))


@data.command()
@dataset_argument
@style_option
@click.pass_context
def validate(context: click.Context, dataset: str, style: str) -> None:
    """Find every problem of a dataset's files and gold.

    Exits with 1 if anything keeps the dataset from being used; warnings and notes don't.
    """
    from dataclasses import asdict

    from ugcbench.gold.findings import render_findings
    from ugcbench_tasks.data.validation import validate as find

    opened = _open(context.obj, dataset)
    findings = find(opened)
    usable = not any(finding.level == "error" for finding in findings)
    if style == "json":
        about = {"dataset": opened.name, "revision": opened.revision, "usable": usable}
        echo(_as_json({**about, "findings": [asdict(finding) for finding in findings]}))
    else:
        echo(render_findings(findings))
    if not usable:
        context.exit(1)


@data.command()
@dataset_argument
@click.option("--check", is_flag=True, help="Look at each clip's file; the default.")
@click.option("--fetch", "fetching", is_flag=True, help="Download what is not there (yt-dlp).")
@click.option(
    "--urls",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="For --fetch: lines of id<TAB>address.",
)
@click.option(
    "--videos",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder of the clips, other than the dataset's own.",
)
@click.option("--again", is_flag=True, help="For --fetch: ask again for what was gone.")
@click.option("--attempts", type=click.IntRange(1), default=3, show_default=True)
@style_option
@quiet_option
@click.pass_context
def videos(context: click.Context, /, dataset: str, **typed: Any) -> None:  # noqa: ANN401
    """Check that each clip is present, opens and has sound, or download the clips.

    Exits with 1 if a clip isn't there or doesn't open. Nothing is decoded. What is gone is recorded
    in fetch.jsonl beside the videos and not asked for again.
    """
    if typed["fetching"] and typed["check"]:
        raise UsageError("either --check or --fetch; check after fetching")
    if typed["fetching"] != bool(typed["urls"]):
        raise UsageError("--fetch and --urls FILE go together; FILE has lines of id<TAB>address")
    options = {} if typed["videos"] is None else {"videos": typed["videos"]}
    opened = _open(context.obj, dataset, options)
    work = _fetch_videos if typed["fetching"] else _check_videos
    if not work(opened, typed):
        context.exit(1)


def _check_videos(dataset: Dataset, typed: Mapping[str, Any]) -> bool:
    from ugcbench_tasks.data.clip_files import look_at, summarize
    from ugcbench_tasks.data.tables import render_clip_files

    clips = list(dataset)
    with _bar(quiet=typed["quiet"]) as bar:
        files = list(bar.track(look_at(clips), total=len(clips), description="videos"))
    summary = summarize(files)
    echo(_as_json(summary) if typed["style"] == "json" else render_clip_files(summary))
    return bool(summary["open"] == summary["clips"])


def _fetch_videos(dataset: Dataset, typed: Mapping[str, Any]) -> bool:
    from ugcbench_tasks.data.downloads import Downloader
    from ugcbench_tasks.data.tables import render_attempts
    from ugcbench_tasks.data.url_lists import read_urls

    folder: Path | None = getattr(dataset, "videos", None)
    if folder is None:
        raise DatasetError(f"{dataset.name} has no folder of videos; name one by --videos DIR")
    places = {clip.id: Path(clip.media) for clip in dataset if clip.media is not None}
    urls = read_urls(typed["urls"], places.keys())
    downloader = Downloader(attempts=typed["attempts"])
    attempts = downloader.fetch_all(urls, places, folder, again=typed["again"])
    with _bar(quiet=typed["quiet"]) as bar:
        results: list[tuple[Attempt, bool]] = list(
            bar.track(attempts, total=len(urls), description="videos")
        )
    if typed["style"] == "json":
        rows = [{**attempt.model_dump(), "new": new} for attempt, new in results]
        echo(_as_json({"folder": str(folder), "videos": rows}))
    else:
        echo(render_attempts(results, len(places), folder))
    return all(attempt.status == "ok" for attempt, _ in results)


def _open(registry: Registry, name: str, options: Mapping[str, object] | None = None) -> Dataset:
    from ugcbench.datasets import open_dataset

    return open_dataset(registry, name, options or {})[0]


def _bar(*, quiet: bool) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(stderr=True), disable=quiet)


def _as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _unheard(file: str) -> None:
    """Copying takes no time: nothing to tell."""
