"""What goes into the site: from entries, runs and cards to everything that its pages show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ugcbench.plugins import Registry
from ugcbench.protocol import Protocol
from ugcbench.types import Summary
from ugcbench_leaderboard.cards.portable import make_portable
from ugcbench_leaderboard.columns import Table
from ugcbench_leaderboard.entries import Directory, Measured
from ugcbench_leaderboard.site.evidence import tell_command
from ugcbench_leaderboard.site.naming import slug
from ugcbench_leaderboard.site.rules import Preset, Rule, list_presets, list_rules
from ugcbench_leaderboard.site.shown import ShownRow, ShownTable, Source, System
from ugcbench_leaderboard.site.tabling import find_about, find_entry, show_table
from ugcbench_leaderboard.site.tasks import TaskPage, describe_tasks
from ugcbench_leaderboard.standings import Row, Run


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that the pages show."""

    tables: tuple[ShownTable, ...]
    systems: tuple[System, ...]
    tasks: tuple[TaskPage, ...]
    presets: tuple[Preset, ...]
    rules: tuple[Rule, ...]


def gather_site(
    standings: Mapping[Table, Sequence[Row]],
    directory: Directory,
    runs: Sequence[Run],
    registry: Registry,
) -> Site:
    """The site of ranked standings; `runs` are those given, whose gold is counted."""
    standings = {table: number_twins(rows) for table, rows in standings.items()}
    tables = tuple(show_table(table, rows, directory) for table, rows in standings.items())
    protocols = list_presets(_used(standings))
    paths = [run.path for run in runs if run.path is not None and run.path.is_dir()]
    return Site(
        tables=tables,
        systems=tuple(_systems(standings, tables, directory)),
        tasks=tuple(describe_tasks(registry, paths)),
        presets=tuple(preset for preset, _ in protocols),
        rules=tuple(list_rules([protocol for _, protocol in protocols])),
    )


def number_twins(rows: Sequence[Row]) -> list[Row]:
    """The rows with a number behind a name that an earlier row has: each is a page of its own."""
    names: list[str] = []
    for row in rows:
        number = 2
        name = row.model
        while name in names:
            name = f"{row.model} #{number}"
            number += 1
        names.append(name)
    return [replace(row, model=name) for row, name in zip(rows, names, strict=True)]


def without_places(run: Run) -> Run:
    """The run without the folders, addresses and secrets of the machine that it was made on."""
    measured = run.measured
    summary = Summary.model_validate(make_portable(measured.summary.model_dump()))
    return replace(run, measured=measured.model_copy(update={"summary": summary}))


def _systems(
    standings: Mapping[Table, Sequence[Row]], tables: Sequence[ShownTable], directory: Directory
) -> Iterator[System]:
    """One for each name, in the order of the tables."""
    rows: dict[str, list[Row]] = {}
    shown: dict[str, list[tuple[ShownTable, ShownRow]]] = {}
    for table, standing in zip(tables, standings.values(), strict=True):
        for row, seen in zip(standing, table.rows, strict=True):
            rows.setdefault(row.model, []).append(row)
            shown.setdefault(row.model, []).append((table, seen))
    for model, lines in rows.items():
        entry = find_entry(lines[0], directory)
        yield System(
            model=model,
            slug=slug(model),
            about=find_about(lines[0], directory),
            aliases=entry.aliases if entry else (),
            rows=tuple(shown[model]),
            sources=tuple(_sources(lines)),
        )


def _sources(rows: Sequence[Row]) -> Iterator[Source]:
    measured: list[Measured] = []
    for row in rows:
        measured += [run.measured for run in row.runs if run.measured not in measured]
    for one in measured:
        yield Source(one, tell_command(one))


def _used(standings: Mapping[Table, Sequence[Row]]) -> dict[str, Protocol]:
    """The protocols of all figures by their hash."""
    runs = [run for rows in standings.values() for row in rows for run in row.runs]
    return {run.measured.protocol.hash(): run.measured.protocol for run in runs}
