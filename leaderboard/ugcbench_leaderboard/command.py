"""How is the leaderboard printed from the command line?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ugcbench.commands.options import format_option
from ugcbench.commands.printing import echo
from ugcbench.errors import RunError, UgcbenchError, UsageError
from ugcbench_leaderboard.cards.commands import WithValidate, validate

if TYPE_CHECKING:
    from ugcbench.plugins import Registry
    from ugcbench.rendering import Format
    from ugcbench_leaderboard.checking import Comparison
    from ugcbench_leaderboard.columns import Table
    from ugcbench_leaderboard.entries import Directory
    from ugcbench_leaderboard.standings import Row, Run

EXIT_CODES = """\b
Exit codes: 0 printed; 1 with --check, a figure differs from the published one, or with --strict, a
column mixes rules; 2 wrong usage."""

place = click.Path(exists=True, path_type=Path)
folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(
    cls=WithValidate,
    epilog=EXIT_CODES,
    short_help="Rank published figures, finished runs and result cards.",
    subcommand_metavar="",
    invoke_without_command=True,
)
@click.argument("runs", nargs=-1, type=place, metavar="[RUN|CARD]...")
@click.option(
    "--runs",
    "folders",
    multiple=True,
    type=folder,
    metavar="DIR",
    help="Every finished run below DIR.",
)
@click.option(
    "--cards", "shelves", multiple=True, type=folder, metavar="DIR", help="Every card in DIR."
)
@click.option(
    "--table",
    type=click.Choice(["main", "caption"]),
    help="The eight columns (main, the default) or the captions alone; --check looks at both.",
)
@click.option("--check", is_flag=True, help="Compare figures made again with the published ones.")
@click.option("--strict", is_flag=True, help="Refuse a column that mixes rules.")
@click.option(
    "--entries",
    type=folder,
    metavar="DIR",
    help="Entry files to use in place of those that come with ugcbench.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write both tables as pages for a browser into DIR.",
)
@format_option
@click.pass_context
def leaderboard(
    context: click.Context,
    runs: tuple[Path, ...],
    folders: tuple[Path, ...],
    shelves: tuple[Path, ...],
    table: Literal["main", "caption"] | None,
    check: bool,
    strict: bool,
    entries: Path | None,
    output: Path | None,
    site: Path | None,
    style: Format,
) -> None:
    """Print the table of published figures, of the finished runs RUN and of the result cards CARD.

    A run of a system of the table under a `paper` protocol takes the place of its published
    figures, which stay beside it; any other run is a row of its own. What was made under other
    rules than its column is marked.
    """
    from ugcbench_leaderboard.rendering import render_comparisons, render_table

    if site is not None:
        _refuse_beside_site(context)
        _build_site(context.obj, _all_runs(runs, folders, shelves), entries, site, strict=strict)
        return
    tables: list[Table] = ["main", "caption"] if check and table is None else [table or "main"]
    standings = _standings(context.obj, tables, _all_runs(runs, folders, shelves), entries)
    if strict:
        _refuse_mixed(standings)
    if check:
        comparisons = _comparisons(standings)
        text = render_comparisons(comparisons, style)
        failed = any(comparison.verdict == "differs" for comparison in comparisons)
    else:
        text, failed = render_table(tables[0], standings[0], style), False
    if output is None:
        echo(text)
    else:
        _write(output, text)
    context.exit(int(failed))


leaderboard.add_command(validate)


def _refuse_beside_site(context: click.Context) -> None:
    """The site holds both tables in all formats: what chooses one of them has no meaning."""
    for name in ("table", "check", "output", "style"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            option = "format" if name == "style" else name
            raise UsageError(f"--{option} doesn't go with --site; leave one of them out")


def _build_site(
    registry: Registry, paths: Sequence[Path], entries: Path | None, folder: Path, *, strict: bool
) -> None:
    from ugcbench_leaderboard.columns import TABLES
    from ugcbench_leaderboard.entries import read_entries
    from ugcbench_leaderboard.site.gathering import gather_site, without_places
    from ugcbench_leaderboard.site.writing import check_folder, write_site

    check_folder(folder)
    directory = read_entries(entries)
    runs = [without_places(_read(path, registry)) for path in paths]
    standings = _rank(registry, TABLES, directory, runs)
    if strict:
        _refuse_mixed(standings)
    ranked = dict(zip(TABLES, standings, strict=True))
    write_site(gather_site(ranked, directory, runs, registry), folder)
    echo(f"wrote the leaderboard; open {folder / 'index.html'}")


def _write(file: Path, text: str) -> None:
    from ugcbench.store import replace_text

    try:
        replace_text(file, text + "\n")
    except RunError as error:
        raise UsageError(f"{error}; choose another --output") from error


def _all_runs(runs: Sequence[Path], folders: Sequence[Path], shelves: Sequence[Path]) -> list[Path]:
    """The runs and cards named and found, each once, in order."""
    from ugcbench_leaderboard.cards.rows import find_cards
    from ugcbench_leaderboard.standings import find_runs

    found = [path for folder in folders for path in find_runs(folder)]
    found += [file for shelf in shelves for file in find_cards(shelf)]
    paths = [*runs, *found]
    return list({path.resolve(): path for path in paths}.values())


def _standings(
    registry: Registry, tables: Sequence[Table], paths: Sequence[Path], entries: Path | None
) -> list[list[Row]]:
    from ugcbench_leaderboard.entries import read_entries

    runs = [_read(path, registry) for path in paths]
    return _rank(registry, tables, read_entries(entries), runs)


def _rank(
    registry: Registry, tables: Sequence[Table], directory: Directory, runs: Sequence[Run]
) -> list[list[Row]]:
    from ugcbench_leaderboard.comparability import mark_differences
    from ugcbench_leaderboard.ranking import rank
    from ugcbench_leaderboard.standings import gather

    prefixes = [spec.name for spec in registry.models.values() if spec.prefix]
    return [
        rank(table, mark_differences(gather(table, directory, runs, prefixes))) for table in tables
    ]


def _read(path: Path, registry: Registry) -> Run:
    """The numbers of a run directory or of a card."""
    from ugcbench_leaderboard.cards.rows import read_card_run
    from ugcbench_leaderboard.standings import read_run

    if path.is_file():
        return read_card_run(path, registry)
    if not (path / "run.json").exists() and any(path.glob("*.json")):
        raise UsageError(f"{path} is no run; if it holds cards, add them by: --cards {path}")
    return read_run(path)


def _refuse_mixed(standings: Sequence[Sequence[Row]]) -> None:
    from ugcbench_leaderboard.comparability import list_differences

    found = list(dict.fromkeys(line for rows in standings for line in list_differences(rows)))
    if found:
        raise UgcbenchError(
            "a column mixes rules; leave out --strict to have that marked:\n" + "\n".join(found)
        )


def _comparisons(standings: Sequence[Sequence[Row]]) -> list[Comparison]:
    from ugcbench_leaderboard.checking import compare_with_published

    # The caption table repeats those figures of the main table that it has no own for.
    found = {
        (made.model, made.cell, made.published.source): made
        for rows in standings
        for made in compare_with_published(rows)
    }
    if not found:
        raise UsageError(
            "nothing to check: no figure of a published system was made again; give runs of such "
            "systems under `--protocol paper`"
        )
    return list(found.values())
