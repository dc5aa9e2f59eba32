"""What can be completed on the command line by pressing Tab?"""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import get_completion_class

from ugcbench.commands.printing import echo
from ugcbench.plugins import Registry

SHELLS = ("bash", "zsh", "fish")


def complete_models(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Names and aliases of models (or judges, for `--judge`)."""
    role = "judge" if parameter.name == "judge" else "model"
    names = []
    for spec in Registry().models.values():
        if role in spec.roles:
            names += [f"{spec.name}/" if spec.prefix else spec.name, *spec.aliases]
    return _starting(names, typed)


def complete_tasks(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Task names, after the last comma."""
    head, comma, last = typed.rpartition(",")
    return [f"{head}{comma}{name}" for name in _starting(["all", *Registry().tasks], last)]


def complete_datasets(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Names of registered datasets, and of their revisions."""
    specs = [spec for spec in Registry().datasets.values() if not spec.paths]
    names = [spec.name for spec in specs]
    names += [f"{spec.name}@{revision}" for spec in specs for revision in spec.revisions]
    return _starting(names, typed)


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a completion script for SHELL.

    For bash:  eval "$(ugcbench completion bash)"
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion is known for {shell}")
    root = context.find_root()
    echo(kind(root.command, {}, "ugcbench", "_UGCBENCH_COMPLETE").source())


COMMANDS = (completion,)


def _starting(names: Iterable[str], typed: str) -> list[str]:
    return [name for name in names if name.startswith(typed)]
