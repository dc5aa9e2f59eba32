"""What can be typed to get annotations: their schema, what others annotated, a model's drafts?"""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.completion import complete_models
from ugcbench.commands.names import style_option
from ugcbench.commands.options import (
    asking_options,
    options_option,
    quiet_option,
    read_asking,
    read_options,
)
from ugcbench.commands.printing import echo
from ugcbench.errors import BudgetReachedError, DatasetError, UsageError

if TYPE_CHECKING:
    from ugcbench.plugins import Registry
    from ugcbench_curate.annotating.draft_report import DraftReport
    from ugcbench_curate.annotating.rows import Imported
    from ugcbench_curate.annotations import Annotation

INCOMPLETE = 4
INTERRUPTED = 130
SHOWN = 10

annotations_argument = click.argument(
    "annotations", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.command(short_help="Print the schema of annotations.")
@click.option(
    "--label-studio", is_flag=True, help="A labelling configuration that fits it, as XML, instead."
)
def schema(*, label_studio: bool) -> None:
    """Print the JSON Schema of one annotation, a line of an annotations file.

    \b
    Examples:
      ugcbench data schema > annotation.schema.json
      ugcbench data schema --label-studio > labelling.xml
    """
    if label_studio:
        from ugcbench_curate.annotating.label_studio import labelling_config

        echo(labelling_config(), nl=False)
        return
    from ugcbench_curate.annotating.files import export_schema

    echo(json.dumps(export_schema(), indent=2, ensure_ascii=False))


@click.command("annotations-from", short_help="Take over what was annotated elsewhere.")
@click.argument("source", metavar="FILE|DATASET")
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The annotations, as JSON Lines.",
)
@click.option(
    "--kind",
    type=click.Choice(["label-studio", "table", "dataset"]),
    help="What it is; by default that is seen from itself.",
)
@click.option("--annotator", metavar="ID", help="Who annotated it, where it doesn't say.")
@click.option(
    "--videos",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder of the clips, other than the dataset's own or that of FILE.",
)
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="NAME=FIELD",
    help="For Label Studio: the field of a control that is not named like one; repeatable.",
)
@click.option("--partial", is_flag=True, help="Take what can be read, and list the rest.")
@style_option
@click.pass_obj
def annotations_from(registry: Registry, /, source: str, output: Path, **typed: Any) -> None:  # noqa: ANN401
    """Turn an export of Label Studio, a table, or a dataset's gold into annotations.

    Label Studio: JSON or JSON-MIN, also with a task a line, or CSV. Tables: CSV or JSON Lines with
    a row for each clip and a column for each field, such as id, media, annotator, audio.tone.
    Datasets: any name or path that `ugcbench run --dataset` takes; each kind of gold becomes the
    field it was made of.

    \b
    Examples:
      ugcbench data annotations-from export.json --output annotations.jsonl --videos clips
      ugcbench data annotations-from mini --output mini.jsonl
      ugcbench data annotations-from ugc-videocap --output annotations.jsonl --partial
    """
    from ugcbench_curate.annotating.files import write_annotations
    from ugcbench_curate.annotating.importing import import_annotations

    if output.exists():
        raise UsageError(f"{output} is there already; choose another --output")
    found = import_annotations(
        source,
        output.parent,
        registry,
        kind=typed["kind"],
        annotator=typed["annotator"],
        videos=typed["videos"],
        fields=dict(map(_read_pair, typed["mapped"])),
    )
    for text in (*found.notes, *_first(found.problems)):
        echo(f"note: {text}", err=True)
    if found.problems and not typed["partial"]:
        raise DatasetError(
            f"{len(found.problems)} things can't be read; mend them, or take the rest by --partial"
        )
    if not found.annotations:
        raise DatasetError(f"{source}: nothing is annotated there")
    write_annotations(output, found.annotations)
    _tell(found, output, typed["style"])


def _tell(found: Imported, output: Path, style: str) -> None:
    from ugcbench_curate.fields import all_said

    values = sum(len(all_said(annotation)) for annotation in found.annotations)
    about = {"annotations": len(found.annotations), "values": values}
    if style == "json":
        whole = {**about, "output": str(output), "problems": found.problems, "notes": found.notes}
        echo(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        echo(f"{about['annotations']:,} annotations with {values:,} values in {output}")


@click.command("annotations-to", short_help="Hand annotations over to Label Studio.")
@annotations_argument
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The tasks, as JSON, to be imported there.",
)
@click.option(
    "--videos",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder that Label Studio serves as local storage; by default that of ANNOTATIONS.",
)
def annotations_to(annotations: Path, output: Path, videos: Path | None) -> None:
    """Make tasks for Label Studio of ANNOTATIONS, filled in with all that they say.

    People confirm and edit drafts there, in a project with the labelling configuration that
    `ugcbench data schema --label-studio` prints; its export comes back by `annotations-from`, which
    knows from it what was confirmed, what was edited, and what a person had said before.

    \b
    Examples:
      ugcbench data annotations-to drafts/annotations.jsonl --output tasks.json --videos downloads
      ugcbench data annotations-from export.json --output annotations.jsonl --videos downloads
    """
    from ugcbench.store import replace_text
    from ugcbench_curate.annotating.files import read_annotations
    from ugcbench_curate.annotating.label_studio_tasks import make_tasks

    if output.exists():
        raise UsageError(f"{output} is there already; choose another --output")
    known = read_annotations(annotations)
    output.parent.mkdir(parents=True, exist_ok=True)
    replace_text(output, make_tasks(known, annotations.parent, videos or annotations.parent))
    echo(f"{len(known):,} tasks in {output}")


def _first(problems: tuple[str, ...]) -> list[str]:
    rest = len(problems) - SHOWN
    more = [f"... and {rest} more; --format json with --partial lists all"] if rest > 0 else []
    return [*problems[:SHOWN], *more]


def _read_pair(text: str) -> tuple[str, str]:
    name, equals, field = text.partition("=")
    if not name or not equals or not field:
        raise UsageError(f"{text!r} is no mapping; write it as NAME=FIELD")
    return name, field


@click.command(short_help="Let a model draft what nobody has annotated yet.")
@annotations_argument
@click.option("--model", required=True, metavar="NAME", shell_complete=complete_models)
@options_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Gets annotations.jsonl and all that was replied. What is there is gone on with.",
)
@click.option(
    "--fields",
    metavar="NAME,...",
    help="Only these fields or groups (audio, visual, joint); by default all.",
)
@click.option("--again", is_flag=True, help="Replace what a model drafted before.")
@click.option(
    "--reasks",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="How often to ask again where a reply can't be read.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N clips.")
@asking_options
@style_option
@quiet_option
@click.pass_obj
def draft(registry: Registry, /, annotations: Path, style: str, **typed: Any) -> None:  # noqa: ANN401
    """Let a model draft the fields of ANNOTATIONS in which nobody has said anything yet.

    Drafts are marked as such, with the model's name, until a person confirms or edits them; what a
    person said is never replaced. Any registered model can draft; one that is a detector, such as
    of sound events, drafts only its own fields. A file with nothing but `id` and `media` a line
    will do to begin with. Typing the same again goes on where it was interrupted. Exits with 4 if
    a reply failed.

    \b
    Examples:
      ugcbench data draft clips.jsonl --model gemini-2.5-flash --output drafts
      ugcbench data draft clips.jsonl --model qwen-omni-3b --fields audio,visual.texts --output d
    """
    from ugcbench_curate.annotating.draft_report import show_drafts
    from ugcbench_curate.annotating.files import read_annotations

    read_asking(typed)
    known = read_annotations(annotations)
    report = _watched(known, annotations.parent, registry, typed)
    echo(report.model_dump_json(indent=2) if style == "json" else show_drafts(report))
    echo(f"drafts: {typed['output'] / 'annotations.jsonl'}", err=True)
    if report.failures:
        echo("what failed is asked again by typing the same", err=True)
        click.get_current_context().exit(INCOMPLETE)


def _watched(
    annotations: tuple[Annotation, ...], folder: Path, registry: Registry, typed: dict[str, Any]
) -> DraftReport:
    """Draft under progress bars; whatever stops it, say how to go on."""
    from ugcbench.commands.notices import watch
    from ugcbench_curate.annotating import drafting
    from ugcbench_curate.annotating.merging import Wish
    from ugcbench_curate.fields import FIELDS, find_fields

    asked = dict(typed)
    output, model, names = (asked.pop(name) for name in ("output", "model", "fields"))
    wish = Wish(
        find_fields(name.strip() for name in (names or ",".join(FIELDS)).split(",")),
        asked.pop("again"),
        asked.pop("reasks"),
    )
    asked["options"] = read_options(asked["options"])
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with watch(quiet=asked.pop("quiet")) as bars:
        try:
            return drafting.draft(
                annotations,
                model,
                output,
                folder=folder,
                wish=wish,
                observer=bars,
                registry=registry,
                **asked,
            )
        except KeyboardInterrupt:
            echo(f"interrupted; type the same again to go on in {output}", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except BudgetReachedError as error:
            raise BudgetReachedError(
                f"{error}; type the same again with --max-cost MORE to go on in {output}"
            ) from error


COMMANDS = (schema, annotations_from, annotations_to, draft)
