"""Which rules does a protocol fix, and in which do two differ?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.printing import echo

if TYPE_CHECKING:
    from ugcbench.protocol import Protocol

DIFFERENT = 1
style_option = click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True
)


@click.group(short_help="Show a protocol, or how two differ.")
def protocol() -> None:
    """Show the rules under which numbers are made. NAME is a preset's, or a run directory."""


@protocol.command("show", short_help="Every rule of a protocol.")
@click.argument("name")
@style_option
def show_protocol(name: str, style: str) -> None:
    """Print every rule of NAME and the hash that goes with each number."""
    found = _named(name)
    rules = {"name": found.name, "hash": found.hash(), **_rules(found)}
    if style == "json":
        echo(json.dumps(rules, indent=2))
        return
    for rule, value in rules.items():
        echo(f"{rule}: {_text(value)}")


@protocol.command("diff", short_help="The rules in which two protocols differ.")
@click.argument("first")
@click.argument("second")
@style_option
@click.pass_context
def diff_protocols(context: click.Context, first: str, second: str, style: str) -> None:
    """Print the rules in which FIRST and SECOND differ; exits with 1 if they do."""
    one, two = _rules(_named(first)), _rules(_named(second))
    different = {rule: (one.get(rule), two.get(rule)) for rule in one | two}
    different = {rule: pair for rule, pair in different.items() if pair[0] != pair[1]}
    if style == "json":
        echo(json.dumps(different, indent=2))
    elif not different:
        echo(f"{first} and {second} have the same rules")
    for rule, (mine, theirs) in different.items() if style == "table" else ():
        echo(f"{rule}: {_text(mine)} -> {_text(theirs)}")
    if different:
        context.exit(DIFFERENT)


COMMANDS = (protocol,)


def _named(name: str) -> Protocol:
    """The protocol of a preset, or of a run if `name` is a run directory."""
    from ugcbench.plans import read_config
    from ugcbench.protocol import PROTOCOLS, get_protocol

    if name not in PROTOCOLS and Path(name).is_dir():
        return read_config(Path(name)).protocol
    return get_protocol(name)


def _rules(found: Protocol) -> dict[str, Any]:
    """Every rule by its dotted name; the protocol's own name is none."""
    return dict(_flat(found.model_dump(mode="json", exclude={"name"})))


def _flat(rules: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in rules.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
