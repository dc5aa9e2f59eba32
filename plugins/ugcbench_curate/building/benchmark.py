"""How do annotations become the files of the official layout?

    <gold>.json      {"question", "valid_count", "samples": [{"video_id", "path", "answer",
                     "options"?}]}, samples by video id; the names are the templates'
    ocr.jsonl        {"video_id", "ocr": [str]} a line
    videos/          the clips, named after their ids
    report.json      what was built; see `report`
    manifest.json    what it was built from, and the hash of every file but the clips

The same annotations, templates, seed and rules give the same bytes, whatever the order of the
annotations and wherever they lie.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from ugcbench.errors import DatasetError, UsageError
from ugcbench_curate.annotating.files import dump_annotation
from ugcbench_curate.annotations import Annotation
from ugcbench_curate.building.options import Order, arrange
from ugcbench_curate.building.report import BuildReport, TaskReport, describe_task, report_build
from ugcbench_curate.building.rules import BuiltSample, apply_rules
from ugcbench_curate.building.templates import Template, hash_templates

Clips = Literal["link", "copy", "none"]
RULES = 1
"""The version of the rules: it changes whenever the same annotations could give other bytes."""


@dataclass(frozen=True, slots=True)
class BuildRules:
    """What is decided for a build: all of it changes the bytes."""

    seed: int = 0
    order: Order = "balanced"
    allow_drafts: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """A benchmark before it is written: its files by name, and what is in them."""

    files: Mapping[str, bytes]
    clips: tuple[Annotation, ...]
    report: BuildReport


def build(
    annotations: Sequence[Annotation],
    templates: tuple[Template, ...],
    rules: BuildRules | None = None,
) -> Built:
    """Build a benchmark; raises `DatasetError` if no clip has a sample of any task."""
    rules = rules or BuildRules()
    files: dict[str, bytes] = {}
    tasks: dict[str, TaskReport] = {}
    used: dict[str, Annotation] = {}
    for template in templates:
        samples, refusals = apply_rules(annotations, template, allow_drafts=rules.allow_drafts)
        options = _arrange(samples, template, rules)
        tasks[template.name] = describe_task(template, samples, refusals, options)
        used |= {sample.annotation.id: sample.annotation for sample in samples}
        if samples:
            files[template.file] = _write_task(template, samples, options)
    report = report_build(annotations, tasks, len(used))
    if not used:
        raise DatasetError(
            f"no clip has a sample of any task: {report.explain_refusals()}; let people annotate "
            "or confirm drafts, or take drafts by --allow-drafts"
        )
    clips = tuple(used[clip] for clip in sorted(used))
    files["report.json"] = _as_json(report.model_dump(mode="json"))
    files["manifest.json"] = _as_json(_describe(annotations, clips, templates, rules, files))
    return Built(files, clips, report)


def _arrange(
    samples: Sequence[BuiltSample], template: Template, rules: BuildRules
) -> Mapping[str, tuple[str, ...]]:
    if template.kind != "choice":
        return {}
    answers = {sample.annotation.id: str(sample.answer) for sample in samples}
    return arrange(answers, template.options, rules.order, rules.seed, template.name)


def name_clip(annotation: Annotation) -> str:
    """The path of a clip, relative to the benchmark."""
    return f"videos/{annotation.id}{PurePosixPath(annotation.media).suffix or '.mp4'}"


def _write_task(
    template: Template, samples: Sequence[BuiltSample], options: Mapping[str, tuple[str, ...]]
) -> bytes:
    if template.kind == "lines":
        key = template.name
        rows = ({"video_id": s.annotation.id, key: s.answer} for s in samples)
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    document = {
        "question": template.question,
        "valid_count": len(samples),
        "samples": [_write_sample(sample, options) for sample in samples],
    }
    return _as_json(document)


def _write_sample(
    sample: BuiltSample, options: Mapping[str, tuple[str, ...]]
) -> Mapping[str, object]:
    clip = sample.annotation.id
    row: dict[str, object] = {
        "video_id": clip,
        "path": name_clip(sample.annotation),
        "answer": sample.answer,
    }
    return row | ({"options": options[clip]} if clip in options else {})


def _describe(
    annotations: Sequence[Annotation],
    clips: Sequence[Annotation],
    templates: tuple[Template, ...],
    rules: BuildRules,
    files: Mapping[str, bytes],
) -> Mapping[str, Any]:
    return {
        "built_by": {"rules": RULES, "templates": hash_templates(templates)},
        "seed": rules.seed,
        "option_order": rules.order,
        "allow_drafts": rules.allow_drafts,
        "annotations": hash_annotations(annotations),
        "clips": {clip.id: _describe_clip(clip) for clip in clips},
        "files": {
            name: {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
            for name, raw in sorted(files.items())
        },
    }


def _describe_clip(clip: Annotation) -> Mapping[str, str]:
    known = {"path": name_clip(clip), "sha256": clip.sha256, "url": clip.url}
    return {key: value for key, value in known.items() if value is not None}


def hash_annotations(annotations: Sequence[Annotation]) -> str:
    """SHA-256 over the annotations by id, wherever their clips lie."""
    digest = hashlib.sha256()
    for annotation in sorted(annotations, key=lambda each: each.id):
        moved = annotation.model_copy(update={"media": PurePosixPath(annotation.media).name})
        digest.update(dump_annotation(moved).encode() + b"\n")
    return digest.hexdigest()


def write_benchmark(built: Built, output: Path, folder: Path, clips: Clips = "link") -> None:
    """Write a benchmark into the new directory `output`, whole or not at all.

    The media of the annotations are looked for in `folder`. To `link` is to copy where a hard link
    can't be made. Raises `UsageError` if `output` is in use, `DatasetError` if a clip is missing.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(f"{output} is in use; choose another --output")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as made:
        inside = Path(made) / "benchmark"
        inside.mkdir()
        for name, raw in built.files.items():
            (inside / name).write_bytes(raw)
        if clips != "none":
            _place_clips(built.clips, folder, inside, _link if clips == "link" else _copy)
        if output.exists():
            output.rmdir()
        inside.rename(output)


def _place_clips(
    clips: Sequence[Annotation], folder: Path, inside: Path, place: Callable[[Path, Path], None]
) -> None:
    sources = {clip: folder / clip.media for clip in clips}
    missing = [str(path) for path in sources.values() if not path.is_file()]
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise DatasetError(
            f"{missing[0]}: no such clip{more}; mend `media` in the annotations, or build without "
            "the clips: --clips none"
        )
    (inside / "videos").mkdir()
    for clip, source in sources.items():
        place(source, inside / name_clip(clip))


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source.resolve(), target)
    except OSError:  # another file system, or one without hard links
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _as_json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
