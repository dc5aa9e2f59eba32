"""Is a dataset fit for use, and what should its users know?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ugcbench.gold.checks import CHECKS, find_missing_media
from ugcbench.gold.findings import Finding
from ugcbench.specs import Dataset
from ugcbench_tasks.layout import FILES, OfficialLayout, find_renamed
from ugcbench_tasks.salvage import salvage
from ugcbench_tasks.ugc_videocap.release import Release

COUNTED = ("voice_source", "tone", "background", "objects", "final_caption")
"""Gold keys whose questions the paper counts (section 3); on-screen text is not among them."""


def validate(dataset: Dataset) -> list[Finding]:
    """Everything that is found, errors first."""
    found = salvage(dataset)
    findings = [Finding("error", "unreadable", dataset.name, str(e), 1) for e in found.errors]
    layout = dataset.layout if isinstance(dataset, Release) else dataset
    if isinstance(layout, OfficialLayout):
        findings += _compare_files(layout, named=isinstance(dataset, Release))
    for check in (*CHECKS, find_missing_media):
        findings += check(found.clips)
    if isinstance(dataset, Release):
        findings += _list_corrections(dataset)
    if not found.clips and not found.errors:
        findings.append(Finding("error", "empty", dataset.name, "holds no clip"))
    order = ("error", "warning", "note", "ok")
    return sorted(findings, key=lambda finding: order.index(finding.level))


def _compare_files(layout: OfficialLayout, *, named: bool) -> Iterator[Finding]:
    """Whether files are whole and, where they are the public release's, as published."""
    renamed = find_renamed(layout.root)
    published = _read_published()
    for file in layout.gold_files:
        if file.promised not in (None, len(file.entries)):
            read = len(file.entries)
            message = f"says that it holds {file.promised} samples, but {read} are read"
            yield Finding("warning", "valid_count", file.path.name, message, read, file.promised)
    for key, hint in renamed.items():
        yield Finding("warning", "renamed file", FILES[key], hint, 1)
    same = {f.path.name for f in layout.gold_files if f.digest == published[f.path.name].sha256}
    if not named and not same:
        return
    held = {file.path.name: len(file.entries) for file in layout.gold_files}
    for name in FILES.values():
        if name not in held:
            yield Finding("note", "absent file", name, "so no clip has its gold", 1)
        elif name not in same:
            wanted = published[name].samples
            message = f"holds {held[name]} samples; the published {wanted} are others"
            yield Finding("warning", "not as published", name, message, 1)
    if len(same) == len(FILES):
        message = "all files hold the published answers"
        yield Finding("ok", "as published", "files", message, len(same), len(FILES))
    yield _count_questions(layout)


def _count_questions(layout: OfficialLayout) -> Finding:
    """The number of questions as the paper counts them."""
    published = _read_published()
    held = {file.key: len(file.entries) for file in layout.gold_files}
    terms = [held.get(key, 0) for key in COUNTED]
    wanted = sum(published[FILES[key]].samples for key in COUNTED)
    message = f"{sum(terms):,} = {' + '.join(map(str, terms))} questions ({', '.join(COUNTED)})"
    if sum(terms) != wanted:
        message += f"; the paper counts {wanted:,}"
        return Finding("warning", "questions", "files", message, sum(terms), wanted)
    return Finding("ok", "questions", "files", message, sum(terms), wanted)


def _list_corrections(release: Release) -> Iterator[Finding]:
    """What the revision changes, and where it does not find what it is to change."""
    for correction, changed in release.corrections:
        if correction.change == "note":
            continue
        message = f"{correction.change} on {changed} clips: {correction.reason}"
        if changed == correction.count:
            yield Finding("ok", "corrected", correction.task, message, changed, correction.count)
        else:
            message = f"expected on {correction.count} clips; {message}"
            yield Finding("warning", "corrected", correction.task, message, changed)


class _PublishedFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: Annotated[int, Field(ge=0)]
    sha256: str


class _Published(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    files: dict[str, _PublishedFile]


@cache
def _read_published() -> dict[str, _PublishedFile]:
    """Facts about the published gold files, by name."""
    file = resources.files("ugcbench_tasks") / "ugc_videocap" / "published.json"
    return _Published.model_validate_json(file.read_bytes()).files
