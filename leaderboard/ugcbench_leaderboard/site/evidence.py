"""What stands behind one figure, in words? Shown when a reader asks for it.

A list of pairs, label and text, in the order in which somebody would ask.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from ugcbench.protocol import PROTOCOLS
from ugcbench.types import Cell, Summary
from ugcbench_leaderboard.columns import MAIN
from ugcbench_leaderboard.entries import KnownDifference, Measured
from ugcbench_leaderboard.site.readings import title_of
from ugcbench_leaderboard.standings import Figure, Row, Run

Facts = tuple[tuple[str, str], ...]
"""Labels with their texts."""

MADE: Mapping[str, str] = {
    "published": "taken over as it was published; nothing was run here",
    "recorded": "scored here from answers that were recorded elsewhere",
    "run": "a run of ugcbench",
}
COMMAND = "Command"
AGAIN = (
    "ugcbench run --model MODEL --tasks all --dataset ugc-videocap@v1 --protocol paper "
    "--judge JUDGE"
)
"""What a published figure is made again by."""


def tell_figure(row: Row, figure: Figure) -> Facts:
    """All that is known of a figure."""
    return tuple((label, text) for label, text in _figure(row, figure) if text)


def tell_average(row: Row) -> Facts:
    """Of what a row's average is the mean, and what was published in its place."""
    missing = [title_of(c.name) for c in MAIN if _is_published(row, c.name)]
    facts = [("Value", "" if row.average is None else f"{row.average:.2f}")]
    facts.append(("What it is", "the mean of the eight columns, each with the same weight"))
    if published := row.published_average:
        facts.append(("Published", f"{published.figure} in {published.source}"))
    if row.runs and missing:
        facts.append(("Published columns in it", ", ".join(missing)))
    known = [known for known in row.known if known.cell == "average"]
    return (*facts, *map(_known, known))


def tell_command(measured: Measured) -> str:
    """What to type for the same figures."""
    summary = measured.summary
    if summary.source == "recorded":
        return "ugcbench import ugc-videocap FOLDER"
    tasks = dict.fromkeys(cell.name.partition(":")[0] for cell in summary.cells)
    words = ["ugcbench", "run", "--model", summary.model, "--tasks", ",".join(tasks)]
    words += ["--dataset", summary.dataset.rpartition("@")[0], *_judge(measured)]
    words += ["--protocol", measured.protocol.name]
    words += ["--limit", str(measured.limit)] if measured.limit else []
    words += ["--subset", str(measured.subset.size)] if measured.subset else []
    return shlex.join(words)


def _judge(measured: Measured) -> list[str]:
    judges = [cell.judge for cell in measured.summary.cells if cell.judge]
    votes = measured.protocol.judge.votes
    return ["--judge", judges[0], *(["--votes", str(votes)] if votes > 1 else [])] if judges else []


def tell_statuses(cell: Cell) -> str:
    """How the samples ended, the most frequent first."""
    counts = sorted(cell.statuses.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts)


def tell_interval(figure: Figure) -> str:
    """The 95 % interval, empty if none is known."""
    cell = figure.cell
    if cell is None or cell.low is None or cell.high is None:
        return ""
    return f"{100 * cell.low:.1f} to {100 * cell.high:.1f}"


def _figure(row: Row, figure: Figure) -> Iterator[tuple[str, str]]:
    if figure.value is not None:
        yield "Value", f"{figure.value:.{max(figure.column.decimals, 2)}f}"
    yield "95 % interval", tell_interval(figure)
    if figure.published:
        printed = figure.published.figure
        yield "Published", f"{printed} in {figure.published.source}"
    for known in row.known:
        if known.cell == figure.column.name:
            yield _known(known)
    yield "Made by", MADE[figure.source]
    if figure.cell is None or figure.run is None:
        yield "Rules", "those of the source; not all of them are public"
        yield COMMAND, AGAIN
        return
    yield from _samples(figure, figure.cell)
    yield from _rules(figure.cell, figure.run)
    for difference in figure.differences:
        yield "Differs from its column", difference.text
    yield from _origin(figure.run)


def _samples(figure: Figure, cell: Cell) -> Iterator[tuple[str, str]]:
    coverage = f"coverage {100 * cell.coverage:.1f} %"
    yield "Samples", f"{cell.n} of {cell.asked} count, {coverage}"
    yield "How they ended", tell_statuses(cell)
    if cell.coverage < 1 and figure.bounds:
        worst, best = figure.bounds
        yield "Whatever the missing are", f"{worst:.1f} to {best:.1f}"
    if cell.baseline is not None:
        yield "A constant answer gets", f"{100 * cell.baseline:.1f}"


def _rules(cell: Cell, run: Run) -> Iterator[tuple[str, str]]:
    summary = run.measured.summary
    yield "Protocol", summary.protocol
    yield "Hash of this column's rules", cell.protocol_hash
    preset = PROTOCOLS.get(cell.protocol)
    if preset is None or preset != run.measured.protocol:
        yield "Preset", "the rules are not those of a preset of this version"
    if cell.judge is None:
        yield "Judge", "none; the score is computed"
        return
    yield "Judge asked", cell.judge + ("" if cell.comparable else " (offline: a smoke test)")
    yield "Judge that answered", ", ".join(cell.judge_answered)
    if cell.disagreement is not None:
        yield "Disagreement of votes", f"{100 * cell.disagreement:.1f} points"
    if cell.bridged:
        bridged = cell.bridged
        route = f"from {bridged.judge} to the scale of {bridged.anchor}"
        yield "Carried over", f"{route}: {bridged.method}, bridge {bridged.bridge}"


def _origin(run: Run) -> Iterator[tuple[str, str]]:
    summary = run.measured.summary
    yield "Model", _answered(summary)
    yield "Dataset", summary.dataset
    yield "Clips", run.measured.clips
    yield "Run", summary.run
    versions = (f"{name} {version}" for name, version in summary.versions.items())
    yield "Versions", ", ".join(versions)
    yield COMMAND, tell_command(run.measured)


def _answered(summary: Summary) -> str:
    names = ", ".join(summary.model_answered)
    same = names in ("", summary.model)
    return summary.model if same else f"{summary.model}, answered by {names}"


def _known(known: KnownDifference) -> tuple[str, str]:
    return "Known difference", f"its own data give {known.regenerated}: {known.reason}"


def _is_published(row: Row, name: str) -> bool:
    figure = row.figures.get(name)
    return figure is not None and figure.cell is None


def list_judges(figures: Sequence[Figure]) -> list[str]:
    """The judges asked, each once."""
    judges = (figure.cell.judge for figure in figures if figure.cell and figure.cell.judge)
    return list(dict.fromkeys(judges))
