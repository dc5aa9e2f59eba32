"""How is `ugcbench data doctor` typed?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ugcbench.commands.completion import complete_datasets
from ugcbench.commands.names import style_option
from ugcbench.commands.printing import echo
from ugcbench.errors import UsageError
from ugcbench_curate.extras import require

if TYPE_CHECKING:
    from ugcbench.plugins import Registry

existing = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Find what is wrong with a dataset's gold.")
@click.argument("dataset", metavar="NAME|PATH", shell_complete=complete_datasets)
@click.option(
    "--answers",
    multiple=True,
    type=existing,
    metavar="FILE",
    help="Predictions or verdicts (JSON, JSONL) whose ids are compared with the gold; repeatable.",
)
@click.option(
    "--train",
    multiple=True,
    type=existing,
    metavar="FILE",
    help="Training rows (JSONL) that must not be in the dataset; repeatable.",
)
@click.option(
    "--patch",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a draft of corrections, in the form of a revision of ugc-videocap.",
)
@style_option
@click.pass_obj
def doctor(
    registry: Registry,
    dataset: str,
    answers: tuple[Path, ...],
    train: tuple[Path, ...],
    patch: Path | None,
    style: str,
) -> None:
    """Find what is wrong with a dataset's gold: a name, name@revision, or a path.

    `ugcbench data validate` asks whether a dataset can be used; this asks whether what it says is
    right: labels in the wrong case or never used, answers that contradict each other, copies, ids
    without gold, placeholders, languages, rows that are trained on. Exits with 0 whatever it finds.

    \b
    Examples:
      ugcbench data doctor ugc-videocap@v1 --patch draft.json
      ugcbench data doctor my.jsonl --train sft.jsonl --train grpo.jsonl --answers answers.jsonl
    """
    require("telling languages", "py3langid")
    from ugcbench.datasets import open_dataset
    from ugcbench.gold.findings import render_findings
    from ugcbench.store import replace_text
    from ugcbench_curate.annotating.importing import holds_annotations
    from ugcbench_curate.doctor.examination import examine
    from ugcbench_curate.doctor.patches import draft_patch

    if holds_annotations(Path(dataset)):
        raise UsageError(
            f"{dataset} holds annotations; make a benchmark of them first: "
            f"ugcbench data build {dataset} --output DIR"
        )
    if patch is not None and patch.exists():  # somebody may have gone on with the draft
        raise UsageError(f"{patch} is there already; choose another --patch")
    opened, _ = open_dataset(registry, dataset, {})
    findings = examine(opened, answers, train)
    if patch is not None:
        draft = draft_patch(list(opened), findings)
        replace_text(patch, draft.model_dump_json(indent=2, exclude_defaults=True) + "\n")
        echo(f"note: {len(draft.corrections)} corrections are drafted in {patch}", err=True)
    if style == "json":
        about = {"dataset": opened.name, "revision": opened.revision}
        rows = {**about, "findings": [asdict(finding) for finding in findings]}
        echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        echo(render_findings(findings))
