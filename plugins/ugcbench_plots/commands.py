"""How are pictures drawn from the command line?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ugcbench.commands.printing import echo

if TYPE_CHECKING:
    from ugcbench_plots.picture import Picture

F = TypeVar("F", bound=Callable[..., Any])

folder = click.Path(exists=True, file_okay=False, path_type=Path)
runs_argument = click.argument("runs", nargs=-1, required=True, type=folder, metavar="RUN...")
cells_option = click.option(
    "--cells", metavar="A,B", help="Only these, such as ugc/ocr or ugc/caption:audio."
)


def drawing(command: F) -> F:
    """The options that all pictures have."""
    for option in (
        click.option(
            "--format",
            "style",
            type=click.Choice(["picture", "json", "csv"]),
            default="picture",
            show_default=True,
            help="The picture, or the numbers in it on stdout.",
        ),
        click.option("--theme", type=click.Choice(["light", "dark"]), default="light"),
        click.option(
            "--output",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Where to: .png, .svg or .pdf. [default: NAME.png here]",
        ),
    ):
        command = option(command)
    return command


@click.group(short_help="Draw results: differences, distributions, calibration, cost.")
def plot() -> None:
    """Draw finished runs.

    Each picture is a PNG, SVG or PDF file, by the suffix of --output.
    """


@plot.command(short_help="Paired differences with intervals.")
@runs_argument
@cells_option
@drawing
def forest(
    runs: tuple[Path, ...], cells: str | None, output: Path | None, theme: str, style: str
) -> None:
    """Draw the paired differences of two or more runs, column by column.

    \b
    Example:
      ugcbench plot forest runs/A runs/B --output forest.svg
    """
    from ugcbench_plots.forest import plot_forest

    picture = plot_forest(*runs, cells=_split(cells), theme=theme)  # type: ignore[arg-type]
    _hand_over(picture, output or Path("forest.png"), style)


@plot.command(short_help="Distributions of scores.")
@runs_argument
@cells_option
@drawing
def scores(
    runs: tuple[Path, ...], cells: str | None, output: Path | None, theme: str, style: str
) -> None:
    """Draw how the scores of each column are spread, for up to six runs.

    \b
    Example:
      ugcbench plot scores runs/A runs/B
    """
    from ugcbench_plots.scores import plot_scores

    picture = plot_scores(*runs, cells=_split(cells), theme=theme)  # type: ignore[arg-type]
    _hand_over(picture, output or Path("scores.png"), style)


@plot.command(short_help="A judge's scores against another's.")
@click.argument("anchor", type=folder)
@click.argument("judged", type=folder)
@cells_option
@drawing
def calibration(
    anchor: Path, judged: Path, cells: str | None, output: Path | None, theme: str, style: str
) -> None:
    """Draw the scores of the run JUDGED against those of ANCHOR, for the same answers.

    \b
    Example:
      ugcbench score runs/A --judge openai/J --output runs/A-by-J
      ugcbench plot calibration runs/A runs/A-by-J
    """
    from ugcbench_plots.calibration import plot_calibration

    columns = _split(cells)
    picture = plot_calibration(anchor, judged, cells=columns, theme=theme)  # type: ignore[arg-type]
    _hand_over(picture, output or Path("calibration.png"), style)


@plot.command(short_help="Quality against money, tokens or time.")
@runs_argument
@click.option(
    "--against",
    type=click.Choice(["cost", "tokens", "seconds"]),
    help="What the model's answers took. [default: the first that all runs tell]",
)
@click.option("--cell", default="average", show_default=True, help="Such as ugc/caption:audio.")
@click.option("--prices", type=click.Path(exists=True, dir_okay=False), help="Your price file.")
@drawing
def cost(
    runs: tuple[Path, ...],
    *,
    against: str | None,
    cell: str,
    prices: str | None,
    output: Path | None,
    theme: str,
    style: str,
) -> None:
    """Draw the runs by their score and by what their answers took.

    \b
    Example:
      ugcbench plot cost runs/A runs/B runs/C --prices prices.toml
    """
    from ugcbench.commands.options import load_prices
    from ugcbench_plots.cost import plot_cost

    picture = plot_cost(
        *runs,
        against=against,  # type: ignore[arg-type]
        cell=cell,
        prices=load_prices(prices),
        theme=theme,  # type: ignore[arg-type]
    )
    _hand_over(picture, output or Path("cost.png"), style)


def _split(cells: str | None) -> list[str]:
    return cells.split(",") if cells else []


def _hand_over(picture: Picture, output: Path, style: str) -> None:
    """Write the picture and say where, or print its numbers."""
    for note in picture.notes:
        echo(f"note: {note}", err=True)
    if style == "json":
        echo(json.dumps({"title": picture.title, "rows": picture.rows}, indent=2))
    elif style == "csv":
        from ugcbench.rendering import render

        headers = list(dict.fromkeys(name for row in picture.rows for name in row))
        echo(
            render(
                headers, [[_cell(row.get(name)) for name in headers] for row in picture.rows], "csv"
            )
        )
    else:
        echo(picture.save(output))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, list | tuple | bool) else str(value)
