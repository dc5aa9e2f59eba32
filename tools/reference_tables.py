"""What can be named, typed and ruled, as tables in Markdown?"""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

import click
import tabulate

from ugcbench.cli import ugcbench as command_line
from ugcbench.plugins import Registry
from ugcbench.protocol import PROTOCOLS, Protocol
from ugcbench.specs import ModelSpec, Spec


def models(registry: Registry, role: str) -> str:
    """Models that can be asked about clips (`model`), or that can judge (`judge`)."""
    specs = [spec for spec in registry.models.values() if role in spec.roles]
    return _table((role, "what it is", "install"), ((*_row(s), _install(s)) for s in specs))


def tasks(registry: Registry) -> str:
    """Tasks, and whether `--tasks all` asks them."""
    rows = ((*_row(s), "yes" if s.table else "") for s in registry.tasks.values())
    return _table(("task", "what it asks", "in the table"), rows)


def datasets(registry: Registry) -> str:
    """Datasets with their revisions."""
    rows = ((*_row(s), _code(s.revisions)) for s in registry.datasets.values())
    return _table(("dataset", "what it is", "revisions"), rows)


def executors(registry: Registry) -> str:
    """Places where a model can run."""
    here = ("`local`", "in the run's own process (the default)", "")
    rows = ((*_row(spec), _install(spec)) for spec in registry.executors.values())
    return _table(("executor", "where the model runs", "install"), (here, *rows))


def protocols() -> str:
    """Protocols and their hashes."""
    return _table(("protocol", "hash"), ((f"`{p.name}`", f"`{p.hash()}`") for p in _presets()))


def rules() -> str:
    """Every rule of every protocol; those in which they differ are bold."""
    columns = [dict(_flat(p.model_dump(mode="json", exclude={"name"}))) for p in _presets()]
    every = dict.fromkeys(name for column in reversed(columns) for name in column)
    names = [name for name in every if not any(other.startswith(f"{name}.") for other in every)]
    rows = [(name, *(_value(column.get(name)) for column in columns)) for name in names]
    marked = [(f"**`{r[0]}`**" if len(set(r[1:])) > 1 else f"`{r[0]}`", *r[1:]) for r in rows]
    return _table(("rule", *(p.name for p in _presets())), marked)


def commands(registry: Registry) -> str:
    """Every command under its heading, with usage, words and options."""
    registry.add_commands(command_line)
    return "\n\n".join(_commands(command_line, "ugcbench", 2))


def _presets() -> list[Protocol]:
    return sorted(PROTOCOLS.values(), key=lambda protocol: protocol.name)


def _commands(group: click.Group, path: str, level: int) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        full = f"{path} {name}"
        yield f"{'#' * level} {full}"
        yield f"```sh\n{full}{_usage(command)}\n```"
        yield _words(command.help or "")
        if command.epilog:
            yield _prose(command.epilog.replace("\b", ""))
        options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
        if options:
            yield _table(("option", "meaning"), (_option(option) for option in options))
        if isinstance(command, click.Group):
            yield from _commands(command, full, level + 1)


def _usage(command: click.Command) -> str:
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    words = [_argument(argument) for argument in arguments]
    if any(isinstance(p, click.Option) for p in command.params):
        words.insert(0, "[OPTIONS]")
    if isinstance(command, click.Group) and not command.invoke_without_command:
        words.append("COMMAND")
    return "".join(f" {word}" for word in words)


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or _choices(argument) or (argument.name or "").upper()
    more = "..." if argument.nargs == -1 and not name.endswith("...") else ""
    marked = argument.required or name.startswith("[")
    return f"{name}{more}" if marked else f"[{name}]{more}"


def _option(option: click.Option) -> tuple[str, str]:
    names = ", ".join([*option.opts, *option.secondary_opts])
    if not (option.is_flag or option.count):
        names += f" {option.metavar or _choices(option) or option.type.name.upper().split()[0]}"
    default = option.default if option.show_default else None
    known = isinstance(default, str | float) and not isinstance(default, bool)
    said = (option.help or "").rstrip()
    given = f"Default: `{default}`." if known else ""
    return f"`{names}`", " ".join(part for part in (_prose(said), given) if part)


def _choices(parameter: click.Parameter) -> str:
    choices = parameter.type.choices if isinstance(parameter.type, click.Choice) else ()
    return "|".join(str(choice) for choice in choices)


def _words(text: str) -> str:
    """A help text; what it lays out itself (after `\\b`) as code below its first line."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(_laid_out(part) if part.startswith("\b") else _prose(part) for part in parts)


def _laid_out(part: str) -> str:
    title, _, code = part.removeprefix("\b\n").partition("\n")
    return f"{_prose(title)}\n\n```sh\n{textwrap.dedent(code)}\n```" if code else _prose(title)


def _prose(text: str) -> str:
    return re.sub(r"([<*])", r"\\\1", " ".join(text.split()))


def _row(spec: Spec) -> tuple[str, str]:
    more = "/<model>" if isinstance(spec, ModelSpec) and spec.prefix else ""
    return _code([f"{name}{more}" for name in (spec.name, *spec.aliases)]), spec.summary


def _install(spec: Spec) -> str:
    return f"`{spec.distribution}[{spec.extra}]`" if spec.extra else ""


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _flat(rules: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in rules.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _value(value: object) -> str:
    """A rule's value; a dash where there is none."""
    if value in (None, {}):
        return "-"
    return f"`{value}`" if isinstance(value, str) else json.dumps(value)


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return tabulate.tabulate(cells, headers, tablefmt="github", disable_numparse=True)
