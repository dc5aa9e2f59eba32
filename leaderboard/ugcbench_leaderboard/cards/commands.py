"""How is a result card made and validated from the command line?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.options import format_option
from ugcbench.commands.printing import echo
from ugcbench.errors import RunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ugcbench.plugins import Registry
    from ugcbench.rendering import Format
    from ugcbench_leaderboard.cards.card import About
    from ugcbench_leaderboard.cards.findings import Finding

CARD_NOTES = """\b
The card has no key, no address of a server and no folder of this machine; of a checkpoint's path
the last two names stay. It has the texts of the answers unless --no-answers is given.

\b
Look at it, then:
  ugcbench leaderboard validate FILE
"""
VALIDATE_NOTES = """\b
Exit codes: 0 no card has an error; 1 one has; 2 wrong usage.
"""
HEADERS = ("card", "level", "about", "finding")
ON_STDOUT = Path("-")


@click.command(short_help="Put a finished run into one file for others.", epilog=CARD_NOTES)
@click.argument(
    "run_dir", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="RUN"
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Where the card goes, `-` for stdout; by default RUN/card.json.",
)
@click.option("--no-answers", is_flag=True, help="Leave the answers' texts out; digests stay.")
@click.option("--submitter", metavar="TEXT", help="Who hands the card in.")
@click.option("--contact", metavar="TEXT", help="How that person can be reached.")
@click.option("--link", metavar="URL", help="The system's own page or paper.")
@click.option("--licence", metavar="TEXT", help="Under which its weights or its use stand.")
@click.option("--weights", type=click.Choice(("open", "closed")))
@click.option("--parameters", metavar="SIZE", help="Such as 3B.")
@click.pass_obj
def card(
    registry: Registry,
    /,
    run_dir: Path,
    output: Path | None,
    *,
    no_answers: bool,
    **about: str | None,
) -> None:
    """Write the result card of the finished run RUN: one JSON file that anybody can check.

    It holds the numbers, every rule behind them, the versions they were made with, and for each
    sample the answer, its digest and its score.
    """
    from ugcbench.store import replace_text
    from ugcbench_leaderboard.cards.making import make_card, write_out

    made = make_card(run_dir, registry, _about(about), answers=not no_answers)
    for notice in made.notices:
        echo(notice, err=True)
    text = write_out(made.card)
    if output == ON_STDOUT:
        echo(text, nl=False)
        return
    file = output or run_dir / "card.json"
    try:
        replace_text(file, text)
    except RunError as error:
        raise UsageError(f"{error}; choose another --output") from error
    kilobytes = len(text.encode()) / 1000
    echo(f"{file}: {len(made.card.records)} records, {kilobytes:,.0f} kB", err=True)
    echo(f"check it by: ugcbench leaderboard validate {file}", err=True)


@click.command(short_help="Check result cards.", epilog=VALIDATE_NOTES)
@click.argument(
    "cards",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="CARD...",
)
@click.option(
    "--dataset",
    metavar="NAME|PATH",
    help="The dataset with the gold, if not the one of the name in the card.",
)
@format_option
@click.pass_context
def validate(
    context: click.Context, cards: tuple[Path, ...], dataset: str | None, style: Format
) -> None:
    """Check the result cards CARD: do their numbers follow from their records?

    Means, intervals, coverage and counts are computed again, hashes are compared with the rules
    they stand for. Where the dataset is at hand, the samples must be its samples, and what a rule
    scores is scored again from the answers. An error means that the card is not to be taken; a
    warning tells what could not be checked, or what sets the row apart.
    """
    from ugcbench_leaderboard.cards.validating import validate_file

    found = {file: validate_file(file, context.obj, dataset) for file in cards}
    echo(_show(found, style))
    failed = any(finding.level == "error" for findings in found.values() for finding in findings)
    context.exit(int(failed))


def _about(given: Mapping[str, str | None]) -> About:
    from pydantic import ValidationError

    from ugcbench.complaints import describe
    from ugcbench_leaderboard.cards.card import About

    try:
        return About.model_validate(given)
    except ValidationError as error:
        raise UsageError(f"--{describe(error)}") from None


def _show(found: Mapping[Path, Sequence[Finding]], style: Format) -> str:
    from ugcbench.rendering import render

    if style == "json":
        return json.dumps([_as_json(file, findings) for file, findings in found.items()], indent=2)
    if style == "table":
        return "\n".join(
            line for file, findings in found.items() for line in _lines(file, findings)
        )
    rows = [(str(file), f.level, f.subject, f.text) for file, all_ in found.items() for f in all_]
    return render(HEADERS, rows, style, left=HEADERS)


def _as_json(file: Path, findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "card": str(file),
        "valid": all(finding.level != "error" for finding in findings),
        "findings": [{"level": f.level, "about": f.subject, "finding": f.text} for f in findings],
    }


def _lines(file: Path, findings: Sequence[Finding]) -> list[str]:
    errors = sum(finding.level == "error" for finding in findings)
    warnings = len(findings) - errors
    counts = [_number(errors, "error"), _number(warnings, "warning")]
    outcome = "does not hold" if errors else "holds"
    told = ", ".join(count for count in counts if count) or "nothing to remark"
    return [*(f"{file}: {finding}" for finding in findings), f"{file} {outcome}: {told}"]


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}" if count else ""


class WithValidate(click.Group):
    """`leaderboard [RUN|CARD]...`, below which there is the command `validate`.

    A file or folder of that name is given as `./validate`.
    """

    allow_extra_args = False
    allow_interspersed_args = True

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401
    ) -> click.Context:
        """The context of `validate` if that is the first word, else the command's own."""
        if args and args[0] in self.commands:
            below, name = self.commands[args[0]], f"{info_name} {args[0]}"
            return below.make_context(name, args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read all words as the command's own: a group would take the first for a command."""
        return click.Command.parse_args(self, ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run the command itself."""
        return click.Command.invoke(self, ctx)
