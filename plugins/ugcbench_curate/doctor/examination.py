"""What is wrong with the gold of a dataset, by itself and beside other files?

`ugcbench data validate` asks whether a dataset can be used: files whole, as published, clips there.
The doctor takes a dataset that can be read and asks whether what it says is right. The checks of
single answers are the same ones (`ugcbench.gold.checks`); those that compare answers with each
other, with systems' answers and with training data are the doctor's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ugcbench.gold.checks import CHECKS
from ugcbench.gold.findings import Finding
from ugcbench.specs import Dataset
from ugcbench.types import Clip
from ugcbench_curate.doctor.answers import find_strangers
from ugcbench_curate.doctor.contradictions import find_contradictions
from ugcbench_curate.doctor.labels import find_labels
from ugcbench_curate.doctor.languages import find_languages, find_scripts
from ugcbench_curate.doctor.near_copies import find_near_copies
from ugcbench_curate.doctor.training import find_training_overlaps

ORDER = ("error", "warning", "note", "ok")

OWN: tuple[Callable[[Sequence[Clip]], Iterator[Finding]], ...] = (
    find_labels,
    find_contradictions,
    find_near_copies,
    find_languages,
    find_scripts,
)
"""The doctor's own checks of the gold alone."""


def examine(
    dataset: Dataset, answers: Sequence[Path] = (), train: Sequence[Path] = ()
) -> list[Finding]:
    """Everything that is found, warnings first; `ok` is what was compared without a finding.

    `answers` are files of predictions or verdicts, `train` files of training rows. Raises
    `DatasetError` for a dataset or a file that can't be read.
    """
    clips = list(dataset)
    findings = [finding for check in (*CHECKS, *OWN) for finding in check(clips)]
    findings += [finding for path in answers for finding in find_strangers(clips, path)]
    findings += find_training_overlaps(clips, train)
    if not findings:
        findings.append(Finding("ok", "examined", "gold", "nothing was found", 0, len(clips)))
    return sorted(findings, key=lambda finding: ORDER.index(finding.level))
