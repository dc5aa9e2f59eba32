"""How is the report of a build shown to a person?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ugcbench.rendering import render
from ugcbench_curate.building.report import BuildReport, TaskReport

SHOWN = 3
HEADERS = ("task", "samples", "drafts", "answers", "refused")


def show_report(report: BuildReport) -> str:
    """A row for each task, and below what is suspect."""
    rows = [
        (name, f"{task.samples:,}", f"{task.drafts:,}", _answers(task), _counts(task.refused))
        for name, task in report.tasks.items()
    ]
    title = (
        f"{report.samples:,} samples of {report.clips:,} clips, "
        f"from {report.annotations:,} annotations"
    )
    return "\n".join(
        [
            title,
            render(HEADERS, rows, "table", left=("task", "answers", "refused")),
            *_notes(report),
        ]
    )


def _answers(task: TaskReport) -> str:
    """How the labels are spread, or how long the answers are."""
    if task.majority is not None:
        return (
            f"{_counts(task.labels)}; always {task.majority.label} scores {task.majority.share:.1%}"
        )
    if task.lengths is None:
        return ""
    lengths = task.lengths
    again = f"; {task.repeated} repeated" if task.repeated else ""
    return f"{lengths.mean:.1f} {lengths.unit} on average ({lengths.least}-{lengths.most}){again}"


def _notes(report: BuildReport) -> Iterator[str]:
    yield f"spoken language: {_counts(report.languages)}"
    for name, task in report.tasks.items():
        if task.languages:
            yield f"language of {name}: {_counts(task.languages)}"
    if report.drafts:
        yield f"drafts that nobody has confirmed: {report.drafts:,} samples"
    for why, clips in report.contradictions.items():
        more = f" and {len(clips) - SHOWN} more" if len(clips) > SHOWN else ""
        yield f"contradiction: {why}: {', '.join(clips[:SHOWN])}{more}"
    for copy, original in report.copies.items():
        yield f"same clip: {copy} has the bytes of {original}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
