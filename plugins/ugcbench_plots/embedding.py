"""Which pictures stand on pages that show runs?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from ugcbench.errors import UsageError
from ugcbench.pages.pictures import RunPicture
from ugcbench_plots.cost import plot_cost
from ugcbench_plots.forest import plot_forest
from ugcbench_plots.picture import Picture
from ugcbench_plots.scores import plot_scores

DRAWN: dict[str, Callable[..., Picture]] = {
    "forest": plot_forest,
    "scores": plot_scores,
    "cost": plot_cost,
}


def draw_for_pages(runs: Sequence[Path]) -> Iterator[RunPicture]:
    """All that can be drawn of these runs; nothing without matplotlib."""
    if find_spec("matplotlib") is None:
        return
    for name, draw in DRAWN.items():
        if name == "cost" and len(runs) < 2:
            continue  # one point tells nothing
        try:
            light, dark = draw(*runs, theme="light"), draw(*runs, theme="dark")
        except UsageError:
            continue  # too many runs, or too few, or nothing that can be compared
        yield RunPicture(name, light.title, light.svg(), dark.svg())
