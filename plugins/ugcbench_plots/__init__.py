"""Pictures of results: paired differences, distributions of scores, calibration, quality and cost.

    import ugcbench_plots as plots

    plots.plot_forest("runs/a", "runs/b")              # shown in a notebook
    plots.plot_scores("runs/a").save("scores.svg")     # or .png, .pdf
    plots.plot_cost("runs/a", "runs/b").figure         # matplotlib's Figure, to be changed

Each returns a `Picture`: the figure, and the numbers drawn in `rows` and `to_pandas()`. matplotlib
is imported when a picture is drawn, and its global state is never touched.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ugcbench import hookimpl

if TYPE_CHECKING:
    import click

    from ugcbench.pages.pictures import RunPicture
    from ugcbench_plots.calibration import plot_calibration
    from ugcbench_plots.cost import plot_cost
    from ugcbench_plots.forest import plot_forest
    from ugcbench_plots.picture import Picture
    from ugcbench_plots.scores import plot_scores

__all__ = ["Picture", "draw_svg", "plot_calibration", "plot_cost", "plot_forest", "plot_scores"]

KINDS = ("forest", "scores", "calibration", "cost")
_HOMES = {f"plot_{kind}": kind for kind in KINDS} | {"Picture": "picture"}


@hookimpl
def ugcbench_commands(group: click.Group) -> None:
    """Add `ugcbench plot`."""
    from ugcbench_plots.commands import plot

    group.add_command(plot)


@hookimpl
def ugcbench_pictures(runs: Sequence[Path]) -> Iterable[RunPicture]:
    """What can be drawn of these runs."""
    from ugcbench_plots.embedding import draw_for_pages

    return draw_for_pages(runs)


def draw_svg(
    kind: Literal["forest", "scores", "calibration", "cost"],
    runs: Sequence[str | Path],
    *,
    theme: Literal["light", "dark"] = "light",
    **options: Any,  # noqa: ANN401 - those of the picture's own function
) -> bytes:
    """A picture as an SVG file, for pages: `<img src=...>` shows it under the strictest policy.

    Raises a `UsageError` for runs that the picture can't be drawn of, `MissingExtraError` without
    matplotlib.
    """
    draw = getattr(importlib.import_module(f"ugcbench_plots.{kind}"), f"plot_{kind}")
    svg: bytes = draw(*runs, theme=theme, **options).svg()
    return svg


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'ugcbench_plots' has no attribute {name!r}")
    return getattr(importlib.import_module(f"ugcbench_plots.{_HOMES[name]}"), name)
