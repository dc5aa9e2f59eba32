"""What can be typed to begin a plugin?"""

from __future__ import annotations

from pathlib import Path

import click

from ugcbench import Registry
from ugcbench.commands.printing import echo
from ugcbench.errors import UsageError
from ugcbench_scaffold.kinds import KINDS, LICENSES


@click.group(short_help="Begin a plugin of your own.")
def plugin() -> None:
    """Begin a plugin: a package that adds models, judges, tasks, datasets or commands."""


@plugin.command(short_help="Write a package whose tests pass at once.")
@click.argument("name")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(list(KINDS)),
    multiple=True,
    default=("model",),
    show_default=True,
    help="What it adds; repeatable.",
)
@click.option(
    "--license",
    "license_name",
    type=click.Choice(LICENSES),
    default=LICENSES[0],
    show_default=True,
    help="Under which you give it away.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder in which its folder is made; by default this one.",
)
@click.pass_context
def new(
    context: click.Context, name: str, kinds: tuple[str, ...], license_name: str, output: Path
) -> None:
    """Write the package ugcbench-NAME, which works as it stands and has tests that pass.

    \b
    Then put your own model, judge, task, dataset or command in the place of its example:
      ugcbench plugin new whale
      ugcbench plugin new whale --kind task --kind dataset
    """
    from ugcbench_scaffold.names import check_free, read_name
    from ugcbench_scaffold.writing import make_files, tries, write_files

    registry = context.find_object(Registry) or Registry()
    names, wanted = read_name(name), list(dict.fromkeys(kinds))
    root = context.find_root().command
    check_free(names, wanted, registry, root.commands if isinstance(root, click.Group) else ())
    folder = output / names.distribution
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder} is there already; take another name or --output")
    files = make_files(names, wanted, license_name)
    write_files(folder, files)
    echo(f"wrote {folder}: {len(files)} files, under {license_name} (`LICENSE`)")
    echo("next:")
    for line in (
        f"cd {folder}",
        "python -m pytest                  # passes already: now put your own in its place",
        "pip install -e .",
        *tries(names, wanted),
    ):
        echo(f"  {line}")
    echo(
        f"before you publish it, see that https://pypi.org/project/{names.distribution} is free; "
        "docs/authors.md goes on from here"
    )
