"""What can be typed to build a benchmark?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ugcbench.commands.names import style_option
from ugcbench.commands.printing import echo
from ugcbench_curate.annotating.commands import annotations_argument
from ugcbench_curate.extras import require


@click.command(short_help="Build a benchmark from annotations.")
@annotations_argument
@click.option(
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The benchmark, a new directory.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="For the order of the options.",
)
@click.option(
    "--option-order",
    "order",
    type=click.Choice(["balanced", "fixed"]),
    default="balanced",
    show_default=True,
    help="Put the right option in each place equally often, or list them as the template does.",
)
@click.option("--allow-drafts", is_flag=True, help="Take what a model said and nobody confirmed.")
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Templates of your own, laid over the shipped ones.",
)
@click.option(
    "--clips",
    type=click.Choice(["link", "copy", "none"]),
    default="link",
    show_default=True,
    help="What becomes of the clips; what can't be linked is copied.",
)
@style_option
def build(annotations: Path, output: Path, **typed: Any) -> None:  # noqa: ANN401
    """Build a benchmark in the official layout from ANNOTATIONS, a file of JSON Lines.

    The same annotations, templates and seed give the same bytes. A clip has a sample for a task
    only if its field says something that a person said or confirmed, that contradicts nothing and
    that the question doesn't give away; the report says what was refused, and why.

    \b
    Examples:
      ugcbench data build annotations.jsonl --output my-benchmark --seed 1
      ugcbench run --dataset my-benchmark --model signal-baseline --judge lexical
    """
    require("telling languages", "py3langid")
    from ugcbench_curate.annotating.files import read_annotations
    from ugcbench_curate.building import benchmark
    from ugcbench_curate.building.tables import show_report
    from ugcbench_curate.building.templates import load_templates

    rules = benchmark.BuildRules(typed["seed"], typed["order"], typed["allow_drafts"])
    built = benchmark.build(
        read_annotations(annotations), load_templates(typed["templates"]), rules
    )
    benchmark.write_benchmark(built, output, annotations.parent, typed["clips"])
    if typed["style"] == "json":
        echo(built.files["report.json"].decode(), nl=False)
    else:
        echo(show_report(built.report))
    echo(f"benchmark: {output}; use it by: ugcbench run --dataset {output} ...", err=True)


COMMANDS = (build,)
