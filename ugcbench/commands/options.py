"""Which options do several commands share, and how are they read?"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ugcbench.errors import UsageError
from ugcbench.redaction import SECRET

if TYPE_CHECKING:
    from ugcbench.models import Price

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "md", "latex", "html", "csv", "json")
format_option = click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="How the results are printed on stdout.",
)
options_option = click.option(
    "--option",
    "options",
    multiple=True,
    metavar="K=V",
    help="An option of the model adapter; repeatable. Values are read as JSON where they are.",
)
trust_option = click.option(
    "--trust-remote-code",
    is_flag=True,
    help="Let Python code that comes with the model's checkpoint run on this machine.",
)
ASKING = (
    click.option(
        "--concurrency",
        type=click.IntRange(1),
        default=8,
        show_default=True,
        help="Requests under way at once.",
    ),
    click.option(
        "--attempts",
        type=click.IntRange(1),
        default=5,
        show_default=True,
        help="For each request.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        default=300.0,
        show_default=True,
        help="Seconds for each attempt.",
    ),
    click.option(
        "--requests-per-minute",
        "--rpm",
        type=click.FloatRange(0, min_open=True),
        help="A rate limit.",
    ),
    click.option("--prices", type=click.Path(exists=True, dir_okay=False), help="Your price file."),
    click.option(
        "--max-cost", type=click.FloatRange(0), metavar="USD", help="For model and judge."
    ),
)
EXECUTOR = (
    click.option(
        "--executor",
        default="local",
        show_default=True,
        metavar="NAME",
        help="Where the model runs: here, or on workers; see `ugcbench list executors`.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="Instances of the model, each with --concurrency requests under way.",
    ),
    click.option(
        "--gpus-per-worker",
        type=click.FloatRange(0),
        metavar="G",
        help="GPUs for each worker; a fraction shares one.",
    ),
    click.option(
        "--address",
        metavar="auto|local|HOST:PORT",
        help="The executor's cluster; see docs/scaling.md.",
    ),
    click.option(
        "--executor-option",
        "executor_options",
        multiple=True,
        metavar="K=V",
        help="A further option of the executor; repeatable.",
    ),
)
judge_options_option = click.option(
    "--judge-option",
    "judge_options",
    multiple=True,
    metavar="K=V",
    help="An option of the judge, or `NAME:K=V` for one of a panel.",
)
rerouted_option = click.option(
    "--allow-rerouted",
    is_flag=True,
    help="Go on, and record it, when another model replies than the judge that was asked.",
)
JUDGING = (
    judge_options_option,
    click.option(
        "--votes",
        type=click.IntRange(1),
        metavar="K",
        help="Ask each judge K times; medians count.",
    ),
    click.option(
        "--quorum",
        type=click.IntRange(1),
        metavar="N",
        help="How many judges of a panel must come to a verdict; by default more than half.",
    ),
    rerouted_option,
    click.option(
        "--verdicts",
        "known_verdicts",
        type=click.Path(exists=True),
        multiple=True,
        metavar="RUN",
        help="Take the judge's verdicts from there where it gave them before; repeatable.",
    ),
)
quiet_option = click.option("--quiet", is_flag=True, help="No progress bars.")
min_coverage_option = click.option(
    "--min-coverage",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Exit with 4 if the share of scored samples in any column is below this.",
)


def asking_options(command: F) -> F:
    """Add the options of everything that asks a model or a judge; read them by `read_asking`."""
    return reduce(lambda found, option: option(found), reversed(ASKING), command)


def executor_options(command: F) -> F:
    """Add the options that say where a model runs; read them by `read_executor`."""
    return reduce(lambda found, option: option(found), reversed(EXECUTOR), command)


def judging_options(command: F) -> F:
    """Add the options of everything that asks a judge anew."""
    return reduce(lambda found, option: option(found), reversed(JUDGING), command)


def read_options(pairs: tuple[str, ...]) -> Mapping[str, Any]:
    """`K=V` pairs as a dict; a value that is JSON is read as such, any other is a string.

    A key is always a string, also one of digits.
    """
    options: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"{pair!r} is no option; write it as name=value")
        try:
            options[key] = value if SECRET.search(key) else json.loads(value)
        except (ValueError, RecursionError):
            options[key] = value
    return options


def read_model_options(typed: dict[str, Any]) -> Mapping[str, Any]:
    """Take the model's options out of what was typed, with the trust in its code as one."""
    options = read_options(typed.pop("options"))
    return {**options, "trust_remote_code": True} if typed.pop("trust_remote_code") else options


def read_asking(typed: dict[str, Any]) -> None:
    """Turn what was typed for the judge's options and the prices into what a request takes."""
    typed["judge_options"] = read_options(typed.get("judge_options", ()))
    typed["prices"] = load_prices(typed["prices"])


def read_executor(typed: dict[str, Any]) -> None:
    """Gather what was typed for the executor in the options of a request's executor."""
    named = {name: typed.pop(name) for name in ("gpus_per_worker", "address")}
    given = {name: value for name, value in named.items() if value is not None}
    typed["executor_options"] = {**read_options(typed["executor_options"]), **given}


def load_prices(path: str | None) -> Mapping[str, Price]:
    """The user's prices: --prices, $UGCBENCH_PRICES, or prices.toml in the configuration folder."""
    from ugcbench.models import read_prices

    default = Path(click.get_app_dir("ugcbench")) / "prices.toml"
    file = Path(path or os.environ.get("UGCBENCH_PRICES") or default)
    if not file.exists():
        if file == default:
            return {}
        raise UsageError(f"{file}: no such price file")
    try:
        return read_prices(file.read_text(encoding="utf-8"))
    except ValueError as error:
        example = '["openai/some-model"]\ninput = 2.5\noutput = 10.0'
        raise UsageError(f"{file}: {error}\nA price file looks like this:\n{example}") from error
