"""Which figures of a column were made under other rules than the rest?

A figure is compared with the rules that most of its column share. Published figures count as made
under the protocol that gives them again, `paper`; what else was done to get them is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ugcbench.protocol import PROTOCOLS, Protocol
from ugcbench.types import Bridging
from ugcbench_leaderboard.entries import ALL_CLIPS
from ugcbench_leaderboard.standings import GOLD, Difference, Figure, Kind, Row

RANKED: frozenset[Kind] = frozenset({"protocol"})
"""Differences with which a row still has a rank; with any other it has none."""

PLACED: frozenset[Kind] = RANKED | {"bridged"}
"""Differences with which a row at least has a place among the ranked ones, by its intervals."""


def mark_differences(rows: Sequence[Row]) -> list[Row]:
    """The rows with the differences of each figure from its column filled in."""
    names = {name for row in rows for name in row.figures}
    references = {name: _reference(rows, name) for name in names}
    return [
        replace(
            row,
            figures={
                name: replace(figure, differences=tuple(_differences(figure, references[name])))
                for name, figure in row.figures.items()
            },
        )
        for row in rows
    ]


def is_ranked(row: Row) -> bool:
    """Whether the row has an average that may be compared with the others'."""
    return row.average is not None and _kinds(row) <= RANKED


def is_placed(row: Row) -> bool:
    """Whether a row without a rank has an average on the column's scale, by bridged figures."""
    return row.average is not None and "bridged" in _kinds(row) <= PLACED


def list_differences(rows: Sequence[Row]) -> list[str]:
    """Every difference in words, one a line."""
    return [
        f"{row.model}, {figure.column.label}: {difference.text}"
        for row in rows
        for figure in row.figures.values()
        for difference in figure.differences
    ]


def _kinds(row: Row) -> set[Kind]:
    return {d.kind for figure in row.figures.values() for d in figure.differences}


def _reference(rows: Sequence[Row], name: str) -> Figure | None:
    """A figure made under the rules that most of the column share, the first of several.

    A published figure with nothing measured in its place stands for the published ones; where
    there are such, only figures under a `paper` protocol can speak for the column. A bridged figure
    never does.
    """
    figures = [row.figures[name] for row in rows if name in row.figures]
    published = next((figure for figure in figures if figure.run is None), None)
    measured = [f for f in figures if f.cell and f.run and f.cell.comparable and not f.bridged]
    if published is not None:
        measured = [f for f in measured if f.run and f.run.regenerates]
    counts = Counter(_rules(figure) for figure in measured)
    if not counts:
        return published
    most = max(counts.values())
    return next(f for f in measured if counts[_rules(f)] == most)


def _rules(figure: Figure) -> tuple[object, ...]:
    if figure.cell is None or figure.run is None:
        return ()
    measured = figure.run.measured
    return (figure.run.gold, measured.clips, figure.cell.judge, figure.cell.protocol_hash)


def _differences(figure: Figure, reference: Figure | None) -> Iterator[Difference]:
    if figure.cell is None or figure.run is None:
        return
    bridged = figure.bridged
    if not figure.cell.comparable:
        judge = bridged.judge if bridged else figure.cell.judge
        text = f"judge {judge}, not comparable with an LLM judge"
        yield Difference("judge", text, offline=True)
    if bridged:
        yield Difference("bridged", _bridging(bridged))
    if reference is None or _rules(reference) == _rules(figure):
        return
    if reference.cell is None or reference.run is None:
        yield from _beside_published(figure)
        return
    ours, theirs = figure.run.measured, reference.run.measured
    if figure.run.gold != reference.run.gold:
        gold = f"dataset {figure.run.gold} instead of {reference.run.gold}"
        yield Difference("dataset", gold)
    if ours.clips != theirs.clips:
        yield Difference("clips", f"{ours.clips} instead of {theirs.clips}")
    accepted = {reference.cell.judge, *(reference.cell.judge_answered if bridged else ())}
    other_judge = figure.cell.judge not in accepted
    if other_judge and (figure.cell.comparable or bridged):
        judges = f"judge {figure.cell.judge} instead of {reference.cell.judge}"
        yield Difference("judge", judges)
    if bridged:
        yield from _rules_but_the_judges(ours.protocol, theirs.protocol)
        return
    other_rules = figure.cell.protocol_hash != reference.cell.protocol_hash
    if other_rules and not (other_judge and ours.protocol == theirs.protocol):
        yield Difference("protocol", _protocols(ours.protocol, theirs.protocol))


def _rules_but_the_judges(ours: Protocol, theirs: Protocol) -> Iterator[Difference]:
    """What differs for a bridged figure: how its judge was asked is the bridge's business."""
    asked_alike = ours.model_copy(update={"judge": theirs.judge})
    if asked_alike.model_copy(update={"name": theirs.name}) != theirs:
        yield Difference("protocol", _protocols(asked_alike, theirs))


def _bridging(bridged: Bridging) -> str:
    return (
        f"bridged from {bridged.judge} to the scale of {bridged.anchor}: {bridged.method}, "
        f"bridge {bridged.bridge}"
    )


def _beside_published(figure: Figure) -> Iterator[Difference]:
    """What is known to differ from a published figure: dataset, clips and protocol."""
    if figure.cell is None or figure.run is None or figure.run.regenerates:
        return
    run = figure.run
    if run.gold != GOLD:
        yield Difference("dataset", f"dataset {run.gold} instead of {GOLD}")
    if run.measured.clips != ALL_CLIPS:
        yield Difference("clips", f"{run.measured.clips} instead of {ALL_CLIPS}")
    if not run.under_paper:
        yield Difference("protocol", _protocols(run.measured.protocol, PROTOCOLS["paper"]))


def _protocols(ours: Protocol, theirs: Protocol) -> str:
    mine, other = ours.model_dump(mode="json"), theirs.model_dump(mode="json")
    fields = [name for name in mine if name != "name" and mine[name] != other[name]]
    if not fields:
        return "another prompt, rubric or scorer, under the same protocol"
    return f"protocol {ours.name} instead of {theirs.name} (other: {', '.join(fields)})"
