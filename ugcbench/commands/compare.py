"""Which of several runs is better?"""

from __future__ import annotations

import click

from ugcbench.commands.options import format_option
from ugcbench.commands.printing import echo

folder = click.Path(exists=True, file_okay=False)


@click.command(short_help="Compare finished runs, each with each.")
@click.argument("runs", nargs=-1, required=True, type=folder, metavar="RUN RUN...")
@click.option(
    "--cells",
    metavar="A,B",
    help="Only these, such as ugc/ocr, ugc/caption:audio or average.",
)
@click.option("--ranks", is_flag=True, help="Show each run's place instead of the differences.")
@click.option(
    "--allow-different-protocols",
    is_flag=True,
    help="Give numbers also where the rules differ; they stay marked.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
)
@click.option("--resamples", type=click.IntRange(1), help="Sign flips; enough by default.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@format_option
def compare(
    runs: tuple[str, ...],
    *,
    cells: str | None,
    ranks: bool,
    allow_different_protocols: bool,
    confidence: float,
    resamples: int | None,
    seed: int,
    style: str,
) -> None:
    """Compare finished runs on the samples that count in both runs of a pair.

    Each row is a column of a pair of runs: first minus second in points, an interval for it, the
    probability of such a difference by chance (p, and p adjusted for the number of rows), and the
    difference that such data would find four times in five. Numbers made by different rules are
    not compared; the notes name the rules.
    """
    from ugcbench import comparison

    found = comparison.compare(
        *runs,
        cells=cells.split(",") if cells else (),
        allow_different_protocols=allow_different_protocols,
        seed=seed,
        resamples=resamples,
        confidence=confidence,
    )
    echo(found.title, err=style != "table")
    shown = found.ranks if ranks else found.table
    echo(shown(style))  # type: ignore[arg-type]
    if any(row.difference is None and not row.comparable for row in found.rows):
        echo("for the numbers of the rest: --allow-different-protocols", err=True)


COMMANDS = (compare,)
