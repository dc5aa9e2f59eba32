"""Which names are there, and what stands behind one?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ugcbench.commands.printing import echo
from ugcbench.plugins import Registry

if TYPE_CHECKING:
    from ugcbench.specs import ModelSpec, Spec

KINDS = ("models", "judges", "tasks", "datasets", "executors", "plugins", "protocols")
style_option = click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True
)


@click.command("list", short_help="List what can be named.")
@click.argument("kind", type=click.Choice(KINDS))
@style_option
@click.pass_obj
def list_names(registry: Registry, kind: str, style: str) -> None:
    """List models, judges, tasks, datasets, executors, plugins or protocols."""
    rows = _rows(registry, kind)
    if style == "json":
        echo(json.dumps(rows, indent=2))
        return
    for line in _aligned([list(row.values()) for row in rows]):
        echo(line)


@click.command(short_help="Show what stands behind a name.")
@click.argument("name")
@style_option
@click.pass_obj
def show(registry: Registry, name: str, style: str) -> None:
    """Show what stands behind a NAME: a task's prompt and rules, a model's options, a protocol."""
    from ugcbench.descriptions import describe

    found = describe(registry, name)
    if style == "json":
        echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for key, value in found.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        echo(f"{key}:\n{_indented(text)}" if "\n" in text else f"{key}: {text}")


COMMANDS = (list_names, show)


def _rows(registry: Registry, kind: str) -> list[dict[str, str]]:
    if kind == "plugins":
        return [{k: v or "" for k, v in asdict(info).items()} for info in registry.plugins]
    if kind == "protocols":
        from ugcbench.protocol import PROTOCOLS

        return [{"name": p.name, "hash": p.hash()} for p in PROTOCOLS.values()]
    if kind in ("models", "judges"):
        role = kind.removesuffix("s")
        return [_model_row(spec) for spec in registry.models.values() if role in spec.roles]
    if kind == "executors":
        here = {"name": "local", "summary": "in the run's own process (the default)", "install": ""}
        return [here, *(_row(spec) | _install(spec) for spec in registry.executors.values())]
    specs: Iterable[Spec] = (registry.tasks if kind == "tasks" else registry.datasets).values()
    return [_row(spec) for spec in specs]


def _row(spec: Spec) -> dict[str, str]:
    return {"name": ", ".join((spec.name, *spec.aliases)), "summary": spec.summary}


def _model_row(spec: ModelSpec) -> dict[str, str]:
    row = _row(spec)
    if spec.prefix:
        row["name"] += "/<model>"
    return row | _install(spec)


def _install(spec: Spec) -> dict[str, str]:
    return {"install": f"{spec.distribution}[{spec.extra}]" if spec.extra else ""}


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
